// Begins: language and theme first, so that nothing is shown in the wrong one, then the pages.
import '@fontsource-variable/golos-text/wght.css'
import '@/styles/tokens.css'
import '@/styles/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from '@/App.vue'
import { whenSignedOut } from '@/api/client'
import { useTheme } from '@/composables/useTheme'
import { firstLanguage, i18n, useLanguage } from '@/i18n'
import { router } from '@/router'
import { useSession } from '@/stores/session'

useTheme()
await useLanguage(firstLanguage())
const app = createApp(App).use(createPinia()).use(i18n).use(router)

whenSignedOut(() => {
  const session = useSession()
  if (!session.current) return
  session.lost('expired')
  void router.push({ name: 'login', query: { to: router.currentRoute.value.fullPath } })
})
app.mount('#app')
if ('serviceWorker' in navigator && import.meta.env.PROD) void navigator.serviceWorker.register('/sw.js')
