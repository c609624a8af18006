// What an account is called: as its customer named it, else by its product. The bank names its products in Russian only: elsewhere it is
// what kind of account it is, and a loan is a loan. By the last digits people know which.
import { useI18n } from 'vue-i18n'
import type { Schemas } from '@/api/client'
import { tailOf } from '@/composables/accountNo'

type Named = Pick<Schemas['AccountEntry'], 'nickname' | 'product' | 'kind'>

export function useAccountName() {
  const { t, locale } = useI18n()
  const bareName = (account: Named): string =>
    account.nickname ?? (locale.value === 'ru' ? account.product : t(`account.kind.${account.kind}`))
  const accountName = (account: Named & Pick<Schemas['AccountEntry'], 'account_no'>): string =>
    `${bareName(account)} ${tailOf(account.account_no)}`
  const loanName = (product: string): string => (locale.value === 'ru' ? product : t('title.loan'))
  return { bareName, accountName, loanName }
}
