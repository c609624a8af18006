import { describe, expect, it } from 'vitest'
import { MOST_MINOR } from '@/money/minor'
import { changes, perMille, shareText, shortMoney } from './scale'

describe('shortMoney', () => {
  it('is short, and follows the language', () => {
    expect(shortMoney(1_250_000, 'RUB', 'en')).toBe('₽12.5K')
    expect(shortMoney(-20_000_000, 'USD', 'en')).toBe('-$200K')
    expect(shortMoney(1_250_000, 'RUB', 'ru').replace(/\s/g, ' ')).toBe('12,5 тыс. ₽')
    expect(shortMoney(0, 'JPY', 'en')).toBe('¥0')
  })
})

describe('shares', () => {
  it('are exact up to the greatest amount', () => {
    expect(perMille(1, 3)).toBe(333)
    expect(perMille(2, 3)).toBe(667)
    expect(perMille(MOST_MINOR, MOST_MINOR)).toBe(1000)
    expect(perMille(0, 0)).toBe(0)
  })
  it('are written as percent', () => {
    expect(shareText(125, 1000, 'en')).toBe('12.5%')
    expect(shareText(125, 1000, 'ru').replace(/\s/g, ' ')).toBe('12,5 %')
  })
})

describe('changes', () => {
  it('leaves out days on which nothing happened', () => {
    const days = [1, 1, 2, 2, 2, 3, 3].map((balance_minor, n) => ({ day: n, balance_minor }))
    expect(changes(days).map(({ day }) => day)).toEqual([6, 5, 2, 0])
    expect(changes([])).toEqual([])
  })
})
