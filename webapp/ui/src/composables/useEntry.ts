// What a transaction is called, in the present language.
import { useI18n } from 'vue-i18n'
import { groupAccountNo } from '@/composables/useFormat'
import { titleKey, type Transaction } from '@/composables/transactions'
import { useCategories } from '@/stores/categories'

export function useEntry() {
  const { t } = useI18n()
  const categories = useCategories()

  const title = (entry: Transaction): string => entry.merchant ?? t(titleKey(entry))

  /** A second line: what it was bought as, or what was written to it, or whom it went to. */
  function detail(entry: Transaction): string | null {
    if (entry.merchant) return categories.nameOf(entry.mcc) ?? t(titleKey(entry))
    return entry.narrative ?? (entry.counterparty ? groupAccountNo(entry.counterparty) : null)
  }

  return { title, detail }
}
