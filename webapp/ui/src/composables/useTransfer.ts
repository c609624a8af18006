// One payment, from "Send" to what became of it, made at most once whatever happens on the way. The id was made before, so sending
// again is safe; what is never safe is to believe that something was not made because no answer came.
//
//   sending ─ answer ───────────────► done
//      │ ─── the bank's no ─────────► refused, or code (a further code is wanted, then it is sent again)
//      └ ─── no answer, or 5xx ─────► asking ─ GET: there ────────────────────────────────────────► done
//                                       │  └── GET: not there, some times ─► given up ─ made ────► asking
//                                       │                                         └── never will be ► not_made, or the bank's no of a later try;
//                                       │                                                              not_there, where only the id is known here
//                                       └───── send again ──► sending
//
// A no is the bank's last word only if every try before had an answer: one that had none may be carried out still, however late. That it
// is not there yet says nothing either. So the bank is asked to close the id: from then on it is refused (transfer_void), and only then
// "not made" is true for good. A new try is a new payment with an id of its own.
import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import { ask, GET, POST, Problem, type Schemas } from '@/api/client'

export type Order = Schemas['MakeTransferRequest'] & { narrative: string | null }
/** What a receipt shows; the answer to a payment says as much, together with what was asked for. */
export type Transfer = Omit<Schemas['Transfer'], 'counterparty' | 'debit_account_no' | 'merchant' | 'mcc'>
export type Phase = 'sending' | 'asking' | 'code' | 'done' | 'refused' | 'not_made' | 'not_there'

const PAUSES = [1_000, 2_000, 3_000, 5_000, 8_000, 10_000]
const LONGEST_WAIT = 30_000
/** How often the bank says that it is not there before it is given up: most of what is late comes in this time. */
export const LOOKS = 4

/** What the bank is asked; tests have one of their own. */
export interface Counter {
  pay: (order: Order) => Promise<Schemas['TransferMade']>
  look: (uuid: string) => Promise<Transfer>
  /** whether it was made; if not, it never will be */
  giveUp: (uuid: string) => Promise<{ made: boolean }>
}

const bank: Counter = {
  pay: (order) => ask(POST('/api/v1/transfers', { body: order })),
  look: (uuid) => ask(GET('/api/v1/transfers/{transfer_uuid}', { params: { path: { transfer_uuid: uuid } } })),
  giveUp: (uuid) =>
    ask(POST('/api/v1/transfers/{transfer_uuid}/void', { params: { path: { transfer_uuid: uuid } }, body: {} })),
}

export interface Payment {
  uuid: string
  /** what was sent; null after a reload, for nothing of it is kept */
  order: Order | null
  /** when it was sent, or opened */
  begunAt: string
  phase: Ref<Phase>
  transfer: Ref<Transfer | null>
  /** the bank's no */
  refusal: Ref<Problem | null>
  /** why the last question had no answer */
  trouble: Ref<unknown>
  /** nothing was heard of it since it was opened by its id */
  unheard: ComputedRef<boolean>
  send: () => Promise<void>
  /** ask at once: the page is shown, or the network is there again */
  resume: () => void
  stop: () => void
}

const isFinal = (error: unknown): error is Problem => error instanceof Problem && error.isFinal

function transferOf(order: Order, made: Schemas['TransferMade']): Transfer {
  return {
    transfer_id: made.transfer_id,
    transfer_uuid: order.transfer_uuid,
    debit_account_id: order.debit_account_id,
    amount_minor: order.amount_minor,
    currency_code: order.currency_code,
    kind: 'payment',
    narrative: order.narrative,
    booked_at: made.booked_at,
    credit_account_no: order.credit_account_no,
    statuses: ['posted'],
  }
}

