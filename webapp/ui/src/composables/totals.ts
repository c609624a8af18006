// What somebody has, by currency: never added up across currencies, for nobody here knows a rate.
import type { Schemas } from '@/api/client'

type Counted = Pick<Schemas['AccountEntry'], 'currency_code' | 'balance_minor' | 'status'>

interface Total {
  currency: string
  /** may be beyond what a number holds exactly */
  minor: bigint
  accounts: number
}

/** The currency with the most accounts first; closed accounts are empty and do not count. */
export function totals(accounts: readonly Counted[]): Total[] {
  const all = new Map<string, Total>()
  for (const account of accounts) {
    if (account.status === 'closed') continue
    const known = all.get(account.currency_code) ?? { currency: account.currency_code, minor: 0n, accounts: 0 }
    all.set(account.currency_code, {
      ...known,
      minor: known.minor + BigInt(account.balance_minor),
      accounts: known.accounts + 1,
    })
  }
  return [...all.values()].sort((a, b) => b.accounts - a.accounts || (a.currency < b.currency ? -1 : 1))
}
