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
  it('tells details as texts, the customer apart', () => {
    expect(detailsOf({ detail: { party_id: 7, reason: 'lost', found: 0, none: null, more: [1] } })).toEqual({
      partyId: 7,
      pairs: [
        ['reason', 'lost'],
        ['found', '0'],
        ['more', '[1]'],
      ],
    })
  })
})
