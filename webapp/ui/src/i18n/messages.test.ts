// That the build fails where a language lacks something: scripts/messages.ts, run on messages from which something was taken away.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unknown } from '../../scripts/messages'

const root = join(import.meta.dirname, '../..')
let place = ''
beforeAll(() => (place = mkdtempSync(join(tmpdir(), 'messages-'))))
afterAll(() => rmSync(place, { recursive: true }))

/** What the script says of the messages with one text changed in one file. */
function complaints(file: string, from: string | RegExp, to: string): { status: number | null; said: string } {
  const copy = join(place, crypto.randomUUID())
  cpSync(join(root, 'src/messages'), copy, { recursive: true })
  const before = readFileSync(join(copy, file), 'utf8')
  const after = before.replace(from, to)
  if (from) expect(after).not.toBe(before)
  writeFileSync(join(copy, file), after)
  const { status, stderr } = spawnSync(process.execPath, ['scripts/messages.ts', copy], { cwd: root, encoding: 'utf8' })
  return { status, said: stderr }
}

describe('the messages', () => {
  it('are whole', () => {
    expect(complaints('en/list.json', '', '')).toEqual({ status: 0, said: '' })
  })
  it.each([
    ['a key in one language', 'ru/common.json', /\s*"retry": ".*",/, 'ru: common.retry is missing'],
    ['a text that is empty', 'en/common.json', /"retry": ".*"/, 'en: common.retry is missing', '"retry": ""'],
    ['a placeholder', 'ru/payees.json', 'Это {name}', 'payees.found: other placeholders', 'Это он'],
    ['a form of a plural', 'ru/list.json', ' | Это всё: {n} записи', 'ru: list.all lacks a form'],
    ['a word of the API', 'ru/card.json', /\s*"frozen": "Заморожена Вами",/, 'ru: card.status.frozen is missing'],
  ])('lack %s', (_, file, from, told, to = '') => {
    const { status, said } = complaints(file, from, to)
    expect(status).toBe(1)
    expect(said).toContain(told)
  })
  it('are asked for at run time by nothing that is not known', () => {
    expect(unknown(['t(`card.status.${status}`)', '$t(`transaction.out.${kind}`)'])).toEqual([])
    expect(unknown(['$t(`card.colour.${colour}`, { n: 1 })'])).toHaveLength(1)
  })
})
