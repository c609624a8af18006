// Making a formatter of Intl takes as long as drawing a row: each is made once for all components.

/** What `make` gives for a key, made at the first time that it is wanted. */
export function once<K extends string[], T>(make: (...key: K) => T): (...key: K) => T {
  const made = new Map<string, T>()
  return (...key) => {
    const name = key.join(' ')
    const known = made.get(name) ?? make(...key)
    made.set(name, known)
    return known
  }
}
