// A customer at the staff's desk: looked at, a card blocked, a code made with which the customer gets online access.
import { computed, ref } from 'vue'
import { ask, GET, POST, type Schemas } from '@/api/client'
import { useAsk } from '@/composables/useAsk'
import { StepUpRefused, useStepUp } from '@/stores/stepUp'

export type CustomerCard = Schemas['CustomerCard']

/** Cards that have not ended: these can be blocked. */
export function canBeBlocked({ status }: Pick<CustomerCard, 'status'>): boolean {
  return status === 'issued' || status === 'active' || status === 'frozen'
}

/** Why no activation code can be made; null where one can. */
export function activationBar({ party, access }: Pick<Schemas['Customer'], 'party' | 'access'>): string | null {
  if (access) return 'has_access'
  if (party.party_type === 'organisation') return 'organisation'
  return party.status === 'active' ? null : 'not_active'
}

export function useCustomer(partyId: () => number) {
  const stepUp = useStepUp()
  const path = computed(() => ({ party_id: partyId() }))
  /** shown once: gone with the page */
  const activation = ref<Schemas['Activation'] | null>(null)

  const loading = useAsk(() => ask(GET('/api/v1/staff/customers/{party_id}', { params: { path: path.value } })))

  const activating = useAsk(async () => {
    try {
      activation.value = await stepUp.withStepUp(() =>
        ask(POST('/api/v1/staff/customers/{party_id}/activation', { params: { path: path.value }, body: {} })),
      )
    } catch (error) {
      if (!(error instanceof StepUpRefused)) throw error
    }
  })

  const blocking = useAsk(async (cardId: number, reason: string) => {
    const card = await ask(
      POST('/api/v1/staff/cards/{card_id}/block', {
        params: { path: { card_id: cardId } },
        body: { reason: reason.trim() },
      }),
    )
    const customer = loading.data.value
    if (customer)
      loading.data.value = {
        ...customer,
        cards: customer.cards.map((known) =>
          known.card_id === card.card_id ? { ...known, status: card.status } : known,
        ),
      }
    return true
  })

  return { customer: loading.data, activation, loading, activating, blocking }
}
