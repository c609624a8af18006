// The page of saved payees: finding one by number, and what was done with which.
import { onMounted, ref, shallowRef, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { ask, POST } from '@/api/client'
import { ACCOUNT_DIGITS } from '@/composables/accountNo'
import { useAsk } from '@/composables/useAsk'
import { useFieldErrors } from '@/composables/useFieldErrors'
import { useBeneficiaries, type Beneficiary } from '@/stores/beneficiaries'
import { useTransfers } from '@/stores/transfers'

/** @param gone is told the place of a payee that was removed */
export function useBeneficiaryList(form: Ref<HTMLElement | null>, gone: (place: number) => void) {
  const { t } = useI18n()
  const router = useRouter()
  const beneficiaries = useBeneficiaries()
  const transfers = useTransfers()
  const { errors, note, clear, set, fine, take } = useFieldErrors<'number'>(form, {
    account_no: 'number',
    no_such_account: 'number',
  })
  const number = ref('')
  const found = shallowRef<{ accountNo: string; name: string } | null>(null)
  const renamed = shallowRef<Beneficiary | null>(null)
  const removed = shallowRef<Beneficiary | null>(null)
  /** what was done last, for whoever listens */
  const said = ref('')

  const loading = useAsk(() => beneficiaries.load())
  onMounted(loading.run)

  const finding = useAsk(async () => {
    clear()
    if (number.value.length !== ACCOUNT_DIGITS) set('number', t('payees.error.number'))
    else if (beneficiaries.byNumber(number.value)) set('number', t('payees.error.known'))
    if (!fine()) return
    try {
      const body = { account_no: number.value }
      found.value = { accountNo: number.value, name: (await ask(POST('/api/v1/payees', { body }))).name }
    } catch (error) {
      take(error)
    }
  })

  function added(name: string): void {
    found.value = null
    number.value = ''
    said.value = t('payees.kept', { name })
  }

  function wasRenamed(name: string): void {
    renamed.value = null
    said.value = t('payees.kept', { name })
  }

  const removing = useAsk(async () => {
    const one = removed.value
    if (!one) return
    const place = beneficiaries.items?.indexOf(one) ?? 0
    await beneficiaries.remove(one.beneficiary_id)
    removed.value = null
    said.value = t('payees.was_removed', { name: one.alias })
    gone(place)
  })

  function askRemove(one: Beneficiary): void {
    removing.error.value = null
    removed.value = one
  }

  async function pay(one: Beneficiary): Promise<void> {
    transfers.begin({ to: one.account_no })
    await router.push({ name: 'transfer' })
  }

  watch(number, clear)

  return {
    beneficiaries,
    loading,
    number,
    finding,
    found,
    renamed,
    removed,
    removing,
    said,
    errors,
    note,
    added,
    wasRenamed,
    askRemove,
    pay,
  }
}
