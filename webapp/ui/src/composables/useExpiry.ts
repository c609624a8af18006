// How long the session still goes on, and whether that is so short that somebody should know.
import { computed, onScopeDispose, ref, watch } from 'vue'
import { bankNow } from '@/composables/bankClock'
import { useLive } from '@/stores/live'

/** From when on it is said, in seconds before the end. */
const WARN = 120
/** When the time left is read out again: not each second. */
const SPOKEN = [120, 60, 30, 10]

interface Expiry {
  /** idle: going on is possible; over: the longest time is up, whatever one does */
  kind: 'idle' | 'over'
  seconds: number
}

/** The end that comes first; null while it is far. */
export function expiryOf(now: number, idleExpiresAt: string | null, expiresAt: string | null): Expiry | null {
  if (!idleExpiresAt || !expiresAt) return null
  const over = Date.parse(expiresAt)
  const idle = Date.parse(idleExpiresAt)
  const kind = over <= idle ? 'over' : 'idle'
  const seconds = Math.max(0, Math.ceil((Math.min(over, idle) - now) / 1000))
  return seconds <= WARN ? { kind, seconds } : null
}

/** The last time at which it is read out, at or above what is left. */
export function spokenAt(seconds: number): number {
  return SPOKEN.findLast((moment) => moment >= seconds) ?? WARN
}

/** "1:05" */
export function clockOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

export function useExpiry() {
  const live = useLive()
  const now = ref(bankNow())
  const ticking = setInterval(() => (now.value = bankNow()), 1000)
  onScopeDispose(() => clearInterval(ticking))

  const expiry = computed(() => expiryOf(now.value, live.idleExpiresAt, live.expiresAt))
  /** what is read out; the same text as long as nothing is to be said */
  const spoken = computed(() => (expiry.value ? spokenAt(expiry.value.seconds) : null))
  const ended = computed(() => expiry.value?.seconds === 0)

  // The answer to a stay, or another tab's: the clock goes on from there at once.
  watch(
    () => [live.idleExpiresAt, live.expiresAt],
    () => (now.value = bankNow()),
  )
  return { expiry, spoken, ended }
}
