// Light, dark, or as the system has it; kept in the browser, because the login page has a theme, too.
import { ref } from 'vue'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'bank.theme'
const stored = localStorage.getItem(KEY) as Theme
const theme = ref<Theme>(THEMES.includes(stored) ? stored : 'system')

function show(): void {
  if (theme.value === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme.value
}

export function useTheme() {
  show()
  return {
    theme,
    setTheme(chosen: Theme): void {
      theme.value = chosen
      localStorage.setItem(KEY, chosen)
      show()
    },
  }
}
