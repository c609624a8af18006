// Where every page is, for the tests that look at all of them, and what the browser has kept of them.
import { randomUUID } from 'node:crypto'
import type { APIRequestContext, Page } from '@playwright/test'
import { users } from './bank'
import { purseOf, toConfirm } from './pay'

type Who = 'customer' | 'staff' | 'nobody'
export interface Place {
  name: string
  who: Who
  path: string | ((api: APIRequestContext) => Promise<string>)
  /** how it is opened, where an address is not enough */
  open?: (page: Page) => Promise<void>
}

const first = async (api: APIRequestContext, list: string) => (await (await api.get(`/api/v1/${list}`)).json()).items[0]

async function loanPath(api: APIRequestContext): Promise<string> {
  // who has no loan sees the page that says so
  return `/loans/${(await first(api, 'loans'))?.loan_id ?? 1}`
}

async function transferPath(api: APIRequestContext): Promise<string> {
  const { items } = await (await api.get('/api/v1/accounts')).json()
  for (const { account_id } of items) {
    const page = await (await api.get(`/api/v1/accounts/${account_id}/transactions?limit=50`)).json()
    const known = page.items.find((one: { kind: string }) => one.kind === 'payment')
    if (known) return `/transfers/${known.transfer_uuid}`
  }
  return `/transfers/${randomUUID()}`
}

async function customerPath(api: APIRequestContext): Promise<string> {
  const found = await (await api.get('/api/v1/staff/customers?query=4')).json()
  return `/staff/customers/${found.items?.[0]?.party_id ?? 4}`
}

/** Nobody answers: only so is this page seen. */
async function openOffline(page: Page): Promise<void> {
  await page.route('**/api/v1/**', (route) => route.abort())
  await page.goto('/')
}

async function openConfirm(page: Page): Promise<void> {
  await toConfirm(page, { to: purseOf(users.customer11!).no, amount: '1', narrative: 'За обед' })
}

const account = async (api: APIRequestContext) => `/accounts/${(await first(api, 'accounts')).account_id}`

/** All of src/router.ts; the test below sees to it. */
export const PLACES: Place[] = [
  { name: 'login', who: 'nobody', path: '/login' },
  { name: 'register', who: 'nobody', path: '/register' },
  { name: 'offline', who: 'nobody', path: '/offline', open: openOffline },
  { name: 'not_found', who: 'nobody', path: '/no/such/page' },
  { name: 'overview', who: 'customer', path: '/' },
  { name: 'account', who: 'customer', path: account },
  { name: 'transactions', who: 'customer', path: async (api) => `${await account(api)}/transactions` },
  { name: 'transfer', who: 'customer', path: '/transfer' },
  { name: 'transfer_confirm', who: 'customer', path: '/transfer/confirm', open: openConfirm },
  { name: 'transfer_outcome', who: 'customer', path: transferPath },
  { name: 'cards', who: 'customer', path: '/cards' },
  { name: 'beneficiaries', who: 'customer', path: '/beneficiaries' },
  { name: 'standing_orders', who: 'customer', path: '/standing-orders' },
  { name: 'loans', who: 'customer', path: '/loans' },
  { name: 'loan', who: 'customer', path: loanPath },
  { name: 'statements', who: 'customer', path: '/statements' },
  { name: 'profile', who: 'customer', path: '/profile' },
  { name: 'security', who: 'customer', path: '/security' },
  { name: 'notifications', who: 'customer', path: '/notifications' },
  { name: 'staff', who: 'staff', path: '/staff' },
  { name: 'staff_customer', who: 'staff', path: customerPath },
  { name: 'staff_audit', who: 'staff', path: '/staff/audit' },
]

/** Opens a page. */
export async function open(page: Page, api: APIRequestContext, place: Place): Promise<void> {
  const path = typeof place.path === 'string' ? place.path : await place.path(api)
  if (place.open) await place.open(page)
  else await page.goto(path)
}

/** All that may be in the browser's storage, and in its cache. */
export const CACHED = ['/offline.css', '/offline.html']
export const KEYS = ['bank.language', 'bank.theme']

/** What a script finds in the browser's storage. */
export function kept(
  page: Page,
): Promise<{ keys: string[]; values: string[]; cookies: string; databases: number; cached: string[] }> {
  return page.evaluate(async () => {
    const cached: string[] = []
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) cached.push(new URL(url).pathname)
    return {
      keys: [...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort(),
      values: Object.values(localStorage).map(String),
      cookies: document.cookie,
      databases: (await indexedDB.databases()).length,
      cached,
    }
  })
}
