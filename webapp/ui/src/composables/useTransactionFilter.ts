// What transactions are looked for by: kept in the address, so that back, reload and a bookmark find the same. But for the text: names and
// numbers of accounts are not for an address, which stands there for whoever comes next (stores/searches keeps it).
import type { LocationQuery } from 'vue-router'

export const SIDES = ['debit', 'credit'] as const
export const STATUSES = ['posted', 'reversed', 'disputed'] as const

export interface TransactionFilter {
  from?: string
  to?: string
  /** minor units */
  least?: number
  most?: number
  side?: (typeof SIDES)[number]
  mcc?: string
  status?: (typeof STATUSES)[number]
  text?: string
}

const DAY = /^(19|2[01])\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
const oneOf = <T extends string>(values: readonly T[], value: unknown): T | undefined =>
  values.find((known) => known === value)
const textOf = (value: unknown, length: number) =>
  typeof value === 'string' && value.trim() && value.length <= length ? value.trim() : undefined

function dayOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !DAY.test(value)) return undefined
  const time = Date.parse(value)
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value ? undefined : value
}

function minorOf(value: unknown): number | undefined {
  const minor = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : 0
  return minor > 0 && Number.isSafeInteger(minor) ? minor : undefined
}

/** Only what is set, so that the address says no more than was asked for. */
function withoutGaps(filter: TransactionFilter): TransactionFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

/** What an address asks for; what the bank would refuse is left out. */
export function filterOf(query: LocationQuery, text?: string): TransactionFilter {
  return withoutGaps({
    from: dayOf(query.from),
    to: dayOf(query.to),
    least: minorOf(query.least),
    most: minorOf(query.most),
    side: oneOf(SIDES, query.side),
    mcc: typeof query.mcc === 'string' && /^[A-Z0-9]{4}$/.test(query.mcc) ? query.mcc : undefined,
    status: oneOf(STATUSES, query.status),
    text: textOf(text, 100),
  })
}

/** The part of a filter that an address has. */
export function queryOf(filter: TransactionFilter): Record<string, string> {
  const others = withoutGaps({ ...filter, text: undefined })
  return Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)]))
}
