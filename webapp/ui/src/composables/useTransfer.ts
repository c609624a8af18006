// One payment, from "Send" to what became of it, made at most once whatever happens on the way. The id was made before, so sending
// again is safe; what is never safe is to believe that something was not made because no answer came.
//
//   sending ─ answer ───────────────► done
//      │ ─── the bank's no ─────────► refused, or code (a further code is wanted, then it is sent again)
//      └ ─── no answer, or 5xx ─────► asking ─ GET: there ──────────────────────────────► done
//                                       │  └── GET: not there, and nothing under way ───► not_made, or the bank's no of a later try
//                                       └───── send again ──► sending
//
// A no is the bank's last word only if every try before had an answer: one that had none may be carried out still.
import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import { ask, GET, POST, Problem, type Schemas } from '@/api/client'

export type Order = Schemas['MakeTransferRequest'] & { narrative: string | null }
/** What a receipt shows; the answer to a payment says as much, together with what was asked for. */
export type Transfer = Omit<Schemas['Transfer'], 'counterparty' | 'debit_account_no' | 'merchant' | 'mcc'>
export type Phase = 'sending' | 'asking' | 'code' | 'done' | 'refused' | 'not_made'

/** So long after a try ended without an answer it may still be carried out: the web server gives the bank 15 s, the bank its database 5. */
export const UNDER_WAY = 25_000
const PAUSES = [1_000, 2_000, 3_000, 5_000, 8_000, 10_000]
const LONGEST_WAIT = 30_000

/**
 * Until when a try may still be carried out, by id: forever while it is on the way, 0 where each had an answer. It outlives what is
 * forgotten at sign-out, and says nothing of anybody.
 */
const underWay = new Map<string, number>()

/** What the bank is asked; tests have one of their own. */
export interface Counter {
  pay: (order: Order) => Promise<Schemas['TransferMade']>
  look: (uuid: string) => Promise<Transfer>
}

const bank: Counter = {
  pay: (order) => ask(POST('/api/v1/transfers', { body: order })),
  look: (uuid) => ask(GET('/api/v1/transfers/{transfer_uuid}', { params: { path: { transfer_uuid: uuid } } })),
}

export interface Payment {
  uuid: string
  /** what was sent; null after a reload, for nothing of it is kept */
  order: Order | null
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

/** Whether the bank answered and did nothing. After a 5xx nobody knows. */
function isNo(error: unknown): error is Problem {
  return error instanceof Problem && error.status < 500
}

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
  const phase = ref<Phase>(order ? 'sending' : 'asking')
  const transfer = shallowRef<Transfer | null>(null)
  const refusal = shallowRef<Problem | null>(null)
  const trouble = shallowRef<unknown>(null)
  const heard = ref(order !== null)
  const unheard = computed(() => phase.value === 'asking' && !heard.value)
  if (!underWay.has(uuid)) underWay.set(uuid, order ? 0 : performance.now() + UNDER_WAY)
  const underWayUntil = () => underWay.get(uuid) ?? 0
  let onTheWay = false
  let tries = 0
  let pauses = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    clearTimeout(timer)
  }

  function lookLater(wait: number): void {
    stop()
    timer = setTimeout(() => void look(), wait)
  }

  function lookAgain(error: unknown): void {
    const asked = error instanceof Problem ? Math.min((error.retryAfter ?? 0) * 1_000, LONGEST_WAIT) : 0
    const pause = PAUSES[Math.min(pauses, PAUSES.length - 1)] ?? LONGEST_WAIT
    pauses++
    lookLater(Math.max(pause, asked))
  }

  /** It is not there, and nothing is under way. */
  function settle(): void {
    stop()
    phase.value = !refusal.value ? 'not_made' : refusal.value.code === 'step_up_needed' ? 'code' : 'refused'
  }

  function found(told: Transfer): void {
    stop()
    transfer.value = told
    refusal.value = trouble.value = null
    phase.value = 'done'
  }

  async function look(): Promise<void> {
    stop()
    const [turn, begun] = [tries, performance.now()]
    try {
      found(await counter.look(uuid))
    } catch (error) {
      if (turn !== tries || phase.value !== 'asking') return
      heard.value = true
      const status = error instanceof Problem ? error.status : null
      trouble.value = status === 404 ? null : error
      // Without a session nobody is told: the page is shown again, and asks again, after signing in.
      if (status === 401) return
      if (status === 404 && begun >= underWayUntil()) settle()
      else lookAgain(error)
    }
  }

  async function send(): Promise<void> {
    if (!order || onTheWay || phase.value === 'done') return
    const before = underWayUntil()
    onTheWay = true
    underWay.set(uuid, Infinity)
    tries++
    stop()
    phase.value = 'sending'
    refusal.value = trouble.value = null
    try {
      const made = await counter.pay(order)
      found(transferOf(order, made))
      // an earlier try made it: it may have come to more since
      if (!made.is_new) void look()
    } catch (error) {
      underWay.set(uuid, isNo(error) ? before : performance.now() + UNDER_WAY)
      // meanwhile a question found it
      if (transfer.value) return
      pauses = 0
      if (isNo(error)) refusal.value = error
      else trouble.value = error
      if (isNo(error) && before === 0 && error.code !== 'id_reused') settle()
      else {
        phase.value = 'asking'
        if (isNo(error)) lookLater(0)
        else lookAgain(error)
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

  return { uuid, order, phase, transfer, refusal, trouble, unheard, send, resume, stop }
}
