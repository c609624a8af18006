// Tells a page when an account has more entries than it had: as the bank says so, not by a clock of the page's own.
import { watch } from 'vue'
import { useLive } from '@/stores/live'

/** @param accountId of one account, null for any of them */
export function useFresh(accountId: () => number | null, action: () => void): void {
  const live = useLive()
  const counted = (): number | undefined => {
    const id = accountId()
    if (id !== null) return live.accounts[id]?.entry_count
    const all = Object.values(live.accounts)
    return all.length ? all.reduce((sum, account) => sum + account.entry_count, 0) : undefined
  }
  watch(
    () => [accountId(), counted()] as const,
    ([id, now], [idBefore, before]) => {
      if (id === idBefore && now !== undefined && before !== undefined && now > before) action()
    },
  )
}
