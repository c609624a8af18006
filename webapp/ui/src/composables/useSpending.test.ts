import { describe, expect, it } from 'vitest'
import { spanOf } from './useSpending'

describe('spanOf', () => {
  it.each([
    ['month', '2026-03-05', '2026-03-01', '2026-03-05'],
    ['last_month', '2026-03-05', '2026-02-01', '2026-02-28'],
    ['last_month', '2026-01-31', '2025-12-01', '2025-12-31'],
    ['ninety_days', '2026-03-31', '2026-01-01', '2026-03-31'],
  ] as const)('%s on %s is %s to %s', (span, now, from, to) => expect(spanOf(span, now)).toEqual({ from, to }))
})
