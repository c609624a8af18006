// What transactions are looked for by: kept in the address, so that back, reload and a bookmark find the same. Digits that may be an account's
// number are not for an address: a text with such digits is kept in the browser's history only.
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
export function filterOf(query: LocationQuery, hiddenText?: unknown): TransactionFilter {
  return withoutGaps({
    from: dayOf(query.from),
    to: dayOf(query.to),
    least: minorOf(query.least),
    most: minorOf(query.most),
    side: oneOf(SIDES, query.side),
    mcc: typeof query.mcc === 'string' && /^[A-Z0-9]{4}$/.test(query.mcc) ? query.mcc : undefined,
    status: oneOf(STATUSES, query.status),
    text: textOf(query.text, 100) ?? textOf(hiddenText, 100),
  })
}

/** Whether a text may be part of an account's number. */
export function isHidden(text: string | undefined): boolean {
  return !!text && /\d{5}/.test(text.replace(/[\s-]/g, ''))
}

/** The address of a filter, and what of it is kept in the history instead. */
export function addressOf(filter: TransactionFilter): {
  query: Record<string, string>
  state: { text: string | null }
} {
  const { text, ...others } = withoutGaps(filter)
  const query = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)]))
  if (text && !isHidden(text)) query.text = text
  return { query, state: { text: text && isHidden(text) ? text : null } }
}
