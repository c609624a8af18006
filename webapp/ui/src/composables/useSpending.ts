// What was spent in a month or so, from one account or from several of one currency.
import { computed, ref, watch, type Ref } from 'vue'
import { ask, GET } from '@/api/client'
import { today } from '@/composables/bankClock'
import { inTurns } from '@/composables/inTurns'
import { periodOf, type Period } from '@/composables/period'
import { together } from '@/composables/spending'
import { answerTo, useAsk } from '@/composables/useAsk'
import { addDays } from '@/composables/useFormat'

export const SPANS = ['month', 'last_month', 'ninety_days'] as const
export type Span = (typeof SPANS)[number]

/** First and last day of a span. */
export function spanOf(span: Span, now: string): Period {
  if (span === 'ninety_days') return { from: addDays(now, -89), to: now }
  return periodOf(span === 'month' ? 'this_month' : span, now)
}

export function useSpending(accountIds: Ref<number[]>) {
  const span = ref<Span>('month')
  const period = computed(() => spanOf(span.value, today()))
  const asking = useAsk(async (ids: number[], query: { from: string; to: string }) =>
    together(
      await inTurns(ids, (account_id) =>
        ask(GET('/api/v1/accounts/{account_id}/spending', { params: { path: { account_id }, query } })),
      ),
    ),
  )
  const reload = () => asking.run(accountIds.value, period.value)
  watch([() => String(accountIds.value), period], () => accountIds.value.length && void reload(), { immediate: true })
  const data = computed(() => answerTo(asking, [accountIds.value, period.value]))
  return { span, period, data, error: asking.error, reload }
}
