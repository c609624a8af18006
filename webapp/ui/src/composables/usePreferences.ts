// Language and theme, kept at the bank for the customer, and in the browser because the login page has both.
import { ask, GET, PATCH, type Schemas } from '@/api/client'
import { useTheme, type Theme } from '@/composables/useTheme'
import { i18n, LANGUAGES, useLanguage, type Language } from '@/i18n'

export function usePreferences() {
  const { theme, setTheme } = useTheme()

  async function show({ language, theme }: Pick<Schemas['Preferences'], 'language' | 'theme'>): Promise<void> {
    if (LANGUAGES.includes(language as Language)) await useLanguage(language as Language)
    setTheme(theme as Theme)
  }

  /** What the bank knows of the customer wins over what the browser had. */
  async function adopt(): Promise<void> {
    await show(await ask(GET('/api/v1/profile')))
  }

  /** Shown only as the bank has taken it. */
  async function change(wanted: Schemas['ChangePreferencesRequest']): Promise<Schemas['Preferences']> {
    const kept = await ask(PATCH('/api/v1/profile', { body: wanted }))
    await show(kept)
    return kept
  }

  /** Kept in the browser once more: signing out makes it forget everything that the pages kept. */
  async function keep(): Promise<void> {
    await show({ language: i18n.global.locale.value, theme: theme.value })
  }

  return { adopt, change, keep }
}
