// Begins: language and theme first, so that nothing is shown in the wrong one, then the pages.
import '@fontsource-variable/golos-text/wght.css'
import '@/styles/tokens.css'
import '@/styles/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from '@/App.vue'
import { whenSignedOut } from '@/api/client'
import { keepOfflinePage } from '@/composables/offlinePage'
import { prepareFormats } from '@/composables/useFormat'
import { useTheme } from '@/composables/useTheme'
import { whenIdle } from '@/composables/whenIdle'
import { firstLanguage, i18n, useLanguage } from '@/i18n'
import { router } from '@/router'
import { rememberStores } from '@/stores/forget'
import { useLive } from '@/stores/live'
import { useSession, type Ending } from '@/stores/session'

/** To the login page; the way back is kept, but for whoever has left. */
function leave(why: Ending): void {
  const to = router.currentRoute.value.fullPath
  useSession().lost(why)
  // where that page cannot be loaded, the router has said so (onError)
  router.push({ name: 'login', query: why === 'signed_out' || to === '/' ? {} : { to } }).catch(() => undefined)
}

/**
 * Another tab has signed in. If that is the same user, all here stays: a form that is half filled, a code that is shown once. Else this tab
 * shows what is the other's, from the beginning. (The login page goes on by itself.)
 */
async function signedInElsewhere(): Promise<void> {
  const session = useSession()
  if (session.current && !(await session.isStill())) window.location.reload()
}

/** What the first page is made of is asked for beside its language and its session: none of them need wait for another. */
function fetchFirstPage(): void {
  for (const { components } of router.resolve(window.location.pathname).matched) {
    const load = components?.default
    // that it cannot be had is told by the router, which wants it next
    if (typeof load === 'function') void (load as () => Promise<unknown>)().catch(() => undefined)
  }
}

async function begin(): Promise<void> {
  useTheme()
  // loading all this was a long task, and what follows is another: the browser may answer in between
  await new Promise((resolve) => setTimeout(resolve))
  const chosen = firstLanguage()
  const language = useLanguage(chosen)
  fetchFirstPage()
  const app = createApp(App).use(createPinia().use(rememberStores)).use(i18n).use(router)
  prepareFormats(chosen)
  await language
  whenSignedOut(() => {
    if (useSession().current) leave(useLive().whyEnded())
  })
  useSession().whenTold((message) => {
    const { current } = useSession()
    if (message === 'signed_out' && current) leave('signed_out')
    else if (message === 'signed_in') void signedInElsewhere()
  })
  app.mount('#app')
  whenIdle(keepOfflinePage)
}

// Without its language there is nothing to show but the page that needs none.
begin().catch(() => window.location.replace('/offline.html'))
