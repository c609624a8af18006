// A statement in short: opening, what came and went, closing. The bank sends a statement line by line, and one of a busy account is long: it is
// read until it is too much, and then only what the bank tells of two days is shown.
import { ask, GET, type Schemas } from '@/api/client'
import type { Period } from '@/composables/period'
import { addDays } from '@/composables/useFormat'

interface StatementPreview {
  opening_minor: number
  closing_minor: number
  /** null where there are too many lines to read them all for a preview */
  turnover: { debit_minor: number; credit_minor: number; lines: number } | null
}

/** So many bytes are read: some five thousand lines. */
const MOST_BYTES = 1_000_000

/** The whole text of a stream, null if it is longer; the rest is not fetched then. */
export async function readUpTo(stream: ReadableStream<Uint8Array>, most: number): Promise<string | null> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let size = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.length
    if (size > most) {
      await reader.cancel()
      return null
    }
    text += decoder.decode(value, { stream: true })
  }
}

async function balanceOn(account_id: number, day: string): Promise<number> {
  const params = { path: { account_id }, query: { from: day, to: day } }
  const { items } = await ask(GET('/api/v1/accounts/{account_id}/balances', { params }))
  return items[0]?.balance_minor ?? 0
}

export async function previewOf(account_id: number, { from, to }: Period): Promise<StatementPreview> {
  const params = { path: { account_id }, query: { from, to } }
  const stream = await ask(GET('/api/v1/accounts/{account_id}/statement', { params, parseAs: 'stream' }))
  const text = stream ? await readUpTo(stream, MOST_BYTES) : null
  if (text === null) {
    const [opening_minor, closing_minor] = await Promise.all([
      balanceOn(account_id, addDays(from, -1)),
      balanceOn(account_id, to),
    ])
    return { opening_minor, closing_minor, turnover: null }
  }
  const { opening_minor, closing_minor, debit_minor, credit_minor, items } = JSON.parse(text) as Schemas['Statement']
  return { opening_minor, closing_minor, turnover: { debit_minor, credit_minor, lines: items.length } }
}