/** @param order what send() sends; null where only its id is known, and a try of before may be under way */
export function useTransfer(uuid: string, order: Order | null, counter: Counter = bank): Payment {
  const begunAt = new Date().toISOString()
  const phase = ref<Phase>(order ? 'sending' : 'asking')
  const transfer = shallowRef<Transfer | null>(null)
  const refusal = shallowRef<Problem | null>(null)
  const trouble = shallowRef<unknown>(null)
  const heard = ref(order !== null)
  const unheard = computed(() => phase.value === 'asking' && !heard.value)
  /** a try had no answer: it may be carried out still */
  let isOpen = order === null
  let onTheWay = false
  let tries = 0
  let pauses = 0
  /** how often it was not there since it was sent last */
  let misses = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    clearTimeout(timer)
  }

  function lookLater(wait: number): void {
    stop()
    timer = setTimeout(() => void look(), wait)
  }

  function lookAgain(error: unknown = null): void {
    const asked = error instanceof Problem ? Math.min((error.retryAfter ?? 0) * 1_000, LONGEST_WAIT) : 0
    const pause = PAUSES[Math.min(pauses, PAUSES.length - 1)] ?? LONGEST_WAIT
    pauses++
    lookLater(Math.max(pause, asked))
  }

  function found(told: Transfer): void {
    stop()
    transfer.value = told
    refusal.value = trouble.value = null
    phase.value = 'done'
  }

  /** It is not there, and never will be. A further code is no use to it any more. */
  function closed(): void {
    stop()
    trouble.value = null
    if (refusal.value?.code === 'step_up_needed') refusal.value = null
    phase.value = !order ? 'not_there' : refusal.value ? 'refused' : 'not_made'
  }

  /** The bank's no to a try. */
  function refused(no: Problem): void {
    refusal.value = no.code === 'transfer_void' ? null : no
    if (no.code === 'transfer_void') closed()
    else if (isOpen || no.code === 'id_reused') {
      phase.value = 'asking'
      lookLater(0)
    } else phase.value = no.code === 'step_up_needed' ? 'code' : 'refused'
  }

  /** A question had no answer, or none that helps. */
  function notTold(error: unknown): void {
    trouble.value = error
    // Without a session nobody is told: the page is shown again, and asks again, after signing in.
    if (!(error instanceof Problem) || error.status !== 401) lookAgain(error)
  }

  async function look(): Promise<void> {
    stop()
    const turn = tries
    try {
      found(await counter.look(uuid))
    } catch (error) {
      if (turn !== tries || phase.value !== 'asking') return
      heard.value = true
      if (!isFinal(error) || error.status !== 404) notTold(error)
      else if (++misses < LOOKS) {
        trouble.value = null
        lookAgain()
      } else await giveUp()
    }
  }

  async function giveUp(): Promise<void> {
    const turn = tries
    try {
      const { made } = await counter.giveUp(uuid)
      // sent again meanwhile: the answer to that says what became of it
      if (turn !== tries || phase.value !== 'asking') return
      if (made) lookAgain()
      else closed()
    } catch (error) {
      if (turn === tries && phase.value === 'asking') notTold(error)
    }
  }

  async function send(): Promise<void> {
    if (!order || onTheWay || ['done', 'not_made'].includes(phase.value)) return
    onTheWay = true
    tries++
    misses = pauses = 0
    stop()
    phase.value = 'sending'
    refusal.value = trouble.value = null
    try {
      const made = await counter.pay(order)
      found(transferOf(order, made))
      // an earlier try made it: it may have come to more since
      if (!made.is_new) void look()
    } catch (error) {
      // meanwhile a question found it
      if (transfer.value) return
      if (isFinal(error)) refused(error)
      else {
        isOpen = true
        phase.value = 'asking'
        notTold(error)
      }
    } finally {
      onTheWay = false
    }
  }

  function resume(): void {
    if (phase.value !== 'asking') return
    pauses = 0
    lookLater(0)
  }

  return { uuid, order, begunAt, phase, transfer, refusal, trouble, unheard, send, resume, stop }
}
