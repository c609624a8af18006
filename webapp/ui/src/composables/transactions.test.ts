import { describe, expect, it } from 'vitest'
import { byDay, newest, signedMinor, titleKey, statusOf } from './transactions'

const entry = (value_date: string, booked_at = `${value_date}T10:00:00Z`) => ({ value_date, booked_at })

describe('byDay', () => {
  it('sets neighbours of a day together', () => {
    const days = byDay([entry('2026-03-02'), entry('2026-03-02'), entry('2026-03-01')])
    expect(days.map(({ day, begins, entries }) => [day, begins, entries.length])).toEqual([
      ['2026-03-02', true, 2],
      ['2026-03-01', true, 1],
    ])
  })
  it('has no second heading for a day in which the page before has ended', () => {
    expect(byDay([entry('2026-03-02'), entry('2026-03-01')], '2026-03-02').map((day) => day.begins)).toEqual([
      false,
      true,
    ])
  })
  it('is nothing of nothing', () => expect(byDay([])).toEqual([]))
})

describe('newest', () => {
  it('is of all accounts, by day and then by the time of booking', () => {
    const one = [entry('2026-03-02', '2026-03-02T08:00:00Z'), entry('2026-02-01')]
    const two = [entry('2026-03-02', '2026-03-02T09:00:00Z'), entry('2026-03-01')]
    expect(newest([one, two], 3)).toEqual([two[0], one[0], two[1]])
  })
})

describe('a transaction', () => {
  it('has a sign by its side', () => {
    expect(signedMinor({ side: 'debit', amount_minor: 5 })).toBe(-5)
    expect(signedMinor({ side: 'credit', amount_minor: 5 })).toBe(5)
  })
  it('is called by its kind and side', () =>
    expect(titleKey({ side: 'credit', kind: 'cash' })).toBe('transaction.in.cash'))
})

describe('statusOf', () => {
  it.each([
    [['posted'], 'posted'],
    [['posted', 'disputed'], 'disputed'],
    [['posted', 'reversed', 'disputed'], 'reversed'],
    [[], 'posted'],
  ] as const)('%j is %s', (statuses, status) => expect(statusOf({ statuses: [...statuses] })).toBe(status))
})
