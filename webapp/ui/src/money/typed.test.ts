import { describe, expect, it } from 'vitest'
import { MOST_MINOR } from './minor'
import { signOf, typedMoney, writtenMoney } from './typed'

describe('typedMoney', () => {
  it.each([
    ['1,500', 'RUB', 'en', 150000],
    ['1,500.50', 'RUB', 'en', 150050],
    ['1,234,567', 'RUB', 'en', 123456700],
    ['1,5', 'RUB', 'en', 150],
    ['1 500,50', 'RUB', 'ru', 150050],
    ['1,500', 'RUB', 'ru', null],
    ['0,500', 'RUB', 'en', null],
    ['0,500', 'JPY', 'en', null],
    ['0,500', 'KWD', 'en', 500],
    ['0,50', 'RUB', 'en', 50],
    ['00,500', 'RUB', 'en', null],
    ['0 500', 'RUB', 'ru', null],
    ['1,500', 'KWD', 'en', null],
    ['1.500', 'KWD', 'en', 1500],
    ['1,500', 'KWD', 'ru', 1500],
    ['1.500', 'RUB', 'en', null],
    ['1,500', 'JPY', 'ru', null],
    ['1,500.000', 'KWD', 'en', 1500000],
    ['1,500', 'JPY', 'en', 1500],
    ['12,34,567', 'RUB', 'en', null],
    ['', 'RUB', 'en', null],
  ])('%j in %s, %s', (text, currency, locale, minor) => {
    expect(typedMoney(text, currency, locale)).toBe(minor)
  })
})

describe('writtenMoney', () => {
  it.each(['ru', 'en'])('can be typed back in %s', (locale) => {
    for (const minor of [1, 99, 100, 150000, 123456789, MOST_MINOR])
      for (const currency of ['RUB', 'JPY'])
        expect(typedMoney(writtenMoney(minor, currency, locale), currency, locale)).toBe(minor)
  })
  it('follows the language', () => {
    expect(writtenMoney(150000, 'RUB', 'en')).toBe('1,500.00')
    expect(writtenMoney(150000, 'RUB', 'ru').replace(/\s/g, ' ')).toBe('1 500,00')
  })
})

describe('signOf', () => {
  it('is the short one', () => {
    expect([signOf('RUB', 'ru'), signOf('RUB', 'en'), signOf('USD', 'en')]).toEqual(['₽', '₽', '$'])
  })
})
