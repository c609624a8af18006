import { createPinia, setActivePinia } from 'pinia'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Schemas } from '@/api/client'
import { activationBar, canBeBlocked, useCustomer } from '@/composables/useCustomer'

const customer = {
  party: { party_type: 'person', status: 'active' },
  access: null,
  cards: [
    { card_id: 1, status: 'active' },
    { card_id: 2, status: 'active' },
  ],
} as unknown as Schemas['Customer']

describe('at the desk', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('blocks only cards that have not ended', () => {
    const statuses = ['issued', 'active', 'frozen', 'blocked', 'expired'] as const
    expect(statuses.filter((status) => canBeBlocked({ status }))).toEqual(['issued', 'active', 'frozen'])
  })

  it('makes codes for active persons without access', () => {
    const { party } = customer
    expect(activationBar(customer)).toBeNull()
    expect(activationBar({ party, access: { login: 'a', status: 'active', created_at: '' } })).toBe('has_access')
    expect(activationBar({ party: { ...party, party_type: 'organisation' }, access: null })).toBe('organisation')
    expect(activationBar({ party: { ...party, status: 'left' }, access: null })).toBe('not_active')
  })

  it('shows a card as blocked once the bank has said so', async () => {
    setActivePinia(createPinia())
    const bodies = [customer, { card_id: 2, status: 'blocked' }]
    vi.stubGlobal('fetch', () =>
      Promise.resolve(
        new Response(JSON.stringify(bodies.shift()), { headers: { 'Content-Type': 'application/json' } }),
      ),
    )
    const desk = useCustomer(() => 7)
    await desk.loading.run()
    expect(await desk.blocking.run(2, ' lost ')).toBe(true)
    expect(desk.customer.value?.cards.map((card) => card.status)).toEqual(['active', 'blocked'])
  })
})
