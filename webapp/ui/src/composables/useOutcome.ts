// What became of a payment, for the page that bears its id: asks until it is known, and says what can be done then.
import { computed, onMounted, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { ask, POST } from '@/api/client'
import { useAsk } from '@/composables/useAsk'
import { usePayees } from '@/composables/usePayees'
import { useAccounts } from '@/stores/accounts'
import { useBeneficiaries } from '@/stores/beneficiaries'
import { useStandingOrders } from '@/stores/standingOrders'
import { useStepUp } from '@/stores/stepUp'
import { draftOf, useTransfers, type Draft } from '@/stores/transfers'

export function useOutcome() {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const accounts = useAccounts()
  const beneficiaries = useBeneficiaries()
  const transfers = useTransfers()
  const orders = useStandingOrders()
  const { nameOf, isOwn } = usePayees()
  const payment = computed(() => transfers.byId(String(route.params.uuid)))
  const transfer = computed(() => payment.value.transfer.value)
  const phase = computed(() => payment.value.phase.value)
  /** it came in: somebody else's account was debited */
  const incoming = computed(
    () => transfer.value !== null && accounts.items !== null && !accounts.byId(transfer.value.debit_account_id),
  )
  const heading = computed(() =>
    payment.value.unheard.value
      ? t('title.transfer_outcome')
      : t(`transfer.phase.${incoming.value ? 'received' : phase.value}`),
  )
  const payee = computed(() => {
    const number = transfer.value ? transfer.value.credit_account_no : payment.value.order?.credit_account_no
    return transfers.names.get(number ?? '') ?? null
  })

  const names = useAsk(async () => {
    const missing = [accounts.items ?? accounts.load(), beneficiaries.items ?? beneficiaries.load()]
    await Promise.allSettled(missing)
  })
  onMounted(() => {
    payment.value.resume()
    void names.run()
  })

  // Once it is made, balances are others; and after a reload the receipt has no name of whoever got it.
  watch(
    transfer,
    async (told) => {
      if (!told) return
      await accounts.load().catch(() => undefined)
      const number = told.credit_account_no
      if (!number || transfers.names.has(number) || nameOf(number)) return
      const found = await ask(POST('/api/v1/payees', { body: { account_no: number } })).catch(() => null)
      if (found) transfers.names.set(number, found.name)
    },
    { immediate: true },
  )

  const code = ref('')
  const giving = useAsk(async () => {
    await useStepUp().give(code.value.trim())
    void payment.value.send()
  })

  /** The form, with the fields of this payment where they are known. */
  async function again(fields: Partial<Draft>): Promise<void> {
    transfers.begin(fields)
    await router.push({ name: 'transfer' })
  }

  const another = () => again({})
  const anew = () => again(payment.value.order ? draftOf(payment.value.order) : {})

  async function repeat(): Promise<void> {
    const made = transfer.value
    if (!made) return
    orders.prefill = {
      from: made.debit_account_id,
      to: made.credit_account_no ?? '',
      amount: made.amount_minor,
      narrative: made.narrative ?? '',
    }
    await router.push({ name: 'standing_orders' })
  }

  /** Whoever was paid can be kept: not oneself, and not twice. */
  const mayKeep = computed(() => {
    const number = transfer.value?.credit_account_no
    return (
      !!number && !incoming.value && beneficiaries.items !== null && !isOwn(number) && !beneficiaries.byNumber(number)
    )
  })

  return { payment, transfer, phase, incoming, heading, payee, code, giving, another, anew, repeat, mayKeep }
}
