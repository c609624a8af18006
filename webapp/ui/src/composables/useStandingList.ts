// The page of standing orders: which is made or changed, and what is asked before one is paused, resumed or ended.
import { computed, onMounted, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { today } from '@/composables/bankClock'
import { nextRun } from '@/composables/standingDays'
import { useAsk } from '@/composables/useAsk'
import { useFormat } from '@/composables/useFormat'
import { useFresh } from '@/composables/useFresh'
import { usePayees } from '@/composables/usePayees'
import type { Saved } from '@/composables/useStandingForm'
import { useAccounts } from '@/stores/accounts'
import { useBeneficiaries } from '@/stores/beneficiaries'
import { StepUpRefused } from '@/stores/stepUp'
import { useStandingOrders, type StandingOrder } from '@/stores/standingOrders'
import type { Draft } from '@/stores/transfers'

type Turn = 'paused' | 'active' | 'ended'

/** @param turnedTo is told which order was paused, resumed or ended */
export function useStandingList(turnedTo: (id: number) => void) {
  const { t } = useI18n()
  const { day, money } = useFormat()
  const { nameOf } = usePayees()
  const accounts = useAccounts()
  const beneficiaries = useBeneficiaries()
  const orders = useStandingOrders()
  const adding = ref(false)
  const changed = shallowRef<StandingOrder | null>(null)
  const turned = shallowRef<{ order: StandingOrder; to: Turn } | null>(null)
  const prefill = shallowRef<Draft | null>(null)
  const said = ref('')

  const loading = useAsk(async () => {
    // Names are a help only.
    await Promise.all([accounts.load(), orders.load(), beneficiaries.load().catch(() => undefined)])
    if (!orders.prefill) return
    prefill.value = orders.prefill
    orders.prefill = null
    adding.value = true
  })
  onMounted(loading.run)
  // what was paid meanwhile has another next day
  useFresh(
    () => null,
    () => void orders.load().catch(() => undefined),
  )

  /** Those that pay first, ended ones last. */
  const sorted = computed(() => {
    const rank = (order: StandingOrder) => ['active', 'paused', 'ended'].indexOf(order.status)
    return orders.items && [...orders.items].sort((a, b) => rank(a) - rank(b))
  })

  /** When it pays next, in words. */
  function nextOf(order: StandingOrder): string {
    const next = nextRun(order, today())
    if (next) return t(next === today() ? 'standing.next_today' : 'standing.next', { day: day(next) })
    return t(order.status === 'active' ? 'standing.no_next' : `standing.none_${order.status}`)
  }

  const to = (order: StandingOrder) => nameOf(order.credit_account_no)
  const amount = (order: StandingOrder) => money(order.amount_minor, order.currency_code)

  function add(): void {
    prefill.value = null
    adding.value = true
  }

  /** Confirmed, perhaps late: then another form may be open, and stays. */
  function saved(what: Saved, isShown: boolean): void {
    said.value = t(`standing.was_${what}`)
    if (!isShown) return
    adding.value = false
    changed.value = null
  }

  /** Closed without an answer: whether it was made is seen in the list, which is asked for anew. */
  function closed(unknown: boolean): void {
    said.value = unknown ? t(changed.value ? 'standing.left_unknown_change' : 'standing.left_unknown') : ''
    adding.value = false
    changed.value = null
    if (unknown) void loading.run()
  }

  const turning = useAsk(async () => {
    const wanted = turned.value
    let done = false
    if (!wanted) return
    try {
      await orders.change(wanted.order.standing_order_id, { status: wanted.to })
      said.value = t(`standing.turned.${wanted.to}`)
      done = true
    } catch (error) {
      if (!(error instanceof StepUpRefused)) throw error
    }
    turned.value = null
    if (done) turnedTo(wanted.order.standing_order_id)
  })

  function askTurn(order: StandingOrder, wanted: Turn): void {
    turning.error.value = null
    turned.value = { order, to: wanted }
  }

  const done = { loading, sorted, adding, changed, turned, prefill, said, turning }
  return { ...done, accounts, orders, nextOf, to, amount, add, saved, closed, askTurn }
}
