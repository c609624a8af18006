import { describe, expect, it } from 'vitest'
import { monthOf, together, type SpendingItem } from './spending'

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
    expect(sum.total_minor).toBe(165)
    expect(sum.items.map(({ mcc, kind: of, amount_minor, count }) => [mcc ?? of, amount_minor, count])).toEqual([
      ['fee', 65, 2],
      ['G001', 50, 3],
      ['cash', 50, 1],
    ])
  })
  it('is nothing of nothing', () => expect(together([])).toEqual({ total_minor: 0, items: [] }))
})

describe('monthOf', () => {
  it.each([
    ['2026-03-31', 0, '2026-03-01'],
    ['2026-03-31', 1, '2026-02-01'],
    ['2026-01-15', 1, '2025-12-01'],
    ['2026-01-15', 14, '2024-11-01'],
  ])('%s, %d back: %s', (day, back, first) => expect(monthOf(day, back)).toBe(first))
})
