// A list that comes page by page, the newest first: each page says with what the following one is asked for.
import { computed, ref, shallowRef } from 'vue'
import { useAsk } from '@/composables/useAsk'

export interface Page<T> {
  items: T[]
  next: { before: number } | null
}

/** @param question asks for the page before an id; undefined for the first */
export function useBefore<T>(question: (before?: number) => Promise<Page<T>>) {
  const items = shallowRef<T[] | null>(null)
  const next = ref<number | null>(null)
  let turn = 0

  function take(page: Page<T>, known: T[]): T[] {
    items.value = [...known, ...page.items]
    next.value = page.next?.before ?? null
    return page.items
  }

  const loading = useAsk(async () => {
    const mine = ++turn
    // what went wrong on the way to more of the list of before is over with it
    following.drop()
    const page = await question()
    return mine === turn ? take(page, []) : []
  })
  const following = useAsk(async () => {
    if (next.value === null) return []
    const before = items.value
    const page = await question(next.value)
    // the list was begun anew meanwhile: this page is none of it
    return items.value === before ? take(page, before ?? []) : []
  })

  return {
    items,
    hasMore: computed(() => next.value !== null),
    loading,
    following,
    error: computed(() => loading.error.value ?? following.error.value),
  }
}
