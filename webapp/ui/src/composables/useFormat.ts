// How amounts, days and times are written in the present language.
import { useI18n } from 'vue-i18n'
import { today } from '@/composables/bankClock'
import { formatMoney, moneyParts } from '@/money/minor'
import { once } from '@/money/once'

const KINDS = {
  // A Day of the API is a calendar's day, no moment: read and written as UTC.
  day: { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' },
  shortDay: { day: 'numeric', month: 'short', timeZone: 'UTC' },
  shortDayOfOtherYear: { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' },
  time: { dateStyle: 'medium', timeStyle: 'short' },
  bookedTime: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
  },
} satisfies Record<string, Intl.DateTimeFormatOptions>

const formatOf = once((locale: string, kind: keyof typeof KINDS) => new Intl.DateTimeFormat(locale, KINDS[kind]))
const numberOf = once((locale: string) => new Intl.NumberFormat(locale))

export function useFormat() {
  const { locale } = useI18n()
  const written = (kind: keyof typeof KINDS, when: string) => formatOf(locale.value, kind).format(new Date(when))

  return {
    locale,
    money: (minor: number | bigint, currency: string, sign = false) => formatMoney(minor, currency, locale.value, sign),
    parts: (minor: number | bigint, currency: string, sign = false) => moneyParts(minor, currency, locale.value, sign),
    /** a count: 2 500; given to a message as its `n` */
    number: (count: number) => numberOf(locale.value).format(count),
    day: (day: string) => written('day', day),
    /** with the year where it is not the present one */
    shortDay: (day: string) => written(isThisYear(day) ? 'shortDay' : 'shortDayOfOtherYear', day),
    time: (time: string) => written('time', time),
    /** of money: by the bank's clock, which gave it its day, and says so */
    bookedTime: (time: string) => written('bookedTime', time),
  }
}

/** Makes, each in a task of its own, the formatters that the first rows want: one takes as long as drawing several rows, and answers are still on their way. */
export function prepareFormats(locale: string): void {
  const later = (make: () => unknown) => setTimeout(make)
  later(() => numberOf(locale))
  for (const sign of [false, true]) later(() => formatMoney(0, 'RUB', locale, sign))
  for (const kind of ['shortDay', 'shortDayOfOtherYear'] as const) later(() => formatOf(locale, kind))
}

/** An account's number in groups, as people read it out: 40817 810 0 0000 0900021. */
export function groupAccountNo(number: string): string {
  return number.replace(/^(\d{5})(\d{3})(\d)(\d{4})(\d{7})$/, '$1 $2 $3 $4 $5')
}

/** Whether a Day is of the present year, which need not be said. */
export function isThisYear(day: string): boolean {
  return day.slice(0, 4) === today().slice(0, 4)
}

/** A Day so many days later (or earlier). */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * 86_400_000).toISOString().slice(0, 10)
}
