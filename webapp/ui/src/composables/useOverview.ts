// What the first page after signing in asks for. Each part is asked for by itself: one that fails leaves the others.
import { computed } from 'vue'
import { ask, GET, type Schemas } from '@/api/client'
import { today } from '@/composables/bankClock'
import { inTurns } from '@/composables/inTurns'
import { newest, type Transaction } from '@/composables/transactions'
import { totals } from '@/composables/totals'
import { upcoming } from '@/composables/upcoming'
import { useAsk } from '@/composables/useAsk'
import { useAccounts } from '@/stores/accounts'

/** So many accounts are asked for their last transactions, those with the most where there are more; so many of these are shown. */
export const ASKED = 12
const SHOWN = 6
/** So many accounts' spending is added up. */
const ADDED = 6

export interface OverviewEntry extends Transaction {
  account_id: number
  currency: string
}

export function useOverview() {
  const accounts = useAccounts()
  const loading = useAsk(() => accounts.load())
  const open = computed(() => (accounts.items ?? []).filter((account) => account.status !== 'closed'))
  const sums = computed(() => totals(open.value))
  const main = computed(() => sums.value[0]?.currency ?? 'RUB')
  const spendable = computed(() =>
    open.value
      .filter((account) => account.currency_code === main.value && ['current', 'credit'].includes(account.kind))
      .slice(0, ADDED)
      .map((account) => account.account_id),
  )

  /** accounts whose spending is not added up */
  const leftOut = computed(() => spendable.value.length < open.value.length)

  const last = useAsk(async (): Promise<OverviewEntry[]> => {
    const some = [...open.value].sort((a, b) => b.entry_count - a.entry_count).slice(0, ASKED)
    const lists = await inTurns(some, async ({ account_id, currency_code: currency }) => {
      const params = { path: { account_id }, query: { limit: SHOWN } }
      const { items } = await ask(GET('/api/v1/accounts/{account_id}/transactions', { params }))
      return items.map((entry) => ({ ...entry, account_id, currency }))
    })
    return newest(lists, SHOWN)
  })

  const next = useAsk(async () => {
    const [orders, loans] = await Promise.all([ask(GET('/api/v1/standing-orders')), ask(GET('/api/v1/loans'))])
    const due = loans.items.filter((loan) => loan.next_due_on)
    const first = await inTurns(due, async ({ loan_id }) => {
      const { items } = await ask(GET('/api/v1/loans/{loan_id}/schedule', { params: { path: { loan_id } } }))
      return [loan_id, items.find((instalment) => !instalment.is_paid)] as const
    })
    const instalments: Record<number, Schemas['Instalment'] | undefined> = Object.fromEntries(first)
    return upcoming(orders.items, due, instalments, today(), 4)
  })

  async function load(): Promise<void> {
    void next.run()
    await loading.run()
    if (accounts.items) await last.run()
  }

  return { accounts, loading, open, sums, main, spendable, leftOut, last, next, load }
}
