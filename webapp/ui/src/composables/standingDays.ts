// When a standing order pays: on its day of the month, in shorter months on the last one.
import { addDays } from '@/composables/useFormat'

interface Terms {
  day_of_month: number
  starts_on: string
  ends_on: string | null
  status: string
  paid_on: string | null
}

/** The day of an order in a month (0 is January of that year; 12 the next one's). */
function dayIn(year: number, month: number, day: number): string {
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return new Date(Date.UTC(year, month, Math.min(day, last))).toISOString().slice(0, 10)
}

/** The first day from today on when it pays, and from tomorrow on where it has paid today; null where there is none any more, or it is paused. */
export function nextRun(terms: Terms, today: string): string | null {
  if (terms.status !== 'active') return null
  const soonest = terms.paid_on === today ? addDays(today, 1) : today
  const from = terms.starts_on > soonest ? terms.starts_on : soonest
  const [year, month] = [Number(from.slice(0, 4)), Number(from.slice(5, 7)) - 1]
  const here = dayIn(year, month, terms.day_of_month)
  const next = here >= from ? here : dayIn(year, month + 1, terms.day_of_month)
  return terms.ends_on !== null && next > terms.ends_on ? null : next
}
