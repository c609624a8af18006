// Whether the browser has a network and the bank answers.
import { computed, ref } from 'vue'
import { useLive } from '@/stores/live'

const network = ref(navigator.onLine)
window.addEventListener('online', () => (network.value = true))
window.addEventListener('offline', () => (network.value = false))

export function useOnline() {
  const live = useLive()
  return computed(() => network.value && live.reachable)
}
