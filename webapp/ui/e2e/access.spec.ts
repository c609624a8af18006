import { expect, freshCode, test, users } from './bank'

test.use({ who: 'nobody' })

test('signs in with name, password and code', async ({ page }) => {
  const user = users.customer9!
  await page.goto('/')
  await expect(page).toHaveURL('/login')
  await page.getByLabel('User name').fill(user.login)
  await page.getByLabel('Password').fill(user.password)
  await page.getByLabel('One-time code').fill(await freshCode(user))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
})
