// The last search of the staff's desk, so that it is still there on the way back from a customer. Kept in memory only: names are not for
// addresses or the browser's storage.
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { ask, GET, type Schemas } from '@/api/client'

export const useCustomerSearch = defineStore('customerSearch', () => {
  const query = ref('')
  /** what was searched for; null before */
  const searched = ref<string | null>(null)
  const found = shallowRef<Schemas['CustomerEntry'][]>([])
  let latest = 0

  async function search(): Promise<void> {
    const wanted = query.value.trim()
    const turn = ++latest
    const { items } = await ask(GET('/api/v1/staff/customers', { params: { query: { query: wanted } } }))
    // overtaken by a newer search
    if (turn !== latest) return
    found.value = items
    searched.value = wanted
  }

  function $reset(): void {
    query.value = ''
    searched.value = null
    found.value = []
  }

  return { query, searched, found, search, $reset }
})
