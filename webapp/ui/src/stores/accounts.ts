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

  /** Newer balances that the bank told; what may be spent is the balance and the overdraft, so it changes by as much. */
  function update(told: Schemas['LiveAccount'][]): void {
    for (const { account_id, entry_count, balance_minor } of told) {
      const account = byId(account_id)
      if (!account || entry_count <= account.entry_count) continue
      account.available_minor += balance_minor - account.balance_minor
      account.balance_minor = balance_minor
      account.entry_count = entry_count
    }
  }

  function $reset(): void {
    items.value = null
  }

  return { items, debitable, load, byId, update, $reset }
})
