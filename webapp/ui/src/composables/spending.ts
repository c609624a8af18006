// What was spent on what: of one account as the bank adds it up, of several put together here.
import { useI18n } from 'vue-i18n'
import type { Schemas } from '@/api/client'

export type SpendingItem = Schemas['SpendingItem']
type Spending = Schemas['Spending']

export const spendingKey = (item: Pick<SpendingItem, 'mcc' | 'kind'>): string => `${item.mcc ?? ''} ${item.kind ?? ''}`

/** Sums of several accounts in one currency, the biggest first. */
export function together(all: readonly Spending[]): Spending {
  const items = new Map<string, SpendingItem>()
  for (const item of all.flatMap((one) => one.items)) {
    const known = items.get(spendingKey(item))
    items.set(spendingKey(item), {
      ...item,
      amount_minor: item.amount_minor + (known?.amount_minor ?? 0),
      count: item.count + (known?.count ?? 0),
    })
  }
  return {
    total_minor: all.reduce((sum, one) => sum + one.total_minor, 0),
    items: [...items.values()].sort((a, b) => b.amount_minor - a.amount_minor),
  }
}

/** The name of a group, or of what is spent without a merchant. */
export function useSpendingName(): (item: SpendingItem) => string {
  const { t, locale } = useI18n()
  return (item) =>
    (locale.value === 'ru' ? (item.name_ru ?? item.name) : item.name) ?? t(`transaction.out.${item.kind ?? 'payment'}`)
}

/** The first day of a day's month, or of the month so many before it. */
export function monthOf(day: string, back = 0): string {
  const [year = 1970, month = 1] = day.split('-').map(Number)
  return new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 10)
}
