// Who is signed in. The session itself is a cookie that no script reads; here is what the bank says of it.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { ask, GET, POST, Problem, type Schemas } from '@/api/client'

export const useSession = defineStore('session', () => {
  const current = ref<Schemas['Session'] | null>(null)
  /** why the last session ended, for the login page */
  const ended = ref<'expired' | 'signed_out' | null>(null)
  let asked: Promise<void> | null = null

  const isCustomer = computed(() => current.value?.role === 'customer')
  const isStaff = computed(() => current.value?.role === 'staff')

  async function look(): Promise<void> {
    try {
      current.value = await ask(GET('/api/v1/session'))
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error
      current.value = null
    }
  }

  /** Ask once, when the first page is opened, whether a session is live. */
  function known(): Promise<void> {
    asked ??= look().catch((error: unknown) => {
      asked = null
      throw error
    })
    return asked
  }

  async function signIn(fields: Schemas['SignInRequest']): Promise<void> {
    await ask(POST('/api/v1/login', { body: fields }))
    ended.value = null
    await look()
    asked = Promise.resolve()
  }

  async function signOut(): Promise<void> {
    await ask(POST('/api/v1/logout', { body: {} }))
    lost('signed_out')
  }

  /** There is no session any more. */
  function lost(why: 'expired' | 'signed_out'): void {
    if (current.value) ended.value = why
    current.value = null
  }

  return { current, ended, isCustomer, isStaff, known, look, signIn, signOut, lost }
})
