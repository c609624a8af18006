// Every page, in both languages and themes, on a phone and a desk: axe finds nothing, nothing scrolls sideways down to 320 px or at a zoom of
// 200 %, no key of a message is shown, and neither the browser's storage nor its addresses keep anything of the customer. A picture of each
// is in test-results/pages. One load for a page and language; theme and size change without one. customer6, who is only looked at; staff1 and staff2.
import { readdirSync, readFileSync } from 'node:fs'
import type { APIRequestContext, Page } from '@playwright/test'
import { everydayLife } from './arrange'
import { violationsOf } from './axe'
import { expect, settled, test as base, users, type Language, type Theme } from './bank'
import { CACHED, KEYS, kept, open, PLACES, type Place } from './places'

const test = base.extend({ user: async ({ user, who }, use) => use(who === 'customer' ? users.customer6! : user) })
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } }
const AREAS = readdirSync('src/messages/en').map((file) => file.replace('.json', ''))
const KEY_OF_MESSAGE = new RegExp(`\\b(${[...AREAS, 'title', 'language', 'theme'].join('|')})\\.[a-z_]+`, 'g')

/** What of the page reaches beyond its window; charts need a moment to follow it. */
function beyond(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { documentElement } = document
    for (let n = 0; n < 30 && documentElement.scrollWidth > documentElement.clientWidth; n++)
      await new Promise((resolve) => setTimeout(resolve, 100))
    const width = documentElement.clientWidth
    if (documentElement.scrollWidth <= width) return []
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`)
      .slice(-3)
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
  await open(page, api, place)
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
  expect.soft(found.cached.filter((cachedPath) => !CACHED.includes(cachedPath))).toEqual([])
}

test.describe.configure({ mode: 'parallel' })

// Pages are looked at with something on them: cards, a loan, a standing order, what was spent.
test.beforeAll(() => void everydayLife(users.customer6!))

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
