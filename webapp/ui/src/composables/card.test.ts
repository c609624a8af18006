import { describe, expect, it } from 'vitest'
import { expiry, inOrder, mayChange, type Card } from './card'

const card = (status: Card['status'], may_change = true) => ({ status, may_change }) as Card

describe('a card', () => {
  it('expires in a month', () => expect(expiry('2030-01-31')).toBe('01/30'))
  it('is changed by its customer while it works, or is frozen', () => {
    const all = (['issued', 'active', 'frozen', 'blocked', 'expired'] as const).filter((status) =>
      mayChange(card(status)),
    )
    expect(all).toEqual(['active', 'frozen'])
    expect(mayChange(card('active', false))).toBe(false)
  })
  it('stands before those that do not work', () => {
    const found = inOrder([card('expired'), card('frozen'), card('blocked'), card('active')])
    expect(found.map(({ status }) => status)).toEqual(['active', 'frozen', 'blocked', 'expired'])
  })
})
