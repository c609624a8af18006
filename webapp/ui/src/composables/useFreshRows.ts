// How many rows of a list are new, as the bank says that there are some. A question that had no answer is asked again: what came is not
// missed until the next one comes.
import { onScopeDispose, ref, type Ref } from 'vue'
import { useFresh } from '@/composables/useFresh'
import { PERIOD } from '@/stores/live'

/**
 * @param look asks how many there are; null for more than can be told
 * @param found what is to be done when there are some
 * @returns how many are new and not shown yet; the page sets it to 0 when they are
 */
export function useFreshRows(
  accountId: () => number | null,
  look: () => Promise<number | null>,
  found: () => Promise<void>,
): Ref<number | null> {
  const fresh = ref<number | null>(0)
  let timer: ReturnType<typeof setTimeout> | undefined
  let latest = 0

  async function ask(): Promise<void> {
    clearTimeout(timer)
    const turn = ++latest
    try {
      const count = await look()
      if (turn !== latest) return
      fresh.value = count
      if (count !== 0) await found()
    } catch {
      if (turn === latest) timer = setTimeout(() => void ask(), PERIOD)
    }
  }

  useFresh(accountId, () => void ask())
  onScopeDispose(() => {
    latest++
    clearTimeout(timer)
  })
  return fresh
}
