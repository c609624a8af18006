import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { useTransfers } from '@/stores/transfers'
import { useTransferForm } from './useTransferForm'

vi.mock('vue-i18n', async (original) => ({
  ...(await original<object>()),
  useI18n: () => ({ t: (key: string) => key, te: () => false, locale: ref('en') }),
}))

const ACCOUNTS = [1, 2].map((account_id) => ({
  account_id,
  account_no: `4081781090000090001${account_id}`,
  may_debit: true,
  status: 'active',
  currency_code: 'RUB',
}))
let checked: (response: Response) => void = () => undefined
let form: ReturnType<typeof useTransferForm>
const Form = defineComponent(() => {
  form = useTransferForm(ref(null))
  return () => h('form')
})

beforeEach(() => {
  setActivePinia(createPinia())
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url, 'http://bank').pathname
    if (path.endsWith('/check')) return new Promise<Response>((resolve) => (checked = resolve))
    return Response.json({ items: path.endsWith('/accounts') ? ACCOUNTS : [] })
  })
})
afterEach(() => vi.unstubAllGlobals())

async function open(address: string) {
  const names = ['transfer', 'transfer_confirm', 'cards']
  const routes = names.map((name) => ({
    path: `/${name}`,
    name,
    component: name === 'transfer' ? Form : { render: () => null },
  }))
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(address)
  mount({ template: '<RouterView />' }, { global: { plugins: [router] } })
  await flushPromises()
  return router
}

describe('the account that the address asks for', () => {
  it('is taken once, for an empty form', async () => {
    const router = await open('/transfer?from=2')
    await vi.waitFor(() => expect(useTransfers().draft.from).toBe(2))
    expect(router.currentRoute.value.fullPath).toBe('/transfer')
  })
  it('does not change a form that was begun', async () => {
    useTransfers().begin({ from: 1, amount: 100 })
    const router = await open('/transfer?from=2')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/transfer'))
    await flushPromises()
    expect(useTransfers().draft.from).toBe(1)
  })
})

describe('a check', () => {
  it.each([
    ['leads on', [], '/transfer_confirm'],
    ['pulls nobody back who has gone elsewhere', ['/cards'], '/cards'],
  ])('%s', async (_, leave, there) => {
    useTransfers().begin({ from: 1, to: '40817810900000900021', amount: 100 })
    const router = await open('/transfer')
    const checking = form.checking.run()
    await flushPromises()
    for (const path of leave) await router.push(path)
    checked(Response.json({ payee: null }))
    await checking
    await flushPromises()
    expect(router.currentRoute.value.path).toBe(there)
  })
})
