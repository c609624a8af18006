import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, Unreachable } from '@/api/client'
import { LOOKS, useTransfer, type Order, type Transfer } from './useTransfer'

let UUID = ''
let TRANSFER: Transfer
const ORDER: Order = {
  transfer_uuid: '',
  debit_account_id: 1,
  credit_account_no: '40817810900000900021',
  amount_minor: 150000,
  currency_code: 'RUB',
  narrative: 'Rent',
}
const MADE = { transfer_id: 5, is_new: true, booked_at: '2026-11-24T04:30:09Z' }
const NOT_THERE = new Problem(404, 'not_found')
const LOST = new Unreachable('lost')
const LITTLE = new Problem(409, 'insufficient_funds')

/** Said by something on the way, not by the bank. */
const proxy = (status: number, code = 'internal') => new Problem(status, code, null, null, null, false)
const NEVER = { made: false }

/** A bank that answers as it is told, one answer after the other; the last one stays. */
function counter(pays: unknown[], looks: unknown[], ends: unknown[] = [NEVER]) {
  const next = (answers: unknown[]) => async () => {
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    if (answer instanceof Error) throw answer
    return answer as never
  }
  return { pay: vi.fn(next(pays)), look: vi.fn(next(looks)), giveUp: vi.fn(next(ends)) }
}

beforeEach(() => {
  vi.useFakeTimers()
  UUID = ORDER.transfer_uuid = crypto.randomUUID()
  TRANSFER = {
    transfer_id: 5,
    transfer_uuid: UUID,
    debit_account_id: 1,
    amount_minor: 150000,
    currency_code: 'RUB',
    kind: 'payment',
    narrative: 'Rent',
    booked_at: MADE.booked_at,
    credit_account_no: ORDER.credit_account_no,
    statuses: ['posted'],
  }
})
afterEach(() => vi.useRealTimers())
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('a payment that has an answer', () => {
  it('is done with the first answer, and asks nothing more', async () => {
    const bank = counter([MADE], [NOT_THERE])
    const payment = useTransfer(UUID, ORDER, bank)
    expect(payment.phase.value).toBe('sending')
    await payment.send()
    expect(payment.phase.value).toBe('done')
    expect(payment.transfer.value).toEqual(TRANSFER)
    await pass(60_000)
    expect(bank.look).not.toHaveBeenCalled()
  })
  it('is sent once by two clicks, and never again when it is done', async () => {
    const bank = counter([MADE], [NOT_THERE])
    const payment = useTransfer(UUID, ORDER, bank)
    await Promise.all([payment.send(), payment.send()])
    await payment.send()
    expect(bank.pay).toHaveBeenCalledTimes(1)
  })
  it('shows what an earlier try came to since', async () => {
    const reversed = { ...TRANSFER, statuses: ['posted', 'reversed'] }
    const payment = useTransfer(UUID, ORDER, counter([{ ...MADE, is_new: false }], [reversed]))
    await payment.send()
    await pass(0)
    expect(payment.transfer.value).toEqual(reversed)
  })
  it.each([
    LITTLE,
    new Problem(422, 'no_such_account'),
    new Problem(401, 'no_session'),
    new Problem(429, 'too_many_tries'),
  ])('is refused: $code', async (problem) => {
    const bank = counter([problem], [NOT_THERE])
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    expect(payment.phase.value).toBe('refused')
    expect(payment.refusal.value).toBe(problem)
    await pass(60_000)
    expect(bank.look).not.toHaveBeenCalled()
  })
  it('wants a further code, and is sent again under the same id', async () => {
    const bank = counter([new Problem(403, 'step_up_needed'), MADE], [NOT_THERE])
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    expect(payment.phase.value).toBe('code')
    await payment.send()
    expect(payment.phase.value).toBe('done')
    expect(bank.pay.mock.calls).toEqual([[ORDER], [ORDER]])
  })
})

