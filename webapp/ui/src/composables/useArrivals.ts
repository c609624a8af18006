// Says what came in while somebody looks. Amounts are only those that the bank has booked: one entry more is an amount; several are not
// told apart here, so then it is said that there is something new, and what the balance is.
import { useI18n } from 'vue-i18n'
import { useAccountName } from '@/composables/useAccountName'
import { useFormat } from '@/composables/useFormat'
import { useAccounts, type Account } from '@/stores/accounts'
import type { Arrival } from '@/stores/live'
import { useToasts } from '@/stores/toasts'

export function useArrivals() {
  const { t } = useI18n()
  const { money } = useFormat()
  const { bareName } = useAccountName()
  const accounts = useAccounts()
  const toasts = useToasts()

  function textOf(arrival: Arrival, account: Account): string {
    const name = bareName(account)
    return arrival.entries === 1
      ? t('live.came_in', { amount: money(arrival.difference_minor, account.currency_code, true), account: name })
      : t('live.came_in_more', { amount: money(arrival.balance_minor, account.currency_code), account: name })
  }

  /** What went out is no news: whoever looks has just done it. */
  async function tell(arrivals: Arrival[]): Promise<void> {
    const incoming = arrivals.filter((arrival) => arrival.difference_minor > 0)
    if (!incoming.length) return
    if (!accounts.items) await accounts.load().catch(() => undefined)
    for (const arrival of incoming) {
      const account = accounts.byId(arrival.account_id)
      if (account) toasts.say(textOf(arrival, account))
    }
  }

  return { tell }
}
