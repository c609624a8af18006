// How hard a password is to guess, roughly: the bank itself refuses only what is too short or too common, so this is a hint.

type Strength = 'short' | 'weak' | 'fair' | 'good'

/** What the bank takes at least. */
const LEAST = 8
/** What it takes at most. */
export const MOST = 128

/** How many different characters a password may be made of, by the kinds that are in it. */
function alphabetOf(password: string): number {
  const kinds: [RegExp, number][] = [
    [/[0-9]/, 10],
    [/\p{Ll}/u, 26],
    [/\p{Lu}/u, 26],
    [/[^0-9\p{L}]/u, 32],
  ]
  return kinds.reduce((sum, [kind, size]) => sum + (kind.test(password) ? size : 0), 0)
}

/** Characters that say something new: none like the one before it, or next to it (aaaa, 1234, dcba). */
function tellingOf(password: string): number {
  const codes = [...password].map((c) => c.toLowerCase().codePointAt(0) ?? 0)
  return codes.filter((code, n) => n === 0 || Math.abs(code - (codes[n - 1] ?? 0)) > 1).length
}

/** @param avoid words that anybody knows, as the user's name */
export function strengthOf(password: string, avoid: string[] = []): Strength {
  if ([...password].length < LEAST) return 'short'
  const small = password.toLowerCase()
  const rest = avoid
    .filter((word) => word.length >= 3)
    .reduce((text, word) => text.replaceAll(word.toLowerCase(), ''), small)
  const bits = Math.min(tellingOf(password), [...rest].length) * Math.log2(alphabetOf(password) || 1)
  return bits < 40 ? 'weak' : bits < 60 ? 'fair' : 'good'
}
