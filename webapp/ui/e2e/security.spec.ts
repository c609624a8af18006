// Password, recovery codes, sessions and their end, all of customer4: its sessions end here, its password is changed and changed back.
import { expect, freshCode, signIn, test, users } from './bank'
import { sql } from './database'
import { expectSound } from './sound'

test.use({ who: 'nobody' })
test.setTimeout(150_000)
const customer = users.customer4!
const live = `FROM bank_online.session AS s JOIN bank_online.app_user AS u USING (user_id) WHERE u.login = '${customer.login}' AND s.ended_at IS NULL`

/** As if nothing had been asked for so long. */
function idle(time: string): void {
  sql(
    `UPDATE bank_online.session SET seen_at = now() - interval '${time}' WHERE session_id IN (SELECT s.session_id ${live})`,
  )
}

test('shows sessions, ends them, changes the password and makes new recovery codes', async ({
  page,
  context,
  browser,
  baseURL,
}) => {
  const elsewhere = await browser.newContext({ baseURL, locale: 'en' })
  await signIn(elsewhere, customer, baseURL!)
  const other = await elsewhere.newPage()
  await other.goto('/profile')
  await signIn(context, customer, baseURL!)
  await page.goto('/security')
  const sessions = page.locator('section', { hasText: 'Where you are signed in' })
  await expect(sessions.getByRole('listitem').first()).toContainText('This device')
  await expectSound(page)
  await sessions
    .getByRole('button', { name: /^End session: / })
    .first()
    .click()
  await expect(page.getByRole('dialog')).toContainText('End this session?')
  await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click()
  await expect(sessions).toContainText('You are signed in nowhere else.')
  // the other page notices by itself
  await expect(other).toHaveURL(/\/login/, { timeout: 15_000 })
  await expect(other.getByRole('status').first()).toContainText(/ended|завершили/)
  await elsewhere.close()

  const change = async (from: string, to: string) => {
    await page.getByLabel('Present password').fill(from)
    await page.getByLabel('New password').fill(to)
    await page.getByRole('button', { name: 'Change password' }).click()
  }
  await change('not the old one', 'verbose copper heron')
  await page
    .getByRole('dialog')
    .getByLabel('One-time code')
    .fill(await freshCode(customer))
  await expectSound(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('The present password is not right.')).toBeVisible()
  await change(customer.password, 'verbose copper heron')
  await expect(page.getByText('The password has been changed.')).toBeVisible()

  await page.getByRole('button', { name: 'Make new recovery codes' }).click()
  const dialog = page.getByRole('dialog')
  const codes = page.getByRole('list', { name: 'Recovery codes' })
  await expect(dialog.or(codes)).toBeVisible()
  // a new password closes the five minutes of the further code
  if (await dialog.isVisible()) {
    await dialog.getByLabel('One-time code').fill(await freshCode(customer))
    await dialog.getByRole('button', { name: 'Confirm' }).click()
  }
  await expect(codes.getByRole('listitem')).toHaveCount(10)
  await expect(page.getByRole('heading', { name: 'Recovery codes' })).toBeFocused()
  await expectSound(page)
  await page.getByLabel('I have kept the codes').check()
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(codes).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Make new recovery codes' })).toBeFocused()
  await change('verbose copper heron', customer.password)
  await expect(page.getByText('The password has been changed.')).toBeVisible()
})

test('warns before an idle session ends, and goes on if one is there', async ({ page, context, baseURL }) => {
  await signIn(context, customer, baseURL!)
  await page.goto('/profile')
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible()
  idle('13 minutes 10 seconds')
  const dialog = page.getByRole('dialog', { name: 'Your session ends soon' })
  await expect(dialog).toBeVisible({ timeout: 15_000 })
  await expect(dialog.getByRole('timer')).toHaveText(/^1:\d\d$/)
  await expectSound(page)
  // Escape again and again, while the bank does not answer: what is not settled is not gone
  await page.route('**/api/v1/session', (route) => route.abort())
  for (let n = 0; n < 3; n++) await page.keyboard.press('Escape')
  await expect(dialog.getByRole('alert')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog.getByRole('alert')).toBeVisible()
  await expect(dialog.getByRole('timer')).toBeVisible()
  await page.unroute('**/api/v1/session')
  await dialog.getByRole('button', { name: 'Stay signed in' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible()

  idle('14 minutes 50 seconds')
  await expect(page).toHaveURL('/login?to=/profile', { timeout: 30_000 })
  await expect(page.getByText('You were signed out because nothing was done for a while.')).toBeVisible()
  await expect(page.getByText(customer.login)).toHaveCount(0)
})

test('tells the other tabs when one signs out', async ({ page, context, baseURL }) => {
  await signIn(context, customer, baseURL!)
  await page.goto('/security')
  const second = await context.newPage()
  await second.goto('/profile')
  await expect(second.getByRole('heading', { name: 'Profile' })).toBeVisible()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL('/login')
  await expect(second).toHaveURL('/login')
  await expect(second.getByText('You have signed out.')).toBeVisible()
  // signing out took the page of no network away with all else; it is here again
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state)
  await expect.poll(() => page.evaluate(() => caches.keys())).toEqual([expect.stringMatching(/^offline-[0-9a-f]{16}$/)])
})
