import { describe, expect, it } from 'vitest'
import { filterOf, queryOf, type TransactionFilter } from './useTransactionFilter'

const all: TransactionFilter = {
  from: '2026-01-01',
  to: '2026-02-28',
  least: 100,
  most: 9007199254740991,
  side: 'debit',
  mcc: 'G001',
  status: 'posted',
  text: 'coffee',
}

describe('the filter of transactions', () => {
  it('is the same after the way through the address', () => {
    expect(filterOf(queryOf(all), all.text)).toEqual(all)
    expect(queryOf({})).toEqual({})
  })
  it('leaves out what the bank would refuse', () => {
    const query = {
      from: '2026-02-30',
      to: 'yesterday',
      least: '-1',
      most: '9007199254740993',
      side: 'left',
      mcc: 'food!',
      status: 'gone',
      text: 'of an address',
    }
    expect(filterOf(query, ' ')).toEqual({})
  })
  it.each(['40817810900000900011', '40817 810 – 9', '40817.810.9', 'Иванова Мария', 'room 1408'])(
    'keeps %s out of the address',
    (text) => expect(queryOf({ text, side: 'debit' })).toEqual({ side: 'debit' }),
  )
})
