// Money is whole minor units from end to end: integers up to 2⁵³ − 1, as the API bounds them, which a number holds exactly.
// Nothing here divides; what is shown is made of digits, and Intl is given decimal strings, which it takes exactly.
import { once } from './once'

/** The most that the API takes: 2⁵³ − 1. */
export const MOST_MINOR = Number.MAX_SAFE_INTEGER

const formatOf = once(
  (locale: string, currency: string, signDisplay: 'auto' | 'exceptZero') =>
    new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', signDisplay }),
)

const exponents = new Map<string, number>()

/** By a formatter that there is, for none has to be made then. */
function exponentBy(format: Intl.NumberFormat, currency: string): number {
  const known = exponents.get(currency) ?? format.resolvedOptions().maximumFractionDigits ?? 2
  exponents.set(currency, known)
  return known
}

/** How many decimals a currency has (ISO 4217): 2 for RUB, 0 for JPY. */
export function exponentOf(currency: string): number {
  return exponents.get(currency) ?? exponentBy(formatOf('en', currency, 'auto'), currency)
}

/** Minor units as a decimal number in digits: (-12345, 2) is "-123.45". */
export function decimalOf(minor: number | bigint, exponent: number): string {
  const digits = (minor < 0 ? -BigInt(minor) : BigInt(minor)).toString().padStart(exponent + 1, '0')
  const cut = digits.length - exponent
  return (minor < 0 ? '-' : '') + digits.slice(0, cut) + (exponent ? `.${digits.slice(cut)}` : '')
}

/** How an amount is shown; `sign` also puts a plus before what comes in. */
export function formatMoney(minor: number | bigint, currency: string, locale: string, sign = false): string {
  const format = formatOf(locale, currency, sign ? 'exceptZero' : 'auto')
  return format.format(decimalOf(minor, exponentBy(format, currency)) as Intl.StringNumericLiteral)
}

/** The same in pieces, so that a page can set decimals smaller. */
export function moneyParts(
  minor: number | bigint,
  currency: string,
  locale: string,
  sign = false,
): Intl.NumberFormatPart[] {
  const format = formatOf(locale, currency, sign ? 'exceptZero' : 'auto')
  return format.formatToParts(decimalOf(minor, exponentBy(format, currency)) as Intl.StringNumericLiteral)
}

/**
 * What somebody typed, in minor units: digits, in groups of three by blanks or apostrophes or not at all, and at most `exponent` decimals
 * behind a comma or a point. "1 234,5" is 123450 for two decimals. What may be a slip is no amount: in "1 5" or "0 500" or "0500" a comma
 * may be missing, and it would be many times what was meant.
 * @returns null where it is no positive amount that the API takes
 */
export function parseMoney(text: string, exponent: number): number | null {
  const found = /^(0|[1-9]\d{0,15}|[1-9]\d{0,2}(?:[\s'’]\d{3})+)(?:[.,](\d*))?$/.exec(text.trim())
  if (!found) return null
  const whole = (found[1] ?? '').replace(/\D/g, '')
  const decimals = found[2] ?? ''
  if (decimals.length > exponent) return null
  const minor = BigInt(whole + decimals.padEnd(exponent, '0'))
  return minor > 0n && minor <= BigInt(MOST_MINOR) ? Number(minor) : null
}
