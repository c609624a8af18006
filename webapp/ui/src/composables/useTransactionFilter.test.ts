import { describe, expect, it } from 'vitest'
import { addressOf, filterOf, type TransactionFilter } from './useTransactionFilter'

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
    expect(filterOf(addressOf(all).query)).toEqual(all)
    expect(addressOf({}).query).toEqual({})
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
      text: ' ',
    }
    expect(filterOf(query)).toEqual({})
  })
  it.each(['40817810900000900011', '40817 810 9', 'rent 90000-0900'])('keeps %s out of the address', (text) => {
    const { query, state } = addressOf({ text, side: 'debit' })
    expect(query).toEqual({ side: 'debit' })
    expect(filterOf(query, state.text)).toEqual({ text, side: 'debit' })
  })
  it('has short numbers in the address', () => {
    expect(addressOf({ text: 'room 1408' }).query).toEqual({ text: 'room 1408' })
  })
})
