import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { computed } from 'vue'
import { bankNow, setBankClock, today } from './bankClock'
import { periodOf } from './period'
import { spanOf } from './useSpending'

const zone = process.env.TZ
const LAST = '2026-02-28T21:30:00Z'
const FIRST = '2026-03-01T01:30:00Z'

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(LAST) })
  setBankClock(new Date(LAST).toUTCString())
})
afterEach(() => {
  vi.useRealTimers()
  setBankClock(new Date().toUTCString())
  process.env.TZ = zone
})

describe.each(['Europe/Moscow', 'America/New_York'])('in %s', (where) => {
  beforeEach(() => (process.env.TZ = where))

  it.each([
    [LAST, '2026-02-28', '2026-02-01'],
    [FIRST, '2026-03-01', '2026-03-01'],
  ])('at %s it is %s', (moment, day, month) => {
    vi.setSystemTime(new Date(moment))
    expect(today()).toBe(day)
    expect(spanOf('month', today())).toEqual({ from: month, to: day })
    expect(periodOf('this_month', today())).toEqual({ from: month, to: day })
  })
})

describe('the bank’s clock', () => {
  it('is the bank’s where the device’s is wrong', () => {
    vi.setSystemTime(new Date('2020-05-05T12:00:00Z'))
    setBankClock('Sat, 28 Feb 2026 21:30:00 GMT')
    expect(today()).toBe('2026-02-28')
    vi.advanceTimersByTime(2.5 * 3_600_000)
    expect(new Date(bankNow()).toISOString()).toBe('2026-03-01T00:00:00.000Z')
    expect(today()).toBe('2026-03-01')
  })
  it('is kept where an answer does not tell it', () => {
    setBankClock('Sun, 01 Mar 2026 01:30:00 GMT')
    setBankClock(null)
    setBankClock('never')
    expect(today()).toBe('2026-03-01')
  })
  it('begins a new day on a page that stays open', () => {
    const day = computed(() => today())
    expect(day.value).toBe('2026-02-28')
    setBankClock('Sun, 01 Mar 2026 00:00:03 GMT')
    expect(day.value).toBe('2026-03-01')
  })
})
