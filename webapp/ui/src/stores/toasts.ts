// Short quiet news, which nobody has to answer and which can be read elsewhere, too: shown for a while, announced politely.
import { defineStore } from 'pinia'
import { ref } from 'vue'

/** How long one stays, in milliseconds. */
const STAY = 10_000

interface Toast {
  id: number
  text: string
}

export const useToasts = defineStore('toasts', () => {
  const items = ref<Toast[]>([])
  let last = 0

  function say(text: string): void {
    const id = ++last
    items.value.push({ id, text })
    setTimeout(() => dismiss(id), STAY)
  }

  function dismiss(id: number): void {
    items.value = items.value.filter((toast) => toast.id !== id)
  }

  function $reset(): void {
    items.value = []
  }

  return { items, say, dismiss, $reset }
})
