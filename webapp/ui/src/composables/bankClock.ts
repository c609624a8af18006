// The bank's clock: its time as its answers tell it, and its day, which is UTC's wherever somebody reads. Until it has answered the device's
// clock stands for it.
import { ref } from 'vue'

/** how far the bank's clock is ahead of this one, in milliseconds */
let ahead = 0
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)
/** of what depends on the day: read anew when another has begun */
const lastDay = ref(dayOf(Date.now()))

/** The bank's time, in milliseconds. */
export const bankNow = (): number => Date.now() + ahead

/** @param date an answer's header Date; null leaves the clock as it is */
export function setBankClock(date: string | null): void {
  const told = Date.parse(date ?? '')
  if (!Number.isNaN(told)) ahead = told - Date.now()
  lastDay.value = dayOf(bankNow())
}

/** The bank's day, as a Day of the API. */
export function today(): string {
  void lastDay.value
  return dayOf(bankNow())
}
