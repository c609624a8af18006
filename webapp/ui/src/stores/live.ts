// What is new at the bank, asked every few seconds while somebody looks: balances, unread notifications, how long the session goes on,
// and whether the bank can be reached at all. The question keeps no idle session alive.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ask, GET, Problem, Unreachable, type Schemas } from '@/api/client'
import { bankNow, setBankClock } from '@/composables/bankClock'
import { useAccounts } from '@/stores/accounts'
import { useSession, type Ending } from '@/stores/session'

/** How long is waited from one answer to the next question, in milliseconds. */
export const PERIOD = 5_000

export interface LiveAccount {
  entry_count: number
  balance_minor: number
}

/** What the bank booked while somebody looked. */
export interface Arrival {
  account_id: number
  /** how many entries there are more */
  entries: number
  /** by how much the balance is another */
  difference_minor: number
  balance_minor: number
}

/** What differs between two answers; accounts that were not there before are none of it. */
export function arrivalsOf(before: Record<number, LiveAccount>, now: Schemas['LiveAccount'][]): Arrival[] {
  return now.flatMap(({ account_id, entry_count, balance_minor }) => {
    const old = before[account_id]
    if (!old || entry_count <= old.entry_count) return []
    const difference = balance_minor - old.balance_minor
    return [{ account_id, entries: entry_count - old.entry_count, difference_minor: difference, balance_minor }]
  })
}

export const useLive = defineStore('live', () => {
  const accounts = ref<Record<number, LiveAccount>>({})
  const unread = ref(0)
  const lastNotificationId = ref<number | null>(null)
  const idleExpiresAt = ref<string | null>(null)
  const expiresAt = ref<string | null>(null)
  const reachable = ref(true)
  let timer: ReturnType<typeof setTimeout> | undefined
  let running = false
  let turn = 0
  let onArrival: (arrivals: Arrival[]) => void = () => undefined

  function take(live: Schemas['Live'], clock: string | null): void {
    const arrivals = arrivalsOf(accounts.value, live.accounts)
    accounts.value = Object.fromEntries(live.accounts.map(({ account_id, ...rest }) => [account_id, rest]))
    unread.value = live.unread
    lastNotificationId.value = live.last_notification_id
    idleExpiresAt.value = live.idle_expires_at
    expiresAt.value = live.expires_at
    setBankClock(clock)
    useAccounts().update(live.accounts)
    if (arrivals.length) onArrival(arrivals)
  }

  /** Ask once. A session that is over ends by what the client does then. */
  async function poll(): Promise<void> {
    const mine = ++turn
    try {
      const call = GET('/api/v1/live')
      const live = await ask(call)
      const { response } = await call
      if (mine !== turn || !running) return
      reachable.value = true
      take(live, response.headers.get('Date'))
    } catch (error) {
      if (mine !== turn || !running) return
      if (!(error instanceof Problem) && !(error instanceof Unreachable)) throw error
      reachable.value = error instanceof Problem && error.status !== 503
    }
  }

  async function cycle(): Promise<void> {
    clearTimeout(timer)
    if (!running || document.visibilityState === 'hidden') return
    try {
      await poll()
    } finally {
      clearTimeout(timer)
      if (running) timer = setTimeout(cycle, PERIOD)
    }
  }

  const wake = () => void cycle()

  /** @param arrived what is to be done when the bank has booked something */
  function start(arrived: (arrivals: Arrival[]) => void): void {
    onArrival = arrived
    if (running) return
    running = true
    document.addEventListener('visibilitychange', wake)
    window.addEventListener('online', wake)
    wake()
  }

  function stop(): void {
    running = false
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', wake)
    window.removeEventListener('online', wake)
  }

  /** The user is still there: the session goes on. */
  async function stay(): Promise<void> {
    const session = useSession()
    await session.look()
    if (!session.current) return
    idleExpiresAt.value = session.current.idle_expires_at
    expiresAt.value = session.current.expires_at
    reachable.value = true
  }

  /** Why a session that is over is so, as far as the clock tells. */
  function whyEnded(): Ending {
    const moment = bankNow() + PERIOD
    if (expiresAt.value && Date.parse(expiresAt.value) <= moment) return 'over'
    if (idleExpiresAt.value && Date.parse(idleExpiresAt.value) <= moment) return 'idle'
    return idleExpiresAt.value ? 'elsewhere' : 'idle'
  }

  function $reset(): void {
    stop()
    accounts.value = {}
    unread.value = 0
    lastNotificationId.value = null
    idleExpiresAt.value = null
    expiresAt.value = null
    reachable.value = true
  }

  return {
    accounts,
    unread,
    lastNotificationId,
    idleExpiresAt,
    expiresAt,
    reachable,
    poll,
    start,
    stop,
    stay,
    whyEnded,
    $reset,
  }
})
