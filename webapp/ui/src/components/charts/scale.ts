// What charts need of amounts: short labels, and the days that say something. Amounts stay minor units; only pixels are made of quotients.
import { decimalOf, exponentOf } from '@/money/minor'
import { once } from '@/money/once'

const labelOf = once(
  (locale: string, currency: string) =>
    new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      notation: 'compact',
      minimumFractionDigits: 0,
      maximumFractionDigits: 1,
    }),
)

/** A label of an axis: 12.5K. It is given the amount's own digits. */
export function shortMoney(minor: number, currency: string, locale: string): string {
  return labelOf(locale, currency).format(
    decimalOf(Math.trunc(minor), exponentOf(currency)) as Intl.StringNumericLiteral,
  )
}

/** Days on which a balance is worth a row: the first, the last, and those on which it changed; the newest first. */
export function changes<T extends { balance_minor: number }>(days: readonly T[]): T[] {
  return days
    .filter((day, n) => n === 0 || n === days.length - 1 || day.balance_minor !== days[n - 1]?.balance_minor)
    .reverse()
}
