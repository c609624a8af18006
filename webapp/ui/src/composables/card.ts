// What a card is called, and what its customer may do with it.
import type { Schemas } from '@/api/client'

export type Card = Schemas['Card']

/** Month and year, as they stand on a card: 01/30. */
export function expiry(day: string): string {
  return `${day.slice(5, 7)}/${day.slice(2, 4)}`
}

/** Customers change cards that work or that they froze themselves. */
export function mayChange(card: Pick<Card, 'status' | 'may_change'>): boolean {
  return card.may_change && (card.status === 'active' || card.status === 'frozen')
}

/** Cards that work first, then the frozen, then those that are over; each as the bank has them. */
export function inOrder(cards: readonly Card[]): Card[] {
  const order: Card['status'][] = ['active', 'frozen', 'issued', 'blocked', 'expired']
  return [...cards].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
}
