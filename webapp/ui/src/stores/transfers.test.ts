import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useTransfers } from './transfers'

const CHECK = { payee: 'Иван С.', currency_code: 'RUB', step_up_needed: false, available_minor: 500000 }
vi.mock('@/api/client', async (original) => ({
  ...(await original<object>()),
  POST: vi.fn(),
  ask: vi.fn(async () => CHECK),
}))

const FIELDS = { from: 1, to: '40817810900000900021', amount: 150000, currency: 'RUB' }

beforeEach(() => setActivePinia(createPinia()))

async function checked() {
  const transfers = useTransfers()
  transfers.begin({ from: 1, to: FIELDS.to, amount: FIELDS.amount, narrative: ' Rent ' })
  await transfers.check(FIELDS)
  return transfers
}

describe('the payment that is written', () => {
  it('has an id once it was checked, another one after each check', async () => {
    const transfers = await checked()
    const { order } = transfers.checked!
    expect(order.transfer_uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(order.narrative).toBe('Rent')
    expect(transfers.names.get(FIELDS.to)).toBe('Иван С.')
    await transfers.check(FIELDS)
    expect(transfers.checked!.order.transfer_uuid).not.toBe(order.transfer_uuid)
  })
  it('is taken once, and leaves an empty form', async () => {
    const transfers = await checked()
    const payment = transfers.take()
    expect(payment?.order?.amount_minor).toBe(FIELDS.amount)
    expect(transfers.take()).toBeNull()
    expect(transfers.draft).toEqual({ from: null, to: '', amount: null, narrative: '' })
    expect(transfers.byId(payment!.uuid)).toBe(payment)
  })
  it('can be confirmed again where it was not sent', async () => {
    const transfers = await checked()
    const payment = transfers.take()!
    transfers.putBack(payment)
    expect(transfers.draft.narrative).toBe('Rent')
    expect(transfers.sent()).toEqual([])
    expect(transfers.take()?.uuid).toBe(payment.uuid)
  })
})

describe('a check', () => {
  it('is dropped where another payment was begun meanwhile', async () => {
    const transfers = useTransfers()
    transfers.begin({ to: FIELDS.to, amount: FIELDS.amount })
    const checking = transfers.check(FIELDS)
    transfers.begin({ narrative: 'Another' })
    expect(await checking).toBe(false)
    expect(transfers.checked).toBeNull()
    expect(transfers.isBegun()).toBe(true)
    transfers.begin({ from: 1 })
    expect(transfers.isBegun()).toBe(false)
  })
})

describe('those that were sent', () => {
  it('are known by payee and amount', async () => {
    const transfers = await checked()
    const payment = transfers.take()!
    await transfers.check(FIELDS)
    expect(transfers.twinOf(transfers.checked!.order)).toBe(payment)
    expect(Date.parse(payment.begunAt)).toBeGreaterThan(Date.now() - 60_000)
    await transfers.check({ ...FIELDS, amount: 1 })
    expect(transfers.twinOf(transfers.checked!.order)).toBeUndefined()
    payment.phase.value = 'not_made'
    await transfers.check(FIELDS)
    expect(transfers.twinOf(transfers.checked!.order)).toBeUndefined()
  })
  it('are forgotten with everything else', async () => {
    const transfers = await checked()
    const payment = transfers.take()!
    transfers.$reset()
    expect(transfers.sent()).toEqual([])
    expect(transfers.byId(payment.uuid).order).toBeNull()
    expect(transfers.names.size).toBe(0)
  })
})
