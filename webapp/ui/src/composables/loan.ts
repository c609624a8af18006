// A loan in numbers: what is paid, what is left, what it costs. Sums are BigInt: a schedule of many instalments may come to more than a number holds.
import type { Schemas } from '@/api/client'
import { perMille } from '@/money/share'

export type Loan = Schemas['Loan']
export type Instalment = Schemas['Instalment']

export const instalmentMinor = (one: Pick<Instalment, 'principal_minor' | 'interest_minor'>): bigint =>
  BigInt(one.principal_minor) + BigInt(one.interest_minor)

interface LoanTotals {
  principal: bigint
  interest: bigint
  all: bigint
  paid: bigint
  left: bigint
}

export function loanTotals(schedule: readonly Instalment[]): LoanTotals {
  const sum = (of: (one: Instalment) => bigint) => schedule.reduce((total, one) => total + of(one), 0n)
  const principal = sum((one) => BigInt(one.principal_minor))
  const interest = sum((one) => BigInt(one.interest_minor))
  const paid = sum((one) => (one.is_paid ? instalmentMinor(one) : 0n))
  return { principal, interest, all: principal + interest, paid, left: principal + interest - paid }
}

/** The schedule in its two parts; the next instalment is late where it was due before today. */
export function scheduleOf<T extends Pick<Instalment, 'is_paid' | 'due_on'>>(schedule: readonly T[], today: string) {
  const unpaid = schedule.filter((one) => !one.is_paid)
  const next = unpaid[0]
  return { paid: schedule.filter((one) => one.is_paid), unpaid, next, late: !!next && next.due_on < today }
}

/** Whole percent of the principal that is paid back; 100 only when all is. */
export function paidPercent(loan: Pick<Loan, 'principal_minor' | 'left_minor'>): number {
  const left = loan.left_minor ?? 0
  return (
    Math.trunc(perMille(loan.principal_minor - left, loan.principal_minor) / 10) -
    (left > 0 && perMille(left, loan.principal_minor) === 0 ? 1 : 0)
  )
}

/** A rate such as 0.125000 as a percentage: 12.5 %. */
export function rateText(rate: string, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 4 })
  return format.format(rate as Intl.StringNumericLiteral)
}
