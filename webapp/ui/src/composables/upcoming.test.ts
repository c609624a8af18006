import { describe, expect, it } from 'vitest'
import type { Schemas } from '@/api/client'
import { nextRun, upcoming } from './upcoming'

const order = (day_of_month: number, more: Partial<Schemas['StandingOrder']> = {}) =>
  ({
    standing_order_id: day_of_month,
    status: 'active',
    day_of_month,
    starts_on: '2026-01-01',
    ends_on: null,
    amount_minor: 100,
    currency_code: 'RUB',
    narrative: null,
    ...more,
  }) as Schemas['StandingOrder']

describe('nextRun', () => {
  it.each([
    [15, '2026-03-10', '2026-03-15'],
    [10, '2026-03-10', '2026-03-10'],
    [5, '2026-03-10', '2026-04-05'],
    [31, '2026-02-10', '2026-02-28'],
    [30, '2028-02-29', '2028-02-29'],
    [1, '2026-12-24', '2027-01-01'],
  ])('on day %d, seen on %s, is %s', (day, today, next) => expect(nextRun(order(day), today)).toBe(next))
  it('begins and ends', () => {
    expect(nextRun(order(5, { starts_on: '2026-06-06' }), '2026-03-10')).toBe('2026-07-05')
    expect(nextRun(order(5, { ends_on: '2026-04-04' }), '2026-03-10')).toBeNull()
    expect(nextRun(order(5, { ends_on: '2026-04-05' }), '2026-03-10')).toBe('2026-04-05')
    expect(nextRun(order(5, { status: 'paused' }), '2026-03-10')).toBeNull()
  })
})

describe('upcoming', () => {
  it('is the soonest of both, with what an instalment comes to', () => {
    const loan = { loan_id: 7, product: 'Cash', currency_code: 'RUB', next_due_on: '2026-03-09' } as Schemas['Loan']
    const due = { principal_minor: 300, interest_minor: 20 } as Schemas['Instalment']
    const found = upcoming([order(12), order(11), order(13)], [loan], { 7: due }, '2026-03-10', 3)
    expect(found.map(({ day, minor, late }) => [day, minor, late])).toEqual([
      ['2026-03-09', 320n, true],
      ['2026-03-11', 100n, false],
      ['2026-03-12', 100n, false],
    ])
  })
  it('is exact beyond what a number holds', () => {
    const loan = { loan_id: 7, product: 'Cash', currency_code: 'RUB', next_due_on: '2026-03-09' } as Schemas['Loan']
    const due = { principal_minor: Number.MAX_SAFE_INTEGER, interest_minor: 2 } as Schemas['Instalment']
    expect(upcoming([], [loan], { 7: due }, '2026-03-10', 3)[0]?.minor).toBe(9007199254740993n)
  })
})
