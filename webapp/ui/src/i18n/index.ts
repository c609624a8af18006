// The two languages. Messages are in src/messages, a file for each part of the bank, and come when they are wanted: a page loads
// its own language only. What is missing in one of them is an error of the build (scripts/messages.ts).
import { createI18n } from 'vue-i18n'

export const LANGUAGES = ['ru', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

const KEY = 'bank.language'

/** Russian has three forms for whole numbers: 1 счёт, 2 счёта, 5 счетов. Written in this order. */
function russianForm(count: number, forms: number): number {
  const form = { one: 0, few: 1 }[new Intl.PluralRules('ru').select(count) as string] ?? 2
  return Math.min(form, forms - 1)
}

export const i18n = createI18n({
  legacy: false,
  locale: 'ru',
  messages: {} as Record<Language, Record<string, never>>,
  pluralRules: { ru: russianForm },
  missingWarn: true,
  fallbackWarn: true,
})

const loaders = { ru: () => import('./ru'), en: () => import('./en') }

/** Show everything in a language from now on, and remember it for the next visit. */
export async function useLanguage(language: Language): Promise<void> {
  if (!i18n.global.availableLocales.includes(language) || !Object.keys(i18n.global.getLocaleMessage(language)).length) {
    const { default: messages } = await loaders[language]()
    i18n.global.setLocaleMessage(language, messages as never)
  }
  i18n.global.locale.value = language
  document.documentElement.lang = language
  localStorage.setItem(KEY, language)
}

/** What was chosen before; else what the browser asks for first of what there is. */
export function firstLanguage(): Language {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages.map((tag) => tag.slice(0, 2))]
  return wanted.find((tag): tag is Language => LANGUAGES.includes(tag as Language)) ?? 'en'
}
