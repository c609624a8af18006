// How amounts, days and times are written in the present language.
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { formatMoney, moneyParts } from '@/money/minor'

export function useFormat() {
  const { locale } = useI18n()
  // A Day of the API is a calendar's day, no moment: read and written as UTC.
  const days = computed(
    () => new Intl.DateTimeFormat(locale.value, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }),
  )
  const shortDays = computed(
    () => new Intl.DateTimeFormat(locale.value, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
  )
  const shortDaysOfOtherYears = computed(
    () => new Intl.DateTimeFormat(locale.value, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }),
  )
  const numbers = computed(() => new Intl.NumberFormat(locale.value))
  const times = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }))

  return {
    locale,
    money: (minor: number | bigint, currency: string, sign = false) => formatMoney(minor, currency, locale.value, sign),
    parts: (minor: number | bigint, currency: string, sign = false) => moneyParts(minor, currency, locale.value, sign),
    /** a count: 2 500; given to a message as its `n` */
    number: (count: number) => numbers.value.format(count),
    day: (day: string) => days.value.format(new Date(day)),
    /** with the year where it is not the present one */
    shortDay: (day: string) => (isThisYear(day) ? shortDays : shortDaysOfOtherYears).value.format(new Date(day)),
    time: (time: string) => times.value.format(new Date(time)),
  }
}

/** An account's number in groups, as people read it out: 40817 810 0 0000 0900021. */
export function groupAccountNo(number: string): string {
  return number.replace(/^(\d{5})(\d{3})(\d)(\d{4})(\d{7})$/, '$1 $2 $3 $4 $5')
}

/** Today as a Day of the API, in the browser's calendar. */
export function today(now = new Date()): string {
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`
}

/** Whether a Day is of the present year, which need not be said. */
export function isThisYear(day: string): boolean {
  return day.slice(0, 4) === today().slice(0, 4)
}

/** A Day so many days later (or earlier). */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * 86_400_000).toISOString().slice(0, 10)
}
