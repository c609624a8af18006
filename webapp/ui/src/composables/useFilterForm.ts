// The form that transactions are looked for by: what is typed in it becomes a filter, after a moment or at once. An amount that is none is
// said to be none, and leaves the rest of the filter as good as it was.
import { onScopeDispose, reactive, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { SIDES, STATUSES, type TransactionFilter } from '@/composables/useTransactionFilter'
import { typedMoney, writtenMoney } from '@/money/typed'

/** While somebody types the bank is not asked for each letter. */
const PAUSE = 350
const EMPTY = { text: '', from: '', to: '', least: '', most: '', side: '', mcc: '', status: '' }

/** @param change is told each new filter */
export function useFilterForm(
  given: Readonly<{ filter: TransactionFilter; currency: string }>,
  change: (filter: TransactionFilter) => void,
) {
  const { locale } = useI18n()
  const fields = reactive({ ...EMPTY })
  const wrong = reactive({ least: false, most: false })
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))

  /** An amount as every field of money shows it. */
  const typed = (minor: number | undefined) =>
    minor === undefined ? '' : writtenMoney(minor, given.currency, locale.value)

  watch(
    () => [given.filter, given.currency, locale.value] as const,
    ([filter]) => {
      for (const name of ['text', 'from', 'to', 'side', 'mcc', 'status'] as const) {
        const value = filter[name] ?? ''
        if (fields[name].trim() !== value) fields[name] = value
      }
      for (const name of ['least', 'most'] as const) if (!wrong[name]) fields[name] = typed(filter[name])
    },
    { immediate: true },
  )

  function minorOf(name: 'least' | 'most'): number | undefined {
    const text = fields[name].trim()
    const minor = text ? typedMoney(text, given.currency, locale.value) : null
    wrong[name] = !!text && minor === null
    return wrong[name] ? given.filter[name] : (minor ?? undefined)
  }

  function tell(): void {
    clearTimeout(timer)
    const { text, from, to, side, mcc, status } = fields
    change({
      text: text.trim() || undefined,
      from: from || undefined,
      to: to || undefined,
      side: SIDES.find((known) => known === side),
      status: STATUSES.find((known) => known === status),
      mcc: mcc || undefined,
      least: minorOf('least'),
      most: minorOf('most'),
    })
  }

  function tellSoon(): void {
    clearTimeout(timer)
    timer = setTimeout(tell, PAUSE)
  }

  function without(name: keyof TransactionFilter): void {
    if (name === 'least' || name === 'most') wrong[name] = false
    change({ ...given.filter, [name]: undefined })
  }

  /** What is wrong is taken off with the rest. */
  function takeAllOff(): void {
    clearTimeout(timer)
    Object.assign(wrong, { least: false, most: false })
    Object.assign(fields, EMPTY)
    change({})
  }

  return { fields, wrong, tell, tellSoon, without, takeAllOff }
}
