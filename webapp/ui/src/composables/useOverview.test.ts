import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { i18n, useLanguage } from '@/i18n'
import { useOverview } from './useOverview'

const answers = vi.hoisted(() => new Map<string, (path: Record<string, number>) => unknown>())
const asked = vi.hoisted(() => [] as string[])
vi.mock('@/api/client', async (original) => ({
  ...(await original<object>()),
  GET: (path: string, given?: { params?: { path?: Record<string, number> } }) => {
    asked.push(`${path} ${Object.values(given?.params?.path ?? {})}`.trim())
    return Promise.resolve({ data: answers.get(path)?.(given?.params?.path ?? {}), response: { ok: true } })
  },
}))

const account = (account_id: number, more = {}) => ({
  account_id,
  status: 'active',
  kind: 'current',
  currency_code: 'RUB',
  balance_minor: 100,
  entry_count: 1000 - account_id,
  ...more,
})

async function overviewOf(items: object[]) {
  answers.set('/api/v1/accounts', () => ({ items }))
  answers.set('/api/v1/accounts/{account_id}/transactions', ({ account_id }) => ({
    items: [{ value_date: '2026-02-28', booked_at: `2026-02-28T00:00:${String(account_id).padStart(2, '0')}Z` }],
  }))
  await useLanguage('en')
  let page!: ReturnType<typeof useOverview>
  const setup = () => {
    page = useOverview()
    return () => null
  }
  mount({ setup }, { global: { plugins: [createPinia(), i18n] } })
  await page.load()
  return page
}

afterEach(() => void asked.splice(0))
const ofTransactions = () => asked.filter((one) => one.includes('transactions'))

describe('useOverview', () => {
  it('asks each open account for its last transactions, not only those with the most', async () => {
    const page = await overviewOf([...Array(12).keys()].map((n) => account(n + 1)))
    expect(ofTransactions()).toHaveLength(12)
    expect(page.last.data.value?.[0]?.account_id).toBe(12)
  })
  it('asks those with the most where there are too many', async () => {
    await overviewOf([...Array(14).keys()].map((n) => account(n + 1)))
    expect(ofTransactions()).toHaveLength(12)
  })
  it('leaves out closed ones', async () => {
    const page = await overviewOf([account(1), account(2, { status: 'closed', balance_minor: 0 })])
    expect(page.open.value).toHaveLength(1)
    expect(ofTransactions()).toHaveLength(1)
  })
  it('tells which accounts the spending is of, where it is not of all', async () => {
    const whole = await overviewOf([account(1), account(2)])
    expect(whole.leftOut.value).toBe(false)
    const part = await overviewOf([account(1), account(2, { kind: 'savings' })])
    expect([part.spendable.value, part.leftOut.value]).toEqual([[1], true])
  })
})
