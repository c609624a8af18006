import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { detailsOf, EVENTS, isRefusal } from '@/composables/audit'
import en from '@/messages/en/staff.json?raw'

const directory = `${import.meta.dirname}/../../../../bank/source/migrations`
const migrations = readdirSync(directory).map((name) => readFileSync(`${directory}/${name}`, 'utf8'))
/** what any function writes into the trail */
const written = new Set(
  migrations.flatMap((sql) =>
    [...sql.matchAll(/INTO bank_online\.audit_event[^;]*?VALUES[^;]*?'([a-z_]+\.[a-z_]+)'/g)].map((found) => found[1]!),
  ),
)

describe('the trail', () => {
  it('has all events that the database writes', () => {
    expect(written.size).toBeGreaterThan(15)
    expect(
      [...written].filter((event) => event.startsWith('bank.') === false && !EVENTS.includes(event as never)),
    ).toEqual([])
  })
  it.each(EVENTS)('has a text for %s', (event) => {
    const texts = JSON.parse(en).staff.event as Record<string, string>
    expect(texts[event.replaceAll('.', '_')]).toBeTruthy()
  })
  it('marks what was refused', () => {
    expect(EVENTS.filter(isRefusal)).toEqual([
      'login.refused',
      'step_up.refused',
      'password.refused',
      'activation.refused',
      'request.denied',
      'tries.exceeded',
    ])
  })
  it('has words for what is one of a few, and leaves what somebody typed as it is', () => {
    const { details } = detailsOf({ detail: { query: 'email', by: 'recovery_code', new_device: true } })
    expect(details.map(({ value, isWord }) => [value, isWord])).toEqual([
      ['email', false],
      ['recovery_code', true],
      ['true', true],
    ])
  })
  it('tells limits as amounts', () => {
    expect(detailsOf({ detail: { day_limit_minor: 150050 } }).details[0]?.value).toBe('1500.50')
  })
  it('tells details as texts, the customer apart', () => {
    expect(detailsOf({ detail: { party_id: 7, reason: 'lost', found: 0, none: null, more: [1] } })).toEqual({
      partyId: 7,
      details: [
        { name: 'reason', value: 'lost', isWord: false },
        { name: 'found', value: '0', isWord: false },
        { name: 'more', value: '[1]', isWord: false },
      ],
    })
  })
})
