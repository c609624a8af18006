// The customer's accounts, as the bank last told them. Money here is only ever what the bank confirmed.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { ask, GET, type Schemas } from '@/api/client'

export type Account = Schemas['AccountEntry']

export const useAccounts = defineStore('accounts', () => {
  const items = ref<Account[] | null>(null)
  const debitable = computed(() =>
    (items.value ?? []).filter((account) => account.may_debit && account.status === 'active'),
  )

  async function load(): Promise<void> {
    items.value = (await ask(GET('/api/v1/accounts'))).items
  }

  function byId(accountId: number): Account | undefined {
    return items.value?.find((account) => account.account_id === accountId)
  }

  function $reset(): void {
    items.value = null
  }

  return { items, debitable, load, byId, $reset }
})
