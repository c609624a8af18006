import { describe, expect, it } from 'vitest'
import { changes, shortMoney } from './scale'

describe('shortMoney', () => {
  it('is short, and follows the language', () => {
    expect(shortMoney(1_250_000, 'RUB', 'en')).toBe('₽12.5K')
    expect(shortMoney(-20_000_000, 'USD', 'en')).toBe('-$200K')
    expect(shortMoney(1_250_000, 'RUB', 'ru').replace(/\s/g, ' ')).toBe('12,5 тыс. ₽')
    expect(shortMoney(0, 'JPY', 'en')).toBe('¥0')
  })
})

describe('changes', () => {
  it('leaves out days on which nothing happened', () => {
    const days = [1, 1, 2, 2, 2, 3, 3].map((balance_minor, n) => ({ day: n, balance_minor }))
    expect(changes(days).map(({ day }) => day)).toEqual([6, 5, 2, 0])
    expect(changes([])).toEqual([])
  })
})
