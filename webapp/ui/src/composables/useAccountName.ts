// What an account is called: as its customer named it, else by its product; and the last digits, by which people know it.
import type { Schemas } from '@/api/client'

type Named = Pick<Schemas['AccountEntry'], 'nickname' | 'product' | 'account_no'>

export const useAccountName =
  () =>
  (account: Named): string =>
    `${account.nickname ?? account.product} ·· ${account.account_no.slice(-4)}`
