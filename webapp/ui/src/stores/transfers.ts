// The payment that is being written, and those that were sent since the page was opened. All of it is in memory only: an address, a
// reload or another customer finds nothing of it, and at sign-out it is forgotten.
import { defineStore } from 'pinia'
import { ref, shallowReactive, shallowRef } from 'vue'
import { ask, POST, type Schemas } from '@/api/client'
import { useTransfer, type Order, type Payment } from '@/composables/useTransfer'

export interface Draft {
  from: number | null
  to: string
  amount: number | null
  narrative: string
}

/** What the bank said the payment would come to; the order has its id from here on. */
export interface Checked {
  order: Order
  check: Schemas['TransferCheck']
}

const EMPTY: Draft = { from: null, to: '', amount: null, narrative: '' }

/** The form of an order, to be written anew. */
export function draftOf(order: Order): Draft {
  return {
    from: order.debit_account_id,
    to: order.credit_account_no,
    amount: order.amount_minor,
    narrative: order.narrative ?? '',
  }
}

export const useTransfers = defineStore('transfers', () => {
  const draft = ref<Draft>({ ...EMPTY })
  const checked = shallowRef<Checked | null>(null)
  const payments = shallowReactive(new Map<string, Payment>())
  let lastTaken: Checked | null = null
  /** names that the bank told, by account number: for the receipt */
  const names = shallowReactive(new Map<string, string>())

  /** A new one, with these fields filled. */
  function begin(fields: Partial<Draft> = {}): void {
    draft.value = { ...EMPTY, ...fields }
    checked.value = null
  }

  /** Whether somebody has written anything; the account to pay from is filled in by itself. */
  function isBegun(): boolean {
    const { to, amount, narrative } = draft.value
    return to !== '' || amount !== null || narrative !== ''
  }

  /** Ask the bank what it would come to. False: another one was begun meanwhile. @throws Problem, Unreachable */
  async function check(fields: { from: number; to: string; amount: number; currency: string }): Promise<boolean> {
    const written = draft.value
    const body = {
      debit_account_id: fields.from,
      credit_account_no: fields.to,
      amount_minor: fields.amount,
      currency_code: fields.currency,
    }
    const narrative = written.narrative.trim() || null
    const told = await ask(POST('/api/v1/transfers/check', { body }))
    if (draft.value !== written) return false
    if (told.payee) names.set(fields.to, told.payee)
    checked.value = { order: { ...body, transfer_uuid: crypto.randomUUID(), narrative }, check: told }
    return true
  }

  /** At "Send": what was checked becomes a payment, once; whoever comes second gets null. */
  function take(): Payment | null {
    if (!checked.value) return null
    const { order } = checked.value
    lastTaken = checked.value
    const payment = useTransfer(order.transfer_uuid, order)
    payments.set(payment.uuid, payment)
    begin()
    return payment
  }

  /** A payment that was taken and not sent. */
  function putBack(payment: Payment): void {
    payments.delete(payment.uuid)
    checked.value = lastTaken
    if (lastTaken) draft.value = draftOf(lastTaken.order)
  }

  /** The payment of an id: the one that was sent here, else one that asks what became of it. */
  function byId(uuid: string): Payment {
    const known = payments.get(uuid)
    if (known) return known
    const payment = useTransfer(uuid, null)
    payments.set(uuid, payment)
    return payment
  }

  /** Those sent here, not told to be refused or not made, the newest first. */
  function sent(): Payment[] {
    const all = [...payments.values()].reverse()
    return all.filter((one) => one.order && !['refused', 'not_made'].includes(one.phase.value))
  }

  /** One that pays the same to the same: perhaps meant to be the same. */
  function twinOf(order: Order): Payment | undefined {
    return sent().find(
      (one) =>
        one.order?.credit_account_no === order.credit_account_no && one.order.amount_minor === order.amount_minor,
    )
  }

  function $reset(): void {
    for (const payment of payments.values()) payment.stop()
    payments.clear()
    names.clear()
    lastTaken = null
    begin()
  }
  window.addEventListener('online', () => {
    for (const payment of payments.values()) payment.resume()
  })
  return { draft, checked, payments, names, begin, isBegun, check, take, putBack, byId, sent, twinOf, $reset }
})
