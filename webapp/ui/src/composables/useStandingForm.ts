// A standing order that is made or changed. A new one has an id from the moment its form opens: sent again after a lost answer it is the
// same, so it is made once. Until that is known its fields stay as they were sent, also where the form was closed and opened again.
import { computed, reactive, ref, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { Problem } from '@/api/client'
import { ACCOUNT_DIGITS } from '@/composables/accountNo'
import { today } from '@/composables/bankClock'
import { cleanText } from '@/composables/cleanText'
import { useAsk } from '@/composables/useAsk'
import { useFieldErrors } from '@/composables/useFieldErrors'
import { PLACES } from '@/composables/useTransferForm'
import { useAccounts } from '@/stores/accounts'
import { StepUpRefused } from '@/stores/stepUp'
import { useStandingOrders, type StandingOrder } from '@/stores/standingOrders'

export type StandingField = 'from' | 'to' | 'amount' | 'day' | 'starts' | 'ends' | 'narrative'

export interface StandingFields {
  from: number | null
  to: string
  amount: number | null
  day: number
  starts: string
  ends: string
  narrative: string
}

/** What is to be sent of a change: only what is another. An end, or a purpose, can be changed but not taken away. */
export function changesOf(order: StandingOrder, fields: StandingFields) {
  return {
    ...(fields.amount !== order.amount_minor && { amount_minor: fields.amount }),
    ...(fields.day !== order.day_of_month && { day_of_month: fields.day }),
    ...(fields.ends && fields.ends !== order.ends_on && { ends_on: fields.ends }),
    ...(fields.narrative && fields.narrative !== order.narrative && { narrative: fields.narrative }),
  }
}

/** What the bank has confirmed. */
export type Saved = 'made' | 'changed'

/**
 * @param changed the order that is changed; null for a new one
 * @param done what is to be done once the bank has confirmed it; by then another order may be in the form
 * @param close what is to be done where nothing was changed, so that there is nothing to confirm
 */
export function useStandingForm(
  form: Ref<HTMLElement | null>,
  changed: Ref<StandingOrder | null>,
  done: (what: Saved, isShown: boolean) => void,
  close: () => void,
) {
  const { t } = useI18n()
  const accounts = useAccounts()
  const orders = useStandingOrders()
  const { errors, note, clear, set, fine, take } = useFieldErrors<StandingField>(form, {
    ...PLACES,
    day_of_month: 'day',
    starts_on: 'starts',
    ends_on: 'ends',
  })
  const fields = reactive<StandingFields>(emptyFields())
  const requestId = ref('')
  /** sent, and no answer came: it may have been made */
  const unknown = ref(false)
  const from = computed(() => accounts.byId(fields.from ?? 0))
  const currency = computed(() => changed.value?.currency_code ?? from.value?.currency_code ?? 'RUB')

  function emptyFields(): StandingFields {
    const starts = today()
    return { from: null, to: '', amount: null, day: Number(starts.slice(8)), starts, ends: '', narrative: '' }
  }

  function validateDays(): void {
    const order = changed.value
    if (!Number.isInteger(fields.day) || fields.day < 1 || fields.day > 31) set('day', t('standing.error.day'))
    if (!order && (!fields.starts || fields.starts < today())) set('starts', t('standing.error.starts'))
    if (fields.ends && fields.ends < fields.starts) set('ends', t('standing.error.ends'))
    if (order?.ends_on && !fields.ends) set('ends', t('standing.error.ends_stays'))
  }

  function validate(): void {
    if (!changed.value && fields.to.length !== ACCOUNT_DIGITS) set('to', t('transfer.error.to'))
    else if (!changed.value && fields.to === from.value?.account_no) set('to', t('problem.same_account'))
    if (fields.amount === null) set('amount', t('transfer.error.amount'))
    validateDays()
    if (changed.value?.narrative && !fields.narrative) set('narrative', t('standing.error.narrative_stays'))
  }

  function send(order: StandingOrder | null): Promise<void> {
    if (order) return orders.change(order.standing_order_id, changesOf(order, fields))
    return orders.make({
      request_id: requestId.value,
      debit_account_id: fields.from ?? 0,
      credit_account_no: fields.to,
      amount_minor: fields.amount ?? 0,
      currency_code: currency.value,
      day_of_month: fields.day,
      starts_on: fields.starts,
      ends_on: fields.ends || null,
      narrative: fields.narrative || null,
    })
  }

  let turn = 0
  /** What is being sent; by the time of its answer the form may have been closed, or be another order's. */
  const sending = () => ({
    order: changed.value,
    turn,
    wasUnknown: unknown.value,
    requestId: requestId.value,
    fields: { ...fields },
  })
  type Sent = ReturnType<typeof sending>
  const isShown = (sent: Sent) =>
    sent.order ? sent.turn === turn : !changed.value && requestId.value === sent.requestId

  function settled(sent: Sent): void {
    if (!sent.order && orders.unsettled?.requestId === sent.requestId) orders.unsettled = null
    if (isShown(sent)) unknown.value = false
  }

  function failed(sent: Sent, error: unknown): void {
    const isKnown = error instanceof StepUpRefused || (error instanceof Problem && error.isFinal)
    // a no to this try tells nothing of one before
    if (isKnown && !sent.wasUnknown) settled(sent)
    else if (isShown(sent)) {
      unknown.value = true
      if (!sent.order) orders.unsettled = sent
    }
    if (isShown(sent)) take(error)
  }

  const saving = useAsk(async () => {
    clear()
    fields.narrative = cleanText(fields.narrative)
    validate()
    if (!fine()) return
    if (changed.value && !Object.keys(changesOf(changed.value, fields)).length) return close()
    const sent = sending()
    if (!sent.order) orders.unsettled = sent
    try {
      await send(sent.order)
    } catch (error) {
      failed(sent, error)
      return
    }
    settled(sent)
    await orders.load().catch(() => undefined)
    done(sent.order ? 'changed' : 'made', isShown(sent))
  })

  function begin(given: Partial<StandingFields> = {}): void {
    turn++
    saving.drop()
    Object.assign(fields, emptyFields(), given)
    requestId.value = crypto.randomUUID()
    unknown.value = false
    clear()
  }

  /** A new order; before any other the one of which nobody knows. */
  function openNew(given: Partial<StandingFields> = {}): void {
    const left = orders.unsettled
    begin(left?.fields ?? given)
    if (!left) return
    requestId.value = left.requestId
    unknown.value = true
  }

  /** Another one instead of that: it is left as it is. */
  function anew(given: Partial<StandingFields> = {}): void {
    orders.unsettled = null
    begin(given)
  }

  watch(
    changed,
    (order) => {
      if (!order) return
      begin({
        from: order.debit_account_id,
        to: order.credit_account_no,
        amount: order.amount_minor,
        day: order.day_of_month,
        starts: order.starts_on,
        ends: order.ends_on ?? '',
        narrative: order.narrative ?? '',
      })
    },
    { immediate: true },
  )

  /** While it is being sent nobody knows. */
  const isOpen = computed(() => unknown.value || saving.busy.value)

  return { fields, from, currency, errors, note, unknown, isOpen, saving, openNew, anew }
}
