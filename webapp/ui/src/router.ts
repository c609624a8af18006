// Which page is where, and whose it is. Nobody sees a page of an account without a session; staff and customers have pages of their own.
import {
  createRouter,
  createWebHistory,
  isNavigationFailure,
  NavigationFailureType,
  type RouteRecordRaw,
} from 'vue-router'
import { Problem, Unreachable } from '@/api/client'
import { failedPath, failure, failureOf } from '@/composables/useFailure'
import { wantedPath } from '@/composables/useWayOn'
import { useSession } from '@/stores/session'
import { useStepUp } from '@/stores/stepUp'

declare module 'vue-router' {
  interface RouteMeta {
    /** who may see it; without one everybody, signed in or not */
    who?: 'customer' | 'staff' | 'anybody'
    /** key of the page's title */
    title: string
  }
}

const customer = (path: string, title: string, component: RouteRecordRaw['component']): RouteRecordRaw =>
  ({ path, name: title, component, meta: { who: 'customer', title: `title.${title}` } }) as RouteRecordRaw
const staff = (path: string, title: string, component: RouteRecordRaw['component']): RouteRecordRaw =>
  ({ path, name: title, component, meta: { who: 'staff', title: `title.${title}` } }) as RouteRecordRaw

const routes: RouteRecordRaw[] = [
  { path: '/login', name: 'login', component: () => import('@/views/LoginView.vue'), meta: { title: 'title.login' } },
  {
    path: '/register',
    name: 'register',
    component: () => import('@/views/RegisterView.vue'),
    meta: { title: 'title.register' },
  },
  customer('/', 'overview', () => import('@/views/OverviewView.vue')),
  customer('/accounts/:accountId(\\d+)', 'account', () => import('@/views/AccountView.vue')),
  customer('/accounts/:accountId(\\d+)/transactions', 'transactions', () => import('@/views/TransactionsView.vue')),
  customer('/transfer', 'transfer', () => import('@/views/TransferView.vue')),
  customer('/transfer/confirm', 'transfer_confirm', () => import('@/views/TransferConfirmView.vue')),
  // Versions 4 and 7, as the API has it: of others it knows nothing, which must not be taken for "not made".
  customer(
    '/transfers/:uuid([0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})',
    'transfer_outcome',
    () => import('@/views/TransferOutcomeView.vue'),
  ),
  customer('/cards', 'cards', () => import('@/views/CardsView.vue')),
  customer('/beneficiaries', 'beneficiaries', () => import('@/views/BeneficiariesView.vue')),
  customer('/standing-orders', 'standing_orders', () => import('@/views/StandingOrdersView.vue')),
  customer('/loans', 'loans', () => import('@/views/LoansView.vue')),
  customer('/loans/:loanId(\\d+)', 'loan', () => import('@/views/LoanView.vue')),
  customer('/statements', 'statements', () => import('@/views/StatementsView.vue')),
  customer('/profile', 'profile', () => import('@/views/ProfileView.vue')),
  staff('/staff', 'staff', () => import('@/views/StaffView.vue')),
  staff('/staff/customers/:partyId(\\d+)', 'staff_customer', () => import('@/views/StaffCustomerView.vue')),
  staff('/staff/audit', 'staff_audit', () => import('@/views/StaffAuditView.vue')),
  {
    path: '/security',
    name: 'security',
    component: () => import('@/views/SecurityView.vue'),
    meta: { who: 'anybody', title: 'title.security' },
  },
  {
    path: '/notifications',
    name: 'notifications',
    component: () => import('@/views/NotificationsView.vue'),
    meta: { who: 'anybody', title: 'title.notifications' },
  },
  {
    path: '/offline',
    name: 'offline',
    component: () => import('@/views/OfflineView.vue'),
    meta: { title: 'title.offline' },
  },
  {
    path: '/:rest(.*)*',
    name: 'not_found',
    component: () => import('@/views/NotFoundView.vue'),
    meta: { title: 'title.not_found' },
  },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
})

router.beforeEach(async (to) => {
  if (to.name === 'offline') return true
  const session = useSession()
  // Pages before sign-in ask nothing: the answer to whoever has no session would be an error.
  if (!to.meta.who) {
    if (to.name === 'login') await session.knownByCookie()
    return to.name === 'login' && session.current ? (wantedPath(to.query.to) ?? session.home) : true
  }
  try {
    await session.known()
  } catch (error) {
    if (error instanceof Unreachable || error instanceof Problem) return { name: 'offline', query: { to: to.fullPath } }
    throw error
  }
  const role = session.current?.role
  if (!role) return { name: 'login', query: to.fullPath === '/' ? {} : { to: to.fullPath } }
  if (to.meta.who !== 'anybody' && to.meta.who !== role)
    return role === 'staff' && to.path === '/'
      ? '/staff'
      : { name: 'not_found', params: { rest: to.path.slice(1).split('/') } }
  return true
})

// A page that cannot be loaded says so (components/ErrorBoundary), until another one is opened.
router.onError((error, to) => {
  failure.value = failureOf(error, navigator.onLine)
  failedPath.value = to.fullPath
})

// A new page begins at its top; on the way back the browser knows where it was. The router's own memory of that would keep addresses, and
// with them what was searched for, in the browser's storage.
let back = false
window.addEventListener('popstate', () => (back = true))

router.afterEach((to, from, failed) => {
  // Back to the page that one is still on, from one that could not be loaded, is a way on, too, though it leads nowhere else.
  if (!failed || isNavigationFailure(failed, NavigationFailureType.duplicated)) {
    failure.value = null
    failedPath.value = null
    if (to.path !== from.path) useStepUp().leave()
  }
  if (!failed && !back && to.path !== from.path) window.scrollTo(0, 0)
  back = false
  forgetScroll()
})

// The router writes down where each page was scrolled to, by address: in the browser's storage nothing is left of it.
function forgetScroll(): void {
  sessionStorage.removeItem('vue-router:scroll')
}
window.addEventListener('pagehide', forgetScroll)
