// What was spent on what: of one account as the bank adds it up, of several put together here.
import { useI18n } from 'vue-i18n'
import type { Schemas } from '@/api/client'

export type Spending = Schemas['Spending']
/** Sums may be beyond what a number holds exactly. */
export type SpendingItem = Omit<Schemas['SpendingItem'], 'amount_minor'> & { amount_minor: bigint }
export interface SpendingSum {
  total_minor: bigint
  items: SpendingItem[]
}

export const sumOf = (amounts: readonly (number | bigint)[]): bigint =>
  amounts.reduce<bigint>((sum, one) => sum + BigInt(one), 0n)

export const spendingKey = (item: Pick<SpendingItem, 'mcc' | 'kind'>): string => `${item.mcc ?? ''} ${item.kind ?? ''}`

/** Sums of several accounts in one currency, the biggest first. */
export function together(all: readonly Spending[]): SpendingSum {
  const items = new Map<string, SpendingItem>()
  for (const item of all.flatMap((one) => one.items)) {
    const known = items.get(spendingKey(item))
    items.set(spendingKey(item), {
      ...item,
      amount_minor: sumOf([item.amount_minor, known?.amount_minor ?? 0]),
      count: item.count + (known?.count ?? 0),
    })
  }
  return {
    total_minor: sumOf(all.map((one) => one.total_minor)),
    items: [...items.values()].sort((a, b) =>
      a.amount_minor < b.amount_minor ? 1 : a.amount_minor > b.amount_minor ? -1 : 0,
    ),
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
