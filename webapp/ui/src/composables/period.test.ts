import { describe, expect, it } from 'vitest'
import { faultOf, periodOf } from './period'

describe('periodOf', () => {
  it.each([
    ['this_month', '2026-03-05', '2026-03-01', '2026-03-05'],
    ['last_month', '2024-03-05', '2024-02-01', '2024-02-29'],
    ['quarter', '2026-03-31', '2025-10-01', '2025-12-31'],
    ['quarter', '2026-04-01', '2026-01-01', '2026-03-31'],
    ['quarter', '2026-12-31', '2026-07-01', '2026-09-30'],
    ['year', '2026-12-31', '2026-01-01', '2026-12-31'],
  ] as const)('%s on %s', (name, today, from, to) => expect(periodOf(name, today)).toEqual({ from, to }))
})

describe('faultOf', () => {
  it.each([
    ['2026-01-01', '2026-01-01', null],
    ['2025-01-01', '2026-01-01', null],
    ['2025-01-01', '2026-01-02', 'too_long'],
    ['2026-01-02', '2026-01-01', 'backwards'],
    ['', '2026-01-01', 'missing'],
  ])('%s to %s: %s', (from, to, fault) => expect(faultOf({ from, to })).toBe(fault))
})
