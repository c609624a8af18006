// Many questions of one kind, two of which are under way at a time: a session may have eight in all, and a page asks for more than one thing.

/** How many are under way at a time. */
const AT_ONCE = 2

/** The answers in the order of what they are of. After the first that fails no more are asked. */
export async function inTurns<T, R>(given: readonly T[], question: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = []
  const waiting = [...given.entries()]
  async function asker(): Promise<void> {
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) answers[next[0]] = await question(next[1])
    } finally {
      waiting.length = 0
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, asker))
  return answers
}
