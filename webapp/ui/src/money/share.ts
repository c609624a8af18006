// One amount as a part of another. It is said of money, and makes none: sums are never made of shares.

import { once } from './once'

const percentOf = once(
  (locale: string) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }),
)

/** A share in tenths of a percent, rounded half up; 0 of nothing. */
export function perMille(part: number | bigint, whole: number | bigint): number {
  if (whole <= 0) return 0
  return Number((BigInt(part) * 2000n + BigInt(whole)) / (BigInt(whole) * 2n))
}

/** A share as text: 12.5 %. */
export function shareText(part: number | bigint, whole: number | bigint, locale: string): string {
  return percentOf(locale).format(perMille(part, whole) / 1000)
}
