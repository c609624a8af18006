import { describe, expect, it } from 'vitest'
import { decimalOf, exponentOf, formatMoney, MOST_MINOR, parseMoney } from './minor'

describe('decimalOf', () => {
  it.each([
    [0, 2, '0.00'],
    [5, 2, '0.05'],
    [-5, 2, '-0.05'],
    [123456789, 2, '1234567.89'],
    [1500, 0, '1500'],
    [1500, 3, '1.500'],
    [MOST_MINOR, 2, '90071992547409.91'],
  ])('%d with %d decimals is %s', (minor, exponent, text) => {
    expect(decimalOf(minor, exponent)).toBe(text)
  })
})

describe('exponentOf', () => {
  it('is that of ISO 4217', () => {
    expect(['RUB', 'USD', 'JPY', 'KWD'].map(exponentOf)).toEqual([2, 2, 0, 3])
  })
})

describe('formatMoney', () => {
  it('keeps every digit of the greatest amount', () => {
    expect(formatMoney(MOST_MINOR, 'USD', 'en')).toBe('$90,071,992,547,409.91')
    expect(formatMoney(-MOST_MINOR, 'USD', 'en')).toBe('-$90,071,992,547,409.91')
  })
  it('follows the language', () => {
    expect(formatMoney(123456, 'RUB', 'ru').replace(/\s/g, ' ')).toBe('1 234,56 ₽')
    expect(formatMoney(123456, 'RUB', 'en', true)).toBe('+₽1,234.56')
  })
  it('has no decimals where the currency has none', () => {
    expect(formatMoney(1500, 'JPY', 'en')).toBe('¥1,500')
  })
})

describe('parseMoney', () => {
  it.each([
    ['1', 2, 100],
    ['1,5', 2, 150],
    ['1.50', 2, 150],
    ['1 234,56', 2, 123456],
    ['1\u00a0234,56', 2, 123456],
    ['12.', 2, 1200],
    ['90071992547409.91', 2, MOST_MINOR],
    ['1500', 0, 1500],
    ["90'071’992 547\u202f409,91", 2, MOST_MINOR],
    [' 0,5 ', 2, 50],
  ])('takes %j', (text, exponent, minor) => {
    expect(parseMoney(text, exponent)).toBe(minor)
  })
  it.each([
    '',
    '0',
    '0,00',
    '-1',
    '+1',
    '1,234',
    '1.2.3',
    '1e3',
    'NaN',
    '٣',
    '90071992547409.92',
    '1,5 ₽',
    '1 5',
    '1 50',
    '12 34',
    '1 2345',
    '0 500',
    '0500',
    '00',
    "1'5",
    '1  500',
    '1 500 '.repeat(5),
  ])('refuses %j', (text) => {
    expect(parseMoney(text, 2)).toBeNull()
  })
  it('refuses decimals where the currency has none', () => {
    expect(parseMoney('1,5', 0)).toBeNull()
  })
})
