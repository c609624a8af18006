import { describe, expect, it } from 'vitest'
import { MOST_MINOR } from '@/money/minor'
import { totals } from './totals'

const account = (currency_code: string, balance_minor: number, status: 'active' | 'frozen' | 'closed' = 'active') => ({
  currency_code,
  balance_minor,
  status,
})

describe('totals', () => {
  it('are by currency, exact beyond what a number holds', () => {
    const found = totals([
      account('USD', 5),
      account('RUB', MOST_MINOR),
      account('RUB', MOST_MINOR),
      account('RUB', -1),
    ])
    expect(found).toEqual([
      { currency: 'RUB', minor: 2n ** 54n - 3n, accounts: 3 },
      { currency: 'USD', minor: 5n, accounts: 1 },
    ])
  })
  it('count frozen accounts, not closed ones', () => {
    expect(totals([account('RUB', 7, 'frozen'), account('EUR', 0, 'closed')])).toEqual([
      { currency: 'RUB', minor: 7n, accounts: 1 },
    ])
  })
})
