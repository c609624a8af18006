// The form of a payment: what is filled in, what is wrong with it, and the way to the page that confirms it.
import { computed, onMounted, onUnmounted, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { ACCOUNT_DIGITS } from '@/composables/accountNo'
import { cleanText } from '@/composables/cleanText'
import { useAsk } from '@/composables/useAsk'
import { useFieldErrors } from '@/composables/useFieldErrors'
import { useAccounts } from '@/stores/accounts'
import { useBeneficiaries } from '@/stores/beneficiaries'
import { useTransfers } from '@/stores/transfers'

export type TransferField = 'from' | 'to' | 'amount' | 'narrative'

/** Where a problem of the bank's belongs. */
export const PLACES: Record<string, TransferField> = {
  debit_account_id: 'from',
  not_found: 'from',
  credit_account_no: 'to',
  no_such_account: 'to',
  same_account: 'to',
  currency_differs: 'to',
  amount_minor: 'amount',
  insufficient_funds: 'amount',
  narrative: 'narrative',
}

export function useTransferForm(form: Ref<HTMLElement | null>) {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const accounts = useAccounts()
  const beneficiaries = useBeneficiaries()
  const transfers = useTransfers()
  const fields = useFieldErrors<TransferField>(form, PLACES)

  const draft = computed(() => transfers.draft)
  const from = computed(() => accounts.byId(draft.value.from ?? 0))
  const currency = computed(() => from.value?.currency_code ?? 'RUB')

  /** which account the address asks for; a form that somebody has begun keeps its own */
  let wanted = transfers.isBegun() ? null : Number(route.query.from)

  // Saved payees are a help only: without them a number can be typed.
  const loading = useAsk(async () => {
    await Promise.all([accounts.load(), beneficiaries.load().catch(() => undefined)])
    if (accounts.debitable.some((account) => account.account_id === wanted)) draft.value.from = wanted
    wanted = null
  })
  onMounted(() => {
    void loading.run()
    // asked for once: on the way back to this page the form is as it was left
    if (route.query.from !== undefined) void router.replace({ query: { ...route.query, from: undefined } })
  })
  let here = true
  onUnmounted(() => (here = false))

  function validate(): void {
    const { to, amount } = draft.value
    if (to.length !== ACCOUNT_DIGITS) fields.set('to', t('transfer.error.to'))
    else if (to === from.value?.account_no) fields.set('to', t('problem.same_account'))
    if (amount === null) fields.set('amount', t('transfer.error.amount'))
  }

  const checking = useAsk(async () => {
    fields.clear()
    validate()
    const { from: debit, to, amount } = draft.value
    if (!fields.fine() || debit === null || amount === null) return
    draft.value.narrative = cleanText(draft.value.narrative)
    try {
      const checked = await transfers.check({ from: debit, to, amount, currency: currency.value })
      // whoever has gone elsewhere meanwhile stays there
      if (checked && here) await router.push({ name: 'transfer_confirm' })
    } catch (error) {
      fields.take(error)
    }
  })

  return { accounts, draft, from, currency, loading, checking, errors: fields.errors, note: fields.note }
}
