// Several tabs of one browser, and a session that is the same for all.
import type { Page } from '@playwright/test'
import { expect, settled, test } from './bank'

const NOBODY = { status: 401, contentType: 'application/problem+json', json: { code: 'no_session', status: 401 } }

/** As if another tab had just signed in. */
const tellSignedIn = (page: Page) => page.evaluate(() => new BroadcastChannel('bank.session').postMessage('signed_in'))

test('goes on from the login page where there is a session', async ({ page, context }) => {
  await page.goto('/login?to=/profile')
  await expect(page).toHaveURL('/profile')
  await expect(page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible()
  // and where the worker of the offline page stands between
  await expect.poll(() => page.evaluate(() => !!navigator.serviceWorker.controller)).toBe(true)
  await page.goto('/login')
  await expect(page).toHaveURL('/')
  await settled(page)

  // without the cookie nothing is asked
  await context.clearCookies()
  const asked: string[] = []
  page.on('request', (request) => request.url().endsWith('/session') && asked.push(request.url()))
  await page.goto('/login')
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible()
  expect(asked).toEqual([])
})

test('goes on from the login page as soon as another tab has signed in', async ({ page, context }) => {
  // as if the session had not been there yet
  await page.route('**/api/v1/session', (route) => route.fulfill(NOBODY))
  await page.goto('/login?to=/profile')
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible()
  await page.unroute('**/api/v1/session')
  const second = await context.newPage()
  await second.goto('/no/such/page')
  await tellSignedIn(second)
  // in the language that the bank knows
  await expect(page.getByRole('heading', { level: 1, name: /^(Profile|Профиль)$/ })).toBeVisible()
})

test('keeps what is half filled where the same user signs in again, and begins anew for another', async ({
  page,
  context,
}) => {
  await page.goto('/security')
  const field = page.getByLabel('Present password')
  await field.fill('half of it')
  const second = await context.newPage()
  await second.goto('/profile')
  const asked = page.waitForResponse('**/api/v1/session')
  await tellSignedIn(second)
  const session = await (await asked).json()
  await expect(page.getByRole('heading', { level: 1, name: 'Security' })).toBeVisible()
  await expect(field).toHaveValue('half of it')

  await page.route('**/api/v1/session', (route) => route.fulfill({ json: { ...session, login: 'somebody.else' } }))
  const loaded = page.waitForEvent('load')
  await tellSignedIn(second)
  await loaded
  await expect(field).toHaveValue('')
})
