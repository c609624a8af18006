// What is paid by itself next: standing orders on their days, instalments of loans on theirs.
import type { Schemas } from '@/api/client'
import { instalmentMinor } from '@/composables/loan'

type Order = Pick<Schemas['StandingOrder'], 'status' | 'day_of_month' | 'starts_on' | 'ends_on'>

/** The day of a month, or its last where the month is shorter. */
function dayIn(year: number, month: number, day: number): string {
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return new Date(Date.UTC(year, month, Math.min(day, last))).toISOString().slice(0, 10)
}

/** When an order is next carried out, a day that begins today; null for one that is paused or over. */
export function nextRun(order: Order, today: string): string | null {
  if (order.status !== 'active') return null
  const from = order.starts_on > today ? order.starts_on : today
  const [year = 1970, month = 1] = from.split('-').map(Number)
  const next = [0, 1].map((more) => dayIn(year, month - 1 + more, order.day_of_month)).find((day) => day >= from)
  return next && (!order.ends_on || next <= order.ends_on) ? next : null
}

export interface Upcoming {
  key: string
  day: string
  kind: 'order' | 'instalment'
  to: string
  /** narrative of an order, product of a loan */
  name: string | null
  /** null where the amount is not known yet */
  minor: bigint | null
  currency: string
  /** was to be paid before today */
  late: boolean
}

/** The next few of all, the soonest first. */
export function upcoming(
  orders: readonly Schemas['StandingOrder'][],
  loans: readonly Schemas['Loan'][],
  instalments: Readonly<Record<number, Schemas['Instalment'] | undefined>>,
  today: string,
  count: number,
): Upcoming[] {
  const all: Upcoming[] = []
  for (const order of orders) {
    const day = nextRun(order, today)
    if (!day) continue
    all.push({
      key: `order ${order.standing_order_id}`,
      day,
      kind: 'order',
      to: '/standing-orders',
      name: order.narrative,
      minor: BigInt(order.amount_minor),
      currency: order.currency_code,
      late: false,
    })
  }
  for (const loan of loans) {
    if (!loan.next_due_on) continue
    const due = instalments[loan.loan_id]
    all.push({
      key: `loan ${loan.loan_id}`,
      day: loan.next_due_on,
      kind: 'instalment',
      to: `/loans/${loan.loan_id}`,
      name: loan.product,
      minor: due ? instalmentMinor(due) : null,
      currency: loan.currency_code,
      late: loan.next_due_on < today,
    })
  }
  return all.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0)).slice(0, count)
}
