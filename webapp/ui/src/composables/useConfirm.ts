// The last look at a payment, and "Send": a further code first where one is wanted; then the address becomes the payment's own, and only
// then it is sent. So a reload or a way back finds a page that tells what became of it, and none that would send it again.
import { computed, ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useAsk } from '@/composables/useAsk'
import { useFieldErrors } from '@/composables/useFieldErrors'
import { useStepUp } from '@/stores/stepUp'
import { useTransfers } from '@/stores/transfers'

export function useConfirm(form: Ref<HTMLElement | null>) {
  const { t } = useI18n()
  const router = useRouter()
  const transfers = useTransfers()
  const stepUp = useStepUp()
  const fields = useFieldErrors<'code'>(form, { bad_code: 'code', code: 'code' })
  const code = ref('')
  const given = ref(false)
  // Kept while the page turns: what is sent is taken out of the store.
  const checked = transfers.checked
  const needsCode = computed(() => checked?.check.step_up_needed === true && !given.value)
  const twin = checked ? transfers.twinOf(checked.order) : undefined
  // With the next page there before anything is sent, nothing can go wrong on the way to it.
  const nextPage = import('@/views/TransferOutcomeView.vue').catch(() => null)

  const sending = useAsk(async () => {
    fields.clear()
    if (needsCode.value && !code.value.trim()) fields.set('code', t('problem.missing_field'))
    if (!fields.fine()) return
    try {
      if (needsCode.value) {
        await stepUp.give(code.value.trim())
        given.value = true
      }
      await nextPage
      await leave()
    } catch (error) {
      fields.take(error)
    }
  })

  /** Where the page does not turn nothing is sent, and it can be confirmed again. */
  async function leave(): Promise<void> {
    const payment = transfers.take()
    if (!payment) return
    const there = { name: 'transfer_outcome', params: { uuid: payment.uuid } }
    try {
      await router.replace(there)
    } finally {
      const turned = router.currentRoute.value.name === there.name
      if (turned) void payment.send()
      else transfers.putBack(payment)
    }
  }

  function send(): void {
    if (!sending.busy.value) void sending.run()
  }

  return { checked, needsCode, code, twin, sending, send, errors: fields.errors, note: fields.note }
}
