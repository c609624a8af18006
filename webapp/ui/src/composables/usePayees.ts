// Whom one can pay without typing a number: own accounts and saved payees; and what an account number is called by the customer.
import { computed } from 'vue'
import { useAccountName } from '@/composables/useAccountName'
import { useAccounts } from '@/stores/accounts'
import { useBeneficiaries } from '@/stores/beneficiaries'

export interface Known {
  accountNo: string
  name: string
  group: 'own' | 'saved'
  /** of an own account; of others nobody knows before they are asked for */
  currency?: string
}

/** Those whose name or number has what was typed in it; a whole number only finds itself. */
export function matching(known: Known[], typed: string): Known[] {
  const words = typed.trim().toLocaleLowerCase()
  const digits = typed.replace(/\D/g, '')
  return known.filter(
    (one) =>
      !words ||
      one.name.toLocaleLowerCase().includes(words) ||
      (digits !== '' && /^[\d\s]+$/.test(typed) && one.accountNo.includes(digits)),
  )
}

export function usePayees() {
  const accounts = useAccounts()
  const beneficiaries = useBeneficiaries()
  const { bareName, accountName } = useAccountName()

  const own = computed<Known[]>(() =>
    (accounts.items ?? [])
      .filter((account) => account.status === 'active')
      .map((account) => ({
        accountNo: account.account_no,
        name: bareName(account),
        group: 'own',
        currency: account.currency_code,
      })),
  )
  const saved = computed<Known[]>(() =>
    (beneficiaries.items ?? []).map((one) => ({ accountNo: one.account_no, name: one.alias, group: 'saved' })),
  )

  /** What the customer calls it: the name of a saved payee, or of an own account with its last digits. */
  function nameOf(accountNo: string): string | null {
    const account = accounts.items?.find((one) => one.account_no === accountNo)
    if (account) return accountName(account)
    return beneficiaries.byNumber(accountNo)?.alias ?? null
  }

  const isOwn = (accountNo: string) => (accounts.items ?? []).some((one) => one.account_no === accountNo)

  return { own, saved, nameOf, isOwn }
}
