// Categories of merchants, and the groups that they are in; asked once, for they seldom change.
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { ask, GET, type Schemas } from '@/api/client'
import { i18n } from '@/i18n'

type Category = Schemas['Category']

export const useCategories = defineStore('categories', () => {
  const items = shallowRef<Category[]>([])
  const byMcc = computed(() => new Map(items.value.map((category) => [category.mcc, category])))
  let asked: Promise<void> | null = null

  /** Without them pages show less, but nothing wrong: so nobody is told if they do not come. */
  function load(): Promise<void> {
    asked ??= ask(GET('/api/v1/reference/categories'))
      .then((answer) => void (items.value = answer.items))
      .catch(() => void (asked = null))
    return asked
  }

  function $reset(): void {
    items.value = []
    asked = null
  }

  const named = (category: Pick<Category, 'name' | 'name_ru'>): string =>
    i18n.global.locale.value === 'ru' ? (category.name_ru ?? category.name) : category.name

  function nameOf(mcc: string | null): string | null {
    const category = mcc === null ? undefined : byMcc.value.get(mcc)
    return category ? named(category) : null
  }

  /** The group of a category; a group is its own. */
  function groupOf(mcc: string | null): string | null {
    return mcc === null ? null : (byMcc.value.get(mcc)?.parent_mcc ?? mcc)
  }

  return { items, load, nameOf, groupOf, $reset }
})
