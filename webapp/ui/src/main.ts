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
import { rememberStores } from '@/stores/forget'
import { useLive } from '@/stores/live'
import { useSession, type Ending } from '@/stores/session'

/** To the login page; the way back is kept, but for whoever has left. */
function leave(why: Ending): void {
  const to = router.currentRoute.value.fullPath
  useSession().lost(why)
  void router.push({ name: 'login', query: why === 'signed_out' || to === '/' ? {} : { to } })
}

async function begin(): Promise<void> {
  useTheme()
  await useLanguage(firstLanguage())
  const app = createApp(App).use(createPinia().use(rememberStores)).use(i18n).use(router)
  whenSignedOut(() => {
    if (useSession().current) leave(useLive().whyEnded())
  })
  useSession().whenTold((message) => {
    const { current } = useSession()
    if (message === 'signed_out' && current) leave('signed_out')
    // Whoever it was that signed in: this tab shows what is theirs, from the beginning.
    else if (message === 'signed_in') window.location.reload()
  })
  app.mount('#app')
  if ('serviceWorker' in navigator && import.meta.env.PROD) void navigator.serviceWorker.register('/sw.js')
}

// Without its language there is nothing to show but the page that needs none.
begin().catch(() => window.location.replace('/offline.html'))
