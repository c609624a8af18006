// Who is signed in. The session itself is a cookie that no script reads; here is what the bank says of it. Tabs tell each other when it
// begins and ends, so that none goes on showing what is no longer to be seen.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { ask, GET, POST, Problem, type Schemas } from '@/api/client'
import { forgetAll } from '@/stores/forget'

/** Why a session is over: nothing was done for a while; it was as long as one may be; ended from elsewhere; signed out. */
export type Ending = 'idle' | 'over' | 'elsewhere' | 'signed_out'

/** What tabs tell each other. */
type TabMessage = 'signed_in' | 'signed_out'

export const useSession = defineStore('session', () => {
  const current = ref<Schemas['Session'] | null>(null)
  /** why the last session ended, for the login page */
  const ended = ref<Ending | null>(null)
  const tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('bank.session') : null
  /** whether another than before has signed in, as far as this tab knows */
  const isAnother = ref(false)
  let before: string | null = null
  let asked: Promise<void> | null = null

  const isCustomer = computed(() => current.value?.role === 'customer')
  const isStaff = computed(() => current.value?.role === 'staff')
  /** the first page of whoever has signed in */
  const home = computed(() => (isStaff.value ? '/staff' : '/'))

  async function look(): Promise<void> {
    try {
      current.value = await ask(GET('/api/v1/session'))
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'no_session') throw error
      current.value = null
      return
    }
    const { login } = current.value
    isAnother.value = before !== null && before !== login
    before = login
  }

  /** Ask once, when the first page is opened, whether a session is live. */
  function known(): Promise<void> {
    asked ??= look().catch((error: unknown) => {
      asked = null
      throw error
    })
    return asked
  }

  /** The same for the login page, which asks only where the page came with a session's cookie: to whoever has none the answer is an error. */
  async function knownByCookie(): Promise<void> {
    const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    if (page?.serverTiming?.some(({ name }) => name === 'session')) await known().catch(() => undefined)
  }

  async function signIn(fields: Schemas['SignInRequest']): Promise<void> {
    await ask(POST('/api/v1/login', { body: fields }))
    ended.value = null
    await look()
    asked = Promise.resolve()
    tell('signed_in')
  }

  async function signOut(): Promise<void> {
    await ask(POST('/api/v1/logout', { body: {} }))
    tell('signed_out')
    lost('signed_out')
  }

  /** There is no session any more: nothing that it showed is kept. */
  function lost(why: Ending): void {
    if (current.value) ended.value = why
    forgetAll()
  }

  function tell(message: TabMessage): void {
    tabs?.postMessage(message)
  }

  /**
   * What is to be done when another tab signs in or out.
   * @returns what ends it
   */
  function whenTold(action: (message: TabMessage) => void): () => void {
    const hear = (event: MessageEvent<TabMessage>) => action(event.data)
    tabs?.addEventListener('message', hear)
    return () => tabs?.removeEventListener('message', hear)
  }

  /** Whether the session is of the same user as before: the bank is asked. Where it does not answer, nobody knows. */
  async function isStill(): Promise<boolean> {
    const before = current.value
    const now = await ask(GET('/api/v1/session')).catch(() => null)
    if (!now || now.login !== before?.login) return false
    current.value = now
    return true
  }

  /** Why the last one ended is kept, for the login page says it; and whose it was, so that another one is known. */
  function $reset(): void {
    current.value = null
  }

  return {
    current,
    ended,
    isAnother,
    isCustomer,
    isStaff,
    home,
    known,
    knownByCookie,
    look,
    isStill,
    signIn,
    signOut,
    lost,
    whenTold,
    $reset,
  }
})
