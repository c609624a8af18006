import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref, shallowRef } from 'vue'
import { useStandingOrders, type StandingOrder } from '@/stores/standingOrders'
import { changesOf, useStandingForm, type StandingFields } from './useStandingForm'

vi.mock('vue-i18n', async (original) => ({
  ...(await original<object>()),
  useI18n: () => ({ t: (key: string) => key, te: () => false, locale: ref('en') }),
}))

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
  paid_on: null,
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
  const sent: { request_id?: string; amount_minor?: number }[] = []
  let answers: ((response: Response) => void)[] = []
  const done = vi.fn()
  const close = vi.fn()
  const NEW = { from: 1, to: ORDER.credit_account_no, amount: 100, narrative: 'Rent' }

  beforeEach(() => {
    setActivePinia(createPinia())
    sent.length = 0
    answers = []
    done.mockReset()
    close.mockReset()
    vi.stubGlobal('fetch', async (request: Request) => {
      if (request.method === 'GET') return Response.json({ items: [] })
      sent.push((await request.json()) as (typeof sent)[number])
      return new Promise<Response>((resolve) => answers.push(resolve))
    })
  })
  afterEach(() => vi.unstubAllGlobals())

  function open(order: StandingOrder | null = null) {
    const changed = shallowRef(order)
    const form = effectScope().run(() => useStandingForm(ref(null), changed, done, close))!
    return { form, changed }
  }
  const lost = () => Response.json({}, { status: 504 })
  const problem = (status: number, code: string) =>
    new Response(JSON.stringify({ status, code }), { status, headers: { 'Content-Type': 'application/problem+json' } })
  const under = (count: number) => vi.waitFor(() => expect(answers).toHaveLength(count))

  it('is open while it is sent, and keeps id and fields when its form is opened again', async () => {
    const { form } = open()
    form.openNew(NEW)
    const first = form.saving.run()
    await under(1)
    expect(form.isOpen.value).toBe(true)
    form.openNew()
    expect([form.unknown.value, form.fields.amount, form.saving.busy.value]).toEqual([true, 100, false])
    answers[0]!(lost())
    await first
    const second = form.saving.run()
    await under(2)
    answers[1]!(Response.json({}))
    await second
    expect(sent[1]).toEqual(sent[0])
    expect(done).toHaveBeenCalledExactlyOnceWith('made', true)
    form.openNew()
    expect(form.unknown.value).toBe(false)
  })

  it('keeps them while another one is changed, whose form a late success does not close', async () => {
    const { form, changed } = open()
    form.openNew(NEW)
    const first = form.saving.run()
    await under(1)
    changed.value = ORDER
    await vi.waitFor(() => expect(form.fields.amount).toBe(ORDER.amount_minor))
    answers[0]!(Response.json({}))
    await first
    expect(done).toHaveBeenCalledExactlyOnceWith('made', false)
    expect(useStandingOrders().unsettled).toBeNull()
  })

  it('asks nothing where nothing was changed', async () => {
    const { form } = open(ORDER)
    await form.saving.run()
    expect([sent.length, close.mock.calls.length, done.mock.calls.length]).toEqual([0, 1, 0])
  })

  it('says of a change that it is one, and of which form', async () => {
    const { form, changed } = open(ORDER)
    form.fields.amount = 7
    const first = form.saving.run()
    await under(1)
    changed.value = { ...ORDER, standing_order_id: 2 }
    await vi.waitFor(() => expect(form.fields.amount).toBe(ORDER.amount_minor))
    answers[0]!(Response.json({ amount_minor: 7 }))
    await first
    expect(done).toHaveBeenCalledExactlyOnceWith('changed', false)
  })

  it('is not settled by a no to a second try, but by one to the only one', async () => {
    const { form } = open()
    const orders = useStandingOrders()
    form.openNew(NEW)
    let saving = form.saving.run()
    await under(1)
    answers[0]!(problem(409, 'account_not_active'))
    await saving
    expect([form.unknown.value, orders.unsettled]).toEqual([false, null])
    saving = form.saving.run()
    await under(2)
    answers[1]!(lost())
    await saving
    saving = form.saving.run()
    await under(3)
    answers[2]!(problem(409, 'account_not_active'))
    await saving
    expect([form.unknown.value, orders.unsettled?.requestId]).toEqual([true, sent[2]!.request_id])
    form.anew()
    expect([form.unknown.value, orders.unsettled]).toEqual([false, null])
  })
})
