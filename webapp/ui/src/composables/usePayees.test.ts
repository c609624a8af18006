import { describe, expect, it } from 'vitest'
import { matching, type Known } from './usePayees'

const MOTHER: Known = { accountNo: '40817810900000900021', name: 'Мама', group: 'saved' }
const SAVINGS: Known = { accountNo: '42301810900000900012', name: 'Flat 12', group: 'own' }

describe('matching', () => {
  it.each([
    ['', [MOTHER, SAVINGS]],
    ['мам', [MOTHER]],
    ['flat', [SAVINGS]],
    ['flat 12', [SAVINGS]],
    ['40817 810', [MOTHER]],
    ['12', [SAVINGS]],
    ['900', [MOTHER, SAVINGS]],
    ['40817 810 9 0000 0900021', [MOTHER]],
    ['40817 810 9 0000 0900022', []],
    ['x 408', []],
  ])('%j', (typed, found) => {
    expect(matching([MOTHER, SAVINGS], typed)).toEqual(found)
  })
})
