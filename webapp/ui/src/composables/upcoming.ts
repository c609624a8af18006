// What is paid by itself next: standing orders on their days, instalments of loans on theirs.
import type { Schemas } from '@/api/client'
import { instalmentMinor } from '@/composables/loan'
import { nextRun } from '@/composables/standingDays'

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
