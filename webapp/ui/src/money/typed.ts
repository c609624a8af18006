// Amounts as people type them, and as a field shows them again. What a field shows can be typed back: the two agree in both languages.
import { decimalOf, exponentOf, parseMoney } from './minor'

/**
 * English groups by commas, where Russian has its decimals: only whole groups of three are taken for groups, and no number begins with a
 * group of 0. "0,500" is somebody's half, not five hundred.
 */
const ENGLISH_GROUPS = /^\s*[1-9]\d{0,2}(,\d{3})+(\.\d*)?\s*$/

/** What somebody typed, in minor units; null where it is no amount. */
export function typedMoney(text: string, currency: string, locale: string): number | null {
  const exponent = exponentOf(currency)
  const grouped = locale === 'en' && ENGLISH_GROUPS.test(text)
  // With three decimals "1,500" is either, a thousand times apart: then it must be told which.
  if (grouped && exponent >= 3 && !text.includes('.')) return null
  return parseMoney(grouped ? text.replaceAll(',', '') : text, exponent)
}

/** The same amount as a field shows it, without a sign of the currency: "1 500,00", "1,500.00". */
export function writtenMoney(minor: number, currency: string, locale: string): string {
  const exponent = exponentOf(currency)
  const format = new Intl.NumberFormat(locale, { minimumFractionDigits: exponent, maximumFractionDigits: exponent })
  return format.format(decimalOf(minor, exponent) as Intl.StringNumericLiteral)
}

/** The sign of a currency, as it stands beside a field: "₽". */
export function signOf(currency: string, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
  return format.formatToParts(0).find((part) => part.type === 'currency')?.value ?? currency
}
