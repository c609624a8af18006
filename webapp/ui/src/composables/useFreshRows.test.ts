import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick } from 'vue'
import { PERIOD, useLive } from '@/stores/live'
import { useFreshRows } from './useFreshRows'

beforeEach(() => {
  setActivePinia(createPinia())
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

async function booked(count: number): Promise<void> {
  useLive().accounts = { 1: { entry_count: count, balance_minor: 0 } }
  await nextTick()
  await vi.advanceTimersByTimeAsync(0)
}

describe('new rows', () => {
  it('are looked for again where the question had no answer', async () => {
    const look = vi.fn().mockRejectedValueOnce(new Error('no')).mockResolvedValue(2)
    const found = vi.fn(async () => undefined)
    const scope = effectScope()
    await booked(1)
    const fresh = scope.run(() => useFreshRows(() => 1, look, found))!
    await booked(2)
    expect([fresh.value, found.mock.calls.length]).toEqual([0, 0])
    await vi.advanceTimersByTimeAsync(PERIOD)
    expect([fresh.value, found.mock.calls.length]).toEqual([2, 1])
    look.mockRejectedValue(new Error('no'))
    await booked(3)
    scope.stop()
    await vi.advanceTimersByTimeAsync(10 * PERIOD)
    expect(look).toHaveBeenCalledTimes(3)
  })
})
