// Account numbers while they are typed: twenty digits in groups of 5, 3, 1, 4 and 7, however they were pasted.

export const ACCOUNT_DIGITS = 20
const GROUPS = [5, 8, 9, 13]

/** The digits of what was typed or pasted; null where it is no number but, say, a name. */
export function digitsOf(text: string): string | null {
  const digits = text.replace(/\D/g, '')
  const isNumber = /^[\d\s.\-–—]*$/.test(text) || digits.length === ACCOUNT_DIGITS
  return isNumber ? digits.slice(0, ACCOUNT_DIGITS) : null
}

/** As many digits as there are, in groups: 40817810 is "40817 810". */
export function groupDigits(digits: string): string {
  return [...digits].map((digit, n) => (GROUPS.includes(n) ? ` ${digit}` : digit)).join('')
}

/** Where the caret stands behind so many digits of a grouped number. */
export function caretBehind(grouped: string, digits: number): number {
  let at = 0
  for (let left = digits; left > 0 && at < grouped.length; at++) if (grouped[at] !== ' ') left--
  return at
}

/** The end of a number, by which people tell accounts from each other. */
export function tailOf(accountNo: string): string {
  return `·· ${accountNo.slice(-4)}`
}
