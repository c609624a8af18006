// One question to the bank at a time: whether it is under way, its answer, or what went wrong. Answers that were overtaken by a
// newer question are dropped.
import { ref, shallowRef, type Ref } from 'vue'

export interface Asked<A extends unknown[], T> {
  data: Ref<T | null>
  /** what `data` answers: a newer question may be under way, or have gone wrong */
  asked: Ref<A | null>
  error: Ref<unknown>
  busy: Ref<boolean>
  run: (...given: A) => Promise<T | null>
  /** Nobody waits for what is under way any more, and what went wrong is over. */
  drop: () => void
}

/** The answer to this very question; null where there is another's, which nothing of the new one may be written over. */
export function answerTo<A extends unknown[], T>(
  { data, asked }: Pick<Asked<A, T>, 'data' | 'asked'>,
  given: A,
): T | null {
  return JSON.stringify(asked.value) === JSON.stringify(given) ? data.value : null
}

/** @param question what asks; its errors are kept in `error`, run() is null then */
export function useAsk<A extends unknown[], T>(question: (...given: A) => Promise<T>): Asked<A, T> {
  const data = shallowRef<T | null>(null)
  const asked = shallowRef(null) as Ref<A | null>
  const error = shallowRef<unknown>(null)
  const busy = ref(false)
  let latest = 0

  async function run(...given: A): Promise<T | null> {
    const turn = ++latest
    busy.value = true
    error.value = null
    try {
      const answer = await question(...given)
      if (turn !== latest) return null
      data.value = answer
      asked.value = given
      return answer
    } catch (caught) {
      if (turn === latest) error.value = caught
      return null
    } finally {
      if (turn === latest) busy.value = false
    }
  }

  function drop(): void {
    latest++
    busy.value = false
    error.value = null
  }

  return { data, asked, error, busy, run, drop }
}
