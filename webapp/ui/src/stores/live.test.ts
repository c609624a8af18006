import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useAccounts, type Account } from '@/stores/accounts'
import { arrivalsOf, PERIOD, useLive } from '@/stores/live'

const account = (entry_count: number, balance_minor: number) => ({ account_id: 1, entry_count, balance_minor })
const live = (accounts: unknown[], more = {}) => ({
  expires_at: '2030-01-01T12:00:00Z',
  idle_expires_at: '2030-01-01T00:15:00Z',
  last_notification_id: 7,
  unread: 2,
  accounts,
  ...more,
})

describe('what arrived', () => {
  it('is told by the number of entries, not by the balance', () => {
    const before = { 1: { entry_count: 4, balance_minor: 100 } }
    expect(arrivalsOf(before, [account(4, 100)])).toEqual([])
    expect(arrivalsOf(before, [account(5, 250)])).toEqual([
      { account_id: 1, entries: 1, difference_minor: 150, balance_minor: 250 },
    ])
    expect(arrivalsOf(before, [account(6, 100)])[0]?.difference_minor).toBe(0)
  })
  it('is nothing for an account that was not known, or for an answer that is older', () => {
    expect(arrivalsOf({}, [account(5, 250)])).toEqual([])
    expect(arrivalsOf({ 1: { entry_count: 6, balance_minor: 0 } }, [account(5, 250)])).toEqual([])
  })
})

describe('asking', () => {
  const answers: (() => Response | Promise<Response>)[] = []
  const json =
    (body: unknown, status = 200) =>
    () =>
      new Response(JSON.stringify(body), {
        status,
        headers: { 'Content-Type': 'application/json', Date: 'Tue, 01 Jan 2030 00:00:00 GMT' },
      })
  const asked = vi.fn(() => {
    const next = answers.shift()
    return next ? Promise.resolve(next()) : Promise.reject(new TypeError('no network'))
  })

  beforeEach(() => {
    setActivePinia(createPinia())
    vi.useFakeTimers({ now: new Date('2030-01-01T00:00:00Z') })
    vi.stubGlobal('fetch', asked)
    asked.mockClear()
    answers.length = 0
  })
  afterEach(() => {
    useLive().stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('asks at once and then every five seconds, and tells what came in', async () => {
    const store = useLive()
    const arrived = vi.fn()
    useAccounts().items = [{ account_id: 1, entry_count: 4, balance_minor: 100, available_minor: 600 } as Account]
    answers.push(json(live([account(4, 100)])), json(live([account(5, 250)], { unread: 3 })))
    store.start(arrived)
    await vi.advanceTimersByTimeAsync(10)
    expect(asked).toHaveBeenCalledTimes(1)
    expect([store.unread, store.lastNotificationId, store.reachable]).toEqual([2, 7, true])
    expect(arrived).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(PERIOD)
    expect(asked).toHaveBeenCalledTimes(2)
    expect(arrived).toHaveBeenCalledWith([{ account_id: 1, entries: 1, difference_minor: 150, balance_minor: 250 }])
    expect(useAccounts().byId(1)).toMatchObject({ balance_minor: 250, available_minor: 750, entry_count: 5 })
    expect(store.unread).toBe(3)
  })

  it('says when the bank cannot be reached, and when it can again', async () => {
    const store = useLive()
    store.start(() => undefined)
    await vi.advanceTimersByTimeAsync(10)
    expect(store.reachable).toBe(false)
    answers.push(json(live([])), json({ code: 'unavailable' }, 503))
    await vi.advanceTimersByTimeAsync(PERIOD)
    expect(store.reachable).toBe(true)
    await vi.advanceTimersByTimeAsync(PERIOD)
    expect(store.reachable).toBe(false)
  })

  it('takes an answer that is cut off for none', async () => {
    const store = useLive()
    answers.push(json(live([])))
    store.start(() => undefined)
    await vi.advanceTimersByTimeAsync(10)
    answers.push(() => new Response('{"accounts": [', { headers: { 'Content-Type': 'application/json' } }))
    await expect(store.poll()).resolves.toBeUndefined()
    expect([store.reachable, answers.length]).toEqual([false, 0])
  })

  it('asks nothing after it was stopped', async () => {
    const store = useLive()
    answers.push(json(live([])))
    store.start(() => undefined)
    await vi.advanceTimersByTimeAsync(10)
    store.stop()
    await vi.advanceTimersByTimeAsync(10 * PERIOD)
    expect(asked).toHaveBeenCalledTimes(1)
  })

  it('knows by the clock why a session is over', async () => {
    const store = useLive()
    answers.push(json(live([])))
    store.start(() => undefined)
    await vi.advanceTimersByTimeAsync(10)
    store.stop()
    expect(store.whyEnded()).toBe('elsewhere')
    vi.setSystemTime(new Date('2030-01-01T00:15:01Z'))
    expect(store.whyEnded()).toBe('idle')
    vi.setSystemTime(new Date('2030-01-01T12:00:01Z'))
    expect(store.whyEnded()).toBe('over')
  })
})
