// The periods that statements are asked for.
import { addDays } from '@/composables/useFormat'
import { monthOf } from '@/composables/spending'

export const PERIODS = ['this_month', 'last_month', 'quarter', 'year', 'own'] as const
export type PeriodName = (typeof PERIODS)[number]

export interface Period {
  from: string
  to: string
}

/** The most days that the bank puts into one statement. */
const MOST_DAYS = 366

/** First and last day: of this month so far, the whole last month, the last full quarter, this year so far. */
export function periodOf(name: Exclude<PeriodName, 'own'>, today: string): Period {
  if (name === 'this_month') return { from: monthOf(today), to: today }
  if (name === 'last_month') return { from: monthOf(today, 1), to: addDays(monthOf(today), -1) }
  if (name === 'year') return { from: `${today.slice(0, 4)}-01-01`, to: today }
  const begun = (Number(today.slice(5, 7)) - 1) % 3
  return { from: monthOf(today, begun + 3), to: addDays(monthOf(today, begun), -1) }
}

type PeriodFault = 'missing' | 'backwards' | 'too_long' | null

/** What is wrong with a period of one's own. */
export function faultOf({ from, to }: Period): PeriodFault {
  const [first, last] = [Date.parse(from), Date.parse(to)]
  if (Number.isNaN(first) || Number.isNaN(last)) return 'missing'
  if (first > last) return 'backwards'
  return (last - first) / 86_400_000 + 1 > MOST_DAYS ? 'too_long' : null
}
