import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { createApp, type App } from 'vue'
import { useWayOn } from '@/composables/useWayOn'
import { useAccounts } from '@/stores/accounts'
import { rememberStores } from '@/stores/forget'
import { useSession } from '@/stores/session'

let login = 'ada'
let app: App
const waiting: (() => void)[] = []
let wait = false

beforeEach(() => {
  const pinia = createPinia().use(rememberStores)
  app = createApp({}).use(pinia)
  setActivePinia(pinia)
  wait = false
  vi.stubGlobal('fetch', async (request: Request) => {
    if (wait) await new Promise<void>((resolve) => waiting.push(resolve))
    const path = new URL(request.url, 'http://bank').pathname
    return Response.json(path.endsWith('/accounts') ? { items: [{ account_id: 1 }] } : { login, role: 'customer' })
  })
})
afterEach(() => vi.unstubAllGlobals())

async function signIn(as: string): Promise<void> {
  login = as
  await useSession().signIn({ login: as, password: '', code: '' })
}

describe('who signs in', () => {
  it('goes on where they were, but not where another was', async () => {
    const router = createRouter({
      history: createMemoryHistory(),
      routes: ['/', '/login', '/transfers/:uuid'].map((path) => ({
        path,
        component: {},
        meta: { who: path === '/login' ? undefined : ('customer' as const), title: '' },
      })),
    })
    await router.push('/login?to=/transfers/7')
    const wayOn = app.use(router).runWithContext(useWayOn)
    const session = useSession()
    await signIn('ada')
    expect(wayOn()).toBe('/transfers/7')
    session.lost('idle')
    await signIn('ada')
    expect(wayOn()).toBe('/transfers/7')
    session.lost('idle')
    await signIn('bob')
    expect(wayOn()).toBe('/')
  })
})

describe('a session that is over', () => {
  it('is not filled by answers that come late', async () => {
    await signIn('ada')
    wait = true
    void useSession().look()
    void useAccounts().load()
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    useSession().lost('signed_out')
    for (const go of waiting) go()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([useSession().current, useAccounts().items]).toEqual([null, null])
  })
})
