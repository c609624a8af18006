import { describe, expect, it } from 'vitest'
import { monthOf, sumOf, together, type Spending } from './spending'

type SpendingItem = Spending['items'][number]

const group = (mcc: string, amount_minor: number, count = 1): SpendingItem => ({
  mcc,
  name: mcc,
  name_ru: null,
  kind: null,
  amount_minor,
  count,
})
const kind = (of: SpendingItem['kind'], amount_minor: number): SpendingItem => ({
  mcc: null,
  name: null,
  name_ru: null,
  kind: of,
  amount_minor,
  count: 1,
})

describe('together', () => {
  it('adds up by group and by kind, the biggest first', () => {
    const sum = together([
      { total_minor: 70, items: [group('G001', 40, 2), kind('fee', 30)] },
      { total_minor: 95, items: [kind('fee', 35), kind('cash', 50), group('G001', 10)] },
    ])
    expect(sum.total_minor).toBe(165n)
    expect(sum.items.map(({ mcc, kind: of, amount_minor, count }) => [mcc ?? of, amount_minor, count])).toEqual([
      ['fee', 65n, 2],
      ['G001', 50n, 3],
      ['cash', 50n, 1],
    ])
  })
  it('is exact beyond what a number holds', () => {
    const most = Number.MAX_SAFE_INTEGER
    const sum = together([
      { total_minor: most, items: [group('G001', most)] },
      { total_minor: 2, items: [group('G001', 2)] },
    ])
    expect([sum.total_minor, sum.items[0]?.amount_minor]).toEqual([9007199254740993n, 9007199254740993n])
    expect(sumOf(sum.items.map((item) => item.amount_minor))).toBe(9007199254740993n)
  })
  it('is nothing of nothing', () => expect(together([])).toEqual({ total_minor: 0n, items: [] }))
})

describe('monthOf', () => {
  it.each([
    ['2026-03-31', 0, '2026-03-01'],
    ['2026-03-31', 1, '2026-02-01'],
    ['2026-01-15', 1, '2025-12-01'],
    ['2026-01-15', 14, '2024-11-01'],
  ])('%s, %d back: %s', (day, back, first) => expect(monthOf(day, back)).toBe(first))
})
