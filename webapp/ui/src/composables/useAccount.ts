// The account that a page is of: as the list of accounts has it, whose balance is kept up to date; and whole, with its limits.
import { computed, watch, type Ref } from 'vue'
import { useRoute } from 'vue-router'
import { ask, GET, type Schemas } from '@/api/client'
import { useAsk } from '@/composables/useAsk'
import { useAccounts } from '@/stores/accounts'

/** @param needsWhole without it the bank is asked only where the list of accounts is not known yet */
export function useAccount(needsWhole = true): {
  id: Ref<number>
  account: Ref<Schemas['AccountEntry'] | null>
  whole: Ref<Schemas['Account'] | null>
  error: Ref<unknown>
  /** why what is shown may be of before */
  stale: Ref<unknown>
  reload: () => Promise<unknown>
} {
  const route = useRoute()
  const accounts = useAccounts()
  const id = computed(() => Number(route.params.accountId))
  const asking = useAsk((account_id: number) =>
    ask(GET('/api/v1/accounts/{account_id}', { params: { path: { account_id } } })),
  )
  const whole = computed(() => (asking.data.value?.account_id === id.value ? asking.data.value : null))
  const account = computed(() => accounts.byId(id.value) ?? whole.value)
  const listing = useAsk(() => accounts.load())
  const stale = computed(() => listing.error.value ?? asking.error.value)
  const reload = () => Promise.all([asking.run(id.value), listing.run()])
  watch(
    id,
    (now) => {
      if (!Number.isNaN(now) && (needsWhole || !accounts.byId(now))) void reload()
    },
    { immediate: true },
  )
  return { id, account, whole, error: asking.error, stale, reload }
}
