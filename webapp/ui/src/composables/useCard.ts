// What a customer does with a card: freezes it, releases it, changes how much is spent a day at most.
import { computed, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { ask, PATCH, type Schemas } from '@/api/client'
import type { Card } from '@/composables/card'
import { useAsk } from '@/composables/useAsk'
import { typedMoney } from '@/money/typed'
import { StepUpRefused, useStepUp } from '@/stores/stepUp'

export type CardState = Pick<Card, 'status' | 'day_limit_minor'>

/** @param changed is told how the card is now, as the bank says */
export function useCard(card: () => Card, changed: (state: CardState) => void) {
  const { locale } = useI18n()
  const stepUp = useStepUp()
  /** what is being asked before it is done */
  const asked = ref<'freeze' | 'limit' | null>(null)
  const typed = ref('')
  const told = ref<'frozen' | 'released' | 'limit' | null>(null)
  const limit = computed(() => typedMoney(typed.value, card().currency_code, locale.value))
  /** a limit was to be set, and none was typed that can be */
  const wrong = ref(false)

  const changing = useAsk(async (body: Schemas['ChangeCardRequest']) => {
    told.value = null
    const params = { path: { card_id: card().card_id } }
    try {
      const state = await stepUp.withStepUp(() => ask(PATCH('/api/v1/cards/{card_id}', { params, body })))
      changed(state)
      told.value = body.day_limit_minor ? 'limit' : state.status === 'frozen' ? 'frozen' : 'released'
      asked.value = null
    } catch (error) {
      if (!(error instanceof StepUpRefused)) throw error
    }
  })
  watch(asked, () => {
    typed.value = ''
    changing.error.value = null
  })
  watch(typed, () => (wrong.value = false))

  /** Freezing is asked for once more, releasing is not: nothing can go wrong by it. */
  async function turn(): Promise<void> {
    if (card().status === 'active') asked.value = 'freeze'
    else await changing.run({ status: 'active' })
  }

  async function setLimit(): Promise<void> {
    wrong.value = limit.value === null
    if (limit.value !== null) await changing.run({ day_limit_minor: limit.value })
  }

  return { asked, typed, told, limit, wrong, changing, turn, setLimit }
}