describe('a payment whose answer was lost', () => {
  it.each([
    LOST,
    new Problem(500, 'internal'),
    new Problem(503, 'unavailable'),
    new Problem(504, 'internal'),
    proxy(403),
  ])('is not known, then found: %s', async (error) => {
    const payment = useTransfer(UUID, ORDER, counter([error], [TRANSFER]))
    await payment.send()
    expect(payment.phase.value).toBe('asking')
    await pass(1_000)
    expect(payment.phase.value).toBe('done')
  })
  it('is found late', async () => {
    const payment = useTransfer(UUID, ORDER, counter([LOST], [NOT_THERE, NOT_THERE, TRANSFER]))
    await payment.send()
    await pass(3_000)
    expect(payment.phase.value).toBe('asking')
    await pass(3_000)
    expect(payment.phase.value).toBe('done')
  })
  it.each([403, 404, 408, 451])('takes a proxy’s %i for no answer', async (status) => {
    const payment = useTransfer(UUID, ORDER, counter([proxy(status)], [proxy(status)]))
    await payment.send()
    await pass(60_000)
    expect(payment.phase.value).toBe('asking')
    expect(payment.refusal.value).toBeNull()
  })
  it('is not made only when the bank has closed its id', async () => {
    const bank = counter([LOST], [NOT_THERE], [LOST, new Problem(503, 'unavailable'), NEVER])
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await pass(6_000)
    expect(bank.look).toHaveBeenCalledTimes(LOOKS - 1)
    expect(bank.giveUp).not.toHaveBeenCalled()
    await pass(5_000)
    expect(bank.giveUp.mock.calls).toEqual([[UUID]])
    expect(payment.phase.value).toBe('asking')
    await pass(8_000)
    expect(payment.phase.value).toBe('asking')
    await pass(10_000)
    expect(payment.phase.value).toBe('not_made')
    await payment.send()
    expect(bank.pay).toHaveBeenCalledTimes(1)
  })
  it('is found where the bank made it just before its id was to be closed', async () => {
    const looks = [...Array<Problem>(LOOKS).fill(NOT_THERE), TRANSFER]
    const payment = useTransfer(UUID, ORDER, counter([LOST], looks, [{ made: true }]))
    await payment.send()
    await pass(20_000)
    expect(payment.phase.value).toBe('done')
  })
  it('is not made where its id was closed elsewhere, whatever was lost before', async () => {
    const payment = useTransfer(UUID, ORDER, counter([LOST, new Problem(409, 'transfer_void')], [LOST]))
    await payment.send()
    await payment.send()
    expect(payment.phase.value).toBe('not_made')
    expect(payment.refusal.value).toBeNull()
  })
  it('is decided by the answer to what was sent while its id was being closed', async () => {
    let answer: (told: { made: boolean }) => void = () => undefined
    const bank = {
      ...counter([LOST, new Problem(409, 'transfer_void')], [NOT_THERE]),
      giveUp: vi.fn(() => new Promise<{ made: boolean }>((resolve) => (answer = resolve))),
    }
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await pass(11_000)
    expect(bank.giveUp).toHaveBeenCalled()
    const again = payment.send()
    answer(NEVER)
    await pass(0)
    await again
    expect(payment.phase.value).toBe('not_made')
  })
  it('takes no further code once its id is closed', async () => {
    const payment = useTransfer(UUID, ORDER, counter([LOST, new Problem(403, 'step_up_needed')], [NOT_THERE]))
    await payment.send()
    await payment.send()
    expect(payment.phase.value).toBe('asking')
    await pass(20_000)
    expect(payment.phase.value).toBe('not_made')
  })
  it('stays unknown as long as the bank does not answer', async () => {
    const bank = counter([LOST], [LOST, LOST, LOST, LOST, LOST, LOST, LOST, LOST, LOST, TRANSFER])
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await pass(60_000)
    expect(payment.phase.value).toBe('asking')
    expect(payment.trouble.value).toBe(LOST)
    payment.resume()
    await pass(20_000)
    expect(payment.phase.value).toBe('done')
    expect(payment.trouble.value).toBeNull()
  })
  it('comes when the bank says', async () => {
    const bank = counter([new Problem(503, 'unavailable', null, 7)], [TRANSFER])
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await pass(6_900)
    expect(bank.look).not.toHaveBeenCalled()
    await pass(200)
    expect(payment.phase.value).toBe('done')
  })
  it('is asked for at once when the network is back', async () => {
    const bank = counter([LOST], [LOST, LOST, LOST, LOST, TRANSFER])
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await pass(12_000)
    expect(bank.look).toHaveBeenCalledTimes(4)
    payment.resume()
    await pass(0)
    expect(payment.phase.value).toBe('done')
  })
  it('can be sent again: same id, same content', async () => {
    const bank = counter([LOST, { ...MADE, is_new: false }], [NOT_THERE, TRANSFER])
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await pass(1_500)
    await payment.send()
    expect(payment.phase.value).toBe('done')
    expect(bank.pay.mock.calls).toEqual([[ORDER], [ORDER]])
  })
  it('does not believe a no to the second try before the first cannot be carried out', async () => {
    const bank = counter([LOST, LITTLE], [NOT_THERE])
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await payment.send()
    await pass(0)
    expect(payment.phase.value).toBe('asking')
    await pass(10_000)
    expect(bank.giveUp).toHaveBeenCalledTimes(1)
    expect(payment.phase.value).toBe('refused')
    expect(payment.refusal.value).toBe(LITTLE)
  })
  it('is done although the second try was refused, if the first was carried out', async () => {
    const payment = useTransfer(UUID, ORDER, counter([LOST, LITTLE], [NOT_THERE, NOT_THERE, TRANSFER]))
    await payment.send()
    await pass(1_100)
    await payment.send()
    await pass(5_000)
    expect(payment.phase.value).toBe('done')
    expect(payment.refusal.value).toBeNull()
  })
  it('lets a question of before a new try decide nothing', async () => {
    let answer: (error: Error) => void = () => undefined
    const bank = {
      pay: vi.fn().mockRejectedValueOnce(LOST).mockRejectedValueOnce(LOST),
      look: vi.fn(() => new Promise<Transfer>((_, reject) => (answer = reject))),
      giveUp: vi.fn(async () => NEVER),
    }
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await pass(1_000)
    const stale = answer
    await payment.send()
    stale(NOT_THERE)
    await pass(0)
    expect(payment.phase.value).toBe('asking')
  })
  it('stays done when a try that was still on the way is lost', async () => {
    let fail: (error: Error) => void = () => undefined
    const bank = {
      pay: vi
        .fn()
        .mockRejectedValueOnce(LOST)
        .mockReturnValueOnce(new Promise((_, reject) => (fail = reject))),
      look: vi.fn(async () => TRANSFER),
      giveUp: vi.fn(),
    }
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await pass(999)
    payment.resume()
    const again = payment.send()
    await pass(0)
    fail(LOST)
    await again
    await pass(1_000)
    expect(payment.phase.value).toBe('done')
  })
  it('looks when its id is said to be used', async () => {
    const payment = useTransfer(UUID, ORDER, counter([new Problem(422, 'id_reused')], [TRANSFER]))
    await payment.send()
    await pass(0)
    expect(payment.phase.value).toBe('done')
  })
  it('waits for somebody to sign in again', async () => {
    const bank = counter([LOST], [new Problem(401, 'no_session'), TRANSFER])
    const payment = useTransfer(UUID, ORDER, bank)
    await payment.send()
    await pass(60_000)
    expect(bank.look).toHaveBeenCalledTimes(1)
    payment.resume()
    await pass(0)
    expect(payment.phase.value).toBe('done')
  })
})

describe('a payment after a reload', () => {
  it('is found', async () => {
    const payment = useTransfer(UUID, null, counter([], [TRANSFER]))
    payment.resume()
    await pass(0)
    expect(payment.phase.value).toBe('done')
  })
  it('may be under way still, and is not there once its id is closed; it cannot be sent from here', async () => {
    const bank = counter([], [NOT_THERE])
    const payment = useTransfer(UUID, null, bank)
    expect(payment.unheard.value).toBe(true)
    payment.resume()
    await pass(5_900)
    expect(payment.phase.value).toBe('asking')
    expect(payment.unheard.value).toBe(false)
    await pass(200)
    expect(bank.giveUp).toHaveBeenCalledTimes(1)
    expect(payment.phase.value).toBe('not_there')
    await payment.send()
    expect(bank.pay).not.toHaveBeenCalled()
  })
})
