// One loan with its schedule: what is paid, what comes next, and whether that is late.
import { computed, watch } from 'vue'
import { useRoute } from 'vue-router'
import { ask, GET, Problem } from '@/api/client'
import { today } from '@/composables/bankClock'
import { loanTotals, scheduleOf } from '@/composables/loan'
import { answerTo, useAsk } from '@/composables/useAsk'

export function useLoan() {
  const route = useRoute()
  const loading = useAsk(async (loan_id: number) => {
    const [loans, schedule] = await Promise.all([
      ask(GET('/api/v1/loans')),
      ask(GET('/api/v1/loans/{loan_id}/schedule', { params: { path: { loan_id } } })),
    ])
    const loan = loans.items.find((one) => one.loan_id === loan_id)
    if (!loan) throw new Problem(404, 'not_found')
    return { loan, schedule: schedule.items }
  })
  const id = computed(() => Number(route.params.loanId))
  watch(id, (now) => !Number.isNaN(now) && void loading.run(now), { immediate: true })

  const known = computed(() => answerTo(loading, [id.value]))
  const loan = computed(() => known.value?.loan)
  const schedule = computed(() => known.value?.schedule ?? [])
  const totals = computed(() => loanTotals(schedule.value))
  const parts = computed(() => scheduleOf(schedule.value, today()))
  return { loading, loan, totals, parts }
}
