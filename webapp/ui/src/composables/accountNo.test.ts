import { describe, expect, it } from 'vitest'
import { caretBehind, digitsOf, groupDigits, tailOf } from './accountNo'
import { groupAccountNo } from './useFormat'

const NUMBER = '40817810900000900021'

describe('digitsOf', () => {
  it.each([
    [NUMBER, NUMBER],
    ['40817 810 9 0000 0900021', NUMBER],
    ['40817-810-9-0000-0900021', NUMBER],
    [`  ${NUMBER}\n`, NUMBER],
    [`Счёт № ${NUMBER}`, NUMBER],
    [`${NUMBER}77`, NUMBER],
    ['40817', '40817'],
    ['', ''],
    ['Mother', null],
    ['Flat 12', null],
  ])('%j', (text, digits) => {
    expect(digitsOf(text)).toBe(digits)
  })
})

describe('groupDigits', () => {
  it('groups a whole number as it is shown elsewhere', () => {
    expect(groupDigits(NUMBER)).toBe(groupAccountNo(NUMBER))
  })
  it.each([
    ['', ''],
    ['40817', '40817'],
    ['408178', '40817 8'],
    ['408178109', '40817 810 9'],
  ])('%j is %j', (digits, text) => {
    expect(groupDigits(digits)).toBe(text)
  })
})

describe('caretBehind', () => {
  it.each([
    [0, 0],
    [5, 5],
    [6, 7],
    [8, 9],
    [20, 24],
    [99, 24],
  ])('%d digits: %d', (digits, at) => {
    expect(caretBehind(groupDigits(NUMBER), digits)).toBe(at)
  })
})

it('tailOf names the last four', () => {
  expect(tailOf(NUMBER)).toBe('·· 0021')
})
