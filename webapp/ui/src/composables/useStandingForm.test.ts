import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { i18n } from '@/i18n'
import { useStandingOrders, type StandingOrder } from '@/stores/standingOrders'
import { changesOf, useStandingForm, type StandingFields } from './useStandingForm'

const ORDER: StandingOrder = {
  standing_order_id: 1,
  order_no: 'S0000000001',
  debit_account_id: 1,
  debit_account_no: '40817810900000900011',
  credit_account_no: '40817810900000900021',
  currency_code: 'RUB',
  amount_minor: 50000,
  day_of_month: 1,
  starts_on: '2026-01-01',
  ends_on: null,
  narrative: 'Allowance',
  status: 'active',
  created_at: '2026-11-24T04:30:07Z',
  may_change: true,
}
const SAME: StandingFields = {
  from: 1,
  to: ORDER.credit_account_no,
  amount: 50000,
  day: 1,
  starts: ORDER.starts_on,
  ends: '',
  narrative: 'Allowance',
}

describe('changesOf', () => {
  it('is nothing where nothing is another', () => {
    expect(changesOf(ORDER, SAME)).toEqual({})
  })
  it.each([
    [{ amount: 100 }, { amount_minor: 100 }],
    [{ day: 31 }, { day_of_month: 31 }],
    [{ ends: '2027-01-01' }, { ends_on: '2027-01-01' }],
    [{ narrative: 'Rent' }, { narrative: 'Rent' }],
  ])('%j is %j', (more, changes) => {
    expect(changesOf(ORDER, { ...SAME, ...more })).toEqual(changes)
  })
})

describe('useStandingForm', () => {
  function opened(order: StandingOrder) {
    const [done, close] = [vi.fn(), vi.fn()]
    let form!: ReturnType<typeof useStandingForm>
    const setup = () => {
      form = useStandingForm(ref(null), ref(order), done, close)
      return () => null
    }
    mount({ setup }, { global: { plugins: [createPinia(), i18n] } })
    const orders = useStandingOrders()
    const change = vi.spyOn(orders, 'change').mockResolvedValue(undefined)
    vi.spyOn(orders, 'load').mockResolvedValue(undefined)
    return { form, done, close, change }
  }

  it('asks nothing where nothing was changed', async () => {
    const { form, done, close, change } = opened(ORDER)
    await form.saving.run()
    expect(change).not.toHaveBeenCalled()
    expect([close.mock.calls.length, done.mock.calls.length]).toEqual([1, 0])
  })
  it('sends what was', async () => {
    const { form, done, close, change } = opened(ORDER)
    form.fields.amount = 100
    await form.saving.run()
    expect(change).toHaveBeenCalledWith(1, { amount_minor: 100 })
    expect([close.mock.calls.length, done.mock.calls.length]).toEqual([0, 1])
  })
})
