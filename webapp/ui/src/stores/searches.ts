// What lists were searched for. A text may be a name or an account's number, and addresses and the browser's history outlive whoever
// typed it: so the history has a mark only, good for nothing once this page, or the session, is gone.
import { defineStore } from 'pinia'

export const useSearches = defineStore('searches', () => {
  const texts = new Map<string, string>()

  /** What an entry of the history keeps of a text; null of none. */
  function markOf(text: string | undefined): string | null {
    if (!text) return null
    const mark = crypto.randomUUID()
    texts.set(mark, text)
    return mark
  }

  function textOf(mark: unknown): string | undefined {
    return typeof mark === 'string' ? texts.get(mark) : undefined
  }

  function $reset(): void {
    texts.clear()
  }

  return { markOf, textOf, $reset }
})
