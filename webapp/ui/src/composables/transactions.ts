// Transactions as pages show them: by day, with a title; those of several accounts in one row.
import type { Schemas } from '@/api/client'
import type { PagesOptions } from '@/composables/usePages'

export type Transaction = Schemas['Transaction']
export type TransactionsNext = Schemas['TransactionsNext']

/** How transactions are paged: fifty at a time, by day. */
export const TRANSACTION_PAGES: PagesOptions<Transaction, TransactionsNext> = {
  limit: 50,
  identity: (entry) => `${entry.transfer_id}-${entry.line_no}`,
  keyAfter: (entry) => ({
    before_date: entry.value_date,
    before_transfer: entry.transfer_id,
    before_line: entry.line_no,
  }),
  group: (entry) => entry.value_date,
}

/** Below zero for what goes out. */
export function signedMinor(entry: Pick<Transaction, 'side' | 'amount_minor'>): number {
  return entry.side === 'debit' ? -entry.amount_minor : entry.amount_minor
}

/** What became of it, in a word: that it was taken back says more than that it was disputed. */
export function statusOf({ statuses }: Pick<Transaction, 'statuses'>): Schemas['TransferStatus'] {
  return (['reversed', 'disputed'] as const).find((status) => statuses.includes(status)) ?? 'posted'
}

export interface Day<T> {
  day: string
  /** false where the page before has ended in the same day, which has its heading there */
  begins: boolean
  entries: T[]
}

/** Neighbours of the same day in one group. */
export function byDay<T extends { value_date: string }>(entries: readonly T[], before: string | null = null): Day<T>[] {
  const days: Day<T>[] = []
  for (const entry of entries) {
    const last = days.at(-1)
    if (last?.day === entry.value_date) last.entries.push(entry)
    else days.push({ day: entry.value_date, begins: entry.value_date !== before, entries: [entry] })
  }
  return days
}

/** The newest of several accounts' newest. A transfer between two of them is there twice, once for each. */
export function newest<T extends { value_date: string; booked_at: string }>(lists: readonly T[][], count: number): T[] {
  const order = (entry: T) => `${entry.value_date} ${entry.booked_at}`
  return lists
    .flat()
    .sort((a, b) => (order(a) < order(b) ? 1 : order(a) > order(b) ? -1 : 0))
    .slice(0, count)
}

/** The key of what a transaction is called that has no merchant: transaction.in.salary, transaction.out.fee. */
export function titleKey(entry: Pick<Transaction, 'side' | 'kind'>): string {
  return `transaction.${entry.side === 'credit' ? 'in' : 'out'}.${entry.kind}`
}
