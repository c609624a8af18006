// No network, a bank that does not answer, pages that were renewed or that throw: each says so and goes on.
import { expect, test } from './bank'
import { expectSound } from './sound'

test('says that there is no connection, and stops saying it by itself', async ({ page, context }) => {
  await page.goto('/security')
  await expect(page.getByRole('heading', { name: 'Security' })).toBeVisible()
  await context.setOffline(true)
  const bar = page.getByText('No connection to the bank.')
  await expect(bar).toBeVisible()
  await expectSound(page)
  await context.setOffline(false)
  await expect(bar).toBeHidden({ timeout: 15_000 })
})

test('says it, too, where the bank does not answer though there is a network', async ({ page }) => {
  await page.goto('/security')
  await expect(page.getByRole('heading', { name: 'Security' })).toBeVisible()
  await page.route('**/api/v1/live', (route) => route.abort())
  const bar = page.getByText('No connection to the bank.')
  await expect(bar).toBeVisible({ timeout: 15_000 })
  await page.unroute('**/api/v1/live')
  await expect(bar).toBeHidden({ timeout: 15_000 })
})

test('waits for the bank, and goes on to where one wanted to go', async ({ page }) => {
  await page.route('**/api/v1/session', (route) => route.abort())
  await page.goto('/security')
  await expect(page.getByRole('heading', { name: 'No connection' })).toBeVisible()
  await expectSound(page)
  await page.unroute('**/api/v1/session')
  await expect(page.getByRole('heading', { name: 'Security' })).toBeVisible({ timeout: 15_000 })
})

test('has a page of its own without a network, and nothing else of the bank’s', async ({ page, context }) => {
  await page.goto('/security')
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state)
  await expect.poll(() => page.evaluate(() => !!navigator.serviceWorker.controller)).toBe(true)
  expect(
    await page.evaluate(async () => {
      const names = await caches.keys()
      const kept = await Promise.all(
        names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)),
      )
      return kept.flat().sort()
    }),
  ).toEqual(['/offline.css', '/offline.html'])
  await context.setOffline(true)
  await page.goto('/profile')
  await expect(page.getByRole('heading', { name: 'Нет связи с банком' })).toBeVisible()
  await expectSound(page)
  await context.setOffline(false)
  await page.getByRole('link', { name: 'open the bank again' }).click()
  await expect(page).toHaveURL('/')
})

test('offers to reload where a part of a page is not there any more', async ({ page }) => {
  await page.goto('/security')
  await page.route('**/assets/ProfileView-*.js', (route) => route.fulfill({ status: 404 }))
  await page.getByRole('link', { name: 'Profile' }).click()
  await expect(page.getByRole('heading', { name: 'The pages have been renewed' })).toBeVisible()
  await expectSound(page)
  // the page that one was on is still there
  await page.getByRole('link', { name: 'Security' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Security' })).toBeVisible()
  await page.getByRole('link', { name: 'Profile' }).click()
  await expect(page.getByRole('heading', { name: 'The pages have been renewed' })).toBeVisible()
  await page.unroute('**/assets/ProfileView-*.js')
  await page.getByRole('button', { name: 'Reload the page' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible()
})

const OVER = { status: 401, contentType: 'application/problem+json', json: { code: 'no_session', status: 401 } }

test('has the login page before a session ends, so that it needs no network then', async ({ page }) => {
  const loaded = page.waitForResponse('**/assets/LoginView-*.js')
  await page.goto('/security')
  await (await loaded).finished()
  await page.route('**/assets/**', (route) => route.abort())
  await page.route('**/api/v1/live', (route) => route.fulfill(OVER))
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible({ timeout: 15_000 })
})

test('says so where a session ends and the login page cannot be loaded', async ({ page }) => {
  await page.route('**/assets/LoginView-*.js', (route) => route.fulfill({ status: 404 }))
  await page.goto('/security')
  await expect(page.getByRole('heading', { level: 1, name: 'Security' })).toBeVisible()
  await page.route('**/api/v1/live', (route) => route.fulfill(OVER))
  await expect(page.getByRole('heading', { name: 'The pages have been renewed' })).toBeVisible({ timeout: 15_000 })
  await page.unroute('**/assets/LoginView-*.js')
  await page.getByRole('button', { name: 'Reload the page' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})

test('shows what to do where a page throws, and leaves it for another', async ({ page }) => {
  await page.route('**/api/v1/profile', (route) => route.fulfill({ json: { addresses: 7 } }))
  await page.goto('/profile')
  await expect(page.getByRole('heading', { name: 'This page cannot be shown' })).toBeVisible()
  await expectSound(page)
  await page.getByRole('link', { name: 'Security' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Security' })).toBeVisible()
})

test('says that there is no such page', async ({ page }) => {
  await page.goto('/no/such/page')
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible()
  await expectSound(page)
})
