// Payments that the bank makes every month; and the fields of one that a receipt wants to be made of it.
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { ask, GET, PATCH, POST, type Schemas } from '@/api/client'
import type { StandingFields } from '@/composables/useStandingForm'
import { useStepUp } from '@/stores/stepUp'
import type { Draft } from '@/stores/transfers'

export type StandingOrder = Schemas['StandingOrder']

export const useStandingOrders = defineStore('standingOrders', () => {
  const items = ref<StandingOrder[] | null>(null)
  const prefill = shallowRef<Draft | null>(null)
  /** a new order that was sent, and of which nobody knows whether it was made: sent again under its id it is made once */
  const unsettled = shallowRef<{ requestId: string; fields: StandingFields } | null>(null)
  const stepUp = useStepUp()

  async function load(): Promise<void> {
    items.value = (await ask(GET('/api/v1/standing-orders'))).items
  }

  /** @throws Problem, Unreachable, StepUpRefused */
  async function make(order: Schemas['MakeStandingOrderRequest']): Promise<void> {
    await stepUp.withStepUp(() => ask(POST('/api/v1/standing-orders', { body: order })))
  }

  /** @throws Problem, Unreachable, StepUpRefused */
  async function change(id: number, terms: Schemas['ChangeStandingOrderRequest']): Promise<void> {
    const path = { standing_order_id: id }
    const told = await stepUp.withStepUp(() =>
      ask(PATCH('/api/v1/standing-orders/{standing_order_id}', { params: { path }, body: terms })),
    )
    items.value = items.value?.map((one) => (one.standing_order_id === id ? { ...one, ...told } : one)) ?? null
  }

  function $reset(): void {
    items.value = null
    prefill.value = unsettled.value = null
  }

  return { items, prefill, unsettled, load, make, change, $reset }
})
