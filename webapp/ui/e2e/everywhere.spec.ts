// Every page, in both languages and themes, on a phone and a desk: axe finds nothing, nothing scrolls sideways down to 320 px or at a zoom of
// 200 %, no key of a message is shown, and neither the browser's storage nor its addresses keep anything of the customer. A picture of each
// is in test-results/pages. One load for a page and language; theme and size change without one. The standing customers; staff1 and staff2.
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { APIRequestContext, Page } from '@playwright/test'
import { violationsOf } from './axe'
import { expect, settled, test, users, type Language, type Theme } from './bank'
import { purseOf, toConfirm } from './pay'

type Who = 'customer' | 'staff' | 'nobody'
interface Place {
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
  await page.goto('/login')
}

async function openConfirm(page: Page): Promise<void> {
  await toConfirm(page, { to: purseOf(users.customer11!).no, amount: '1', narrative: 'За обед' })
}

const account = async (api: APIRequestContext) => `/accounts/${(await first(api, 'accounts')).account_id}`

/** All of src/router.ts; the test below sees to it. */
const PLACES: Place[] = [
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

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } }
const AREAS = readdirSync('src/messages/en').map((file) => file.replace('.json', ''))
const KEY_OF_MESSAGE = new RegExp(`\\b(${[...AREAS, 'title', 'language', 'theme'].join('|')})\\.[a-z_]+`, 'g')
const KEYS = ['bank.language', 'bank.theme']

/** How far the page reaches beyond its window, and what does. */
function beyond(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`)
      .slice(-3)
  })
}

/** What a script finds in the browser's storage. */
function kept(
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

async function look(page: Page, place: Place, language: Language, theme: Theme): Promise<void> {
  await page.evaluate((chosen) => (document.documentElement.dataset.theme = chosen), theme)
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport)
    const where = `${place.name}-${language}-${theme}-${size}`
    // the other theme has the same elements in other colours
    const rules = theme === 'light' ? [] : ['color-contrast', 'link-in-text-block']
    expect.soft(await violationsOf(page, rules), `axe: ${where}`).toEqual([])
    expect.soft(await beyond(page), `too wide: ${where}`).toEqual([])
    await page.screenshot({ path: `test-results/pages/${where}.png`, fullPage: true, animations: 'disabled' })
  }
}

async function check(page: Page, api: APIRequestContext, place: Place, language: Language): Promise<void> {
  const path = typeof place.path === 'string' ? place.path : await place.path(api)
  if (place.open) await place.open(page)
  else await page.goto(path)
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible()
  await settled(page)
  for (const theme of ['light', 'dark'] as const) await look(page, place, language, theme)
  // The second is a desk of 1280 at 200 %.
  for (const width of [320, 640]) {
    await page.setViewportSize({ width, height: 640 })
    expect.soft(await beyond(page), `too wide at ${width}: ${place.name}-${language}`).toEqual([])
  }
  const text = await page.locator('body').innerText()
  expect.soft(text.match(KEY_OF_MESSAGE) ?? [], `keys: ${place.name}`).toEqual([])
  expect.soft(await page.locator('html').getAttribute('lang')).toBe(language)
  expect.soft(new URL(page.url()).search, `address of ${place.name}`).toMatch(/^(\?to=[\w/-]*)?$/)
  const found = await kept(page)
  expect.soft(found.keys, `storage: ${place.name}`).toEqual(KEYS)
  expect.soft(found.cookies, `cookies that a script sees: ${place.name}`).toBe('')
  expect.soft(found.databases).toBe(0)
  expect.soft(found.cached.filter((cachedPath) => cachedPath !== '/offline.html')).toEqual([])
}

test.describe.configure({ mode: 'parallel' })

test('no page is left out', () => {
  const router = readFileSync('src/router.ts', 'utf8')
  const names = [
    ...router.matchAll(/\b(?:customer|staff)\(\s*'[^']+',\s*'(\w+)'|\bname: '(\w+)'[^}]*\bcomponent:/g),
  ].map(([, given, named]) => given ?? named)
  expect([...new Set(names)].sort()).toEqual(PLACES.map(({ name }) => name).sort())
})

for (const language of ['ru', 'en'] as const)
  for (const who of ['nobody', 'customer', 'staff'] as const)
    test.describe(`${who}, ${language}`, () => {
      test.use({ who, language })
      for (const place of PLACES.filter((one) => one.who === who))
        test(place.name, async ({ page, context, faults }) => {
          await check(page, context.request, place, language)
          expect(faults).toEqual([])
        })
    })
