// customer6 has the life of everydayLife(); its data are only looked at.
import { everydayLife } from './arrange'
import { expect, settled, test as base, users } from './bank'
import { looksRight } from './sound'

const test = base.extend({ user: async ({}, use) => use(users.customer6!) })
test.beforeAll(() => void everydayLife(users.customer6!))

for (const language of ['en', 'ru'] as const) {
  test.describe(language, () => {
    test.use({ language })
    test('shows accounts, transactions, what comes next and what was spent', async ({ page }, info) => {
      await page.goto('/')
      await settled(page)
      const main = page.getByRole('main')
      await expect(main.getByText(language === 'ru' ? 'Соседний' : 'Current account').first()).toBeVisible()
      await expect(main.getByText('Music lessons')).toBeVisible()
      await main.getByRole('combobox').selectOption('ninety_days')
      await expect(main.getByRole('img', { name: /Spent|потрачено/ })).toBeVisible()
      await looksRight(page, info, `overview-${language}`)
    })
  })
}

test('shows a transaction in full and gives the focus back', async ({ page }) => {
  await page.goto('/')
  await settled(page)
  const entry = page.getByRole('main').locator('button.entry').first()
  await entry.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toContainText('Transfer number')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(entry).toBeFocused()
})

test('says what to do without an account', async ({ page }, info) => {
  await page.route('**/api/v1/accounts', (route) => route.fulfill({ json: { items: [] } }))
  await page.goto('/')
  await expect(page.getByRole('heading', { name: 'You have no account with us yet' })).toBeVisible()
  await looksRight(page, info, 'overview-none')
})

test('says what went wrong and tries again', async ({ page }) => {
  const fail = { status: 503, contentType: 'application/problem+json', json: { code: 'unavailable', status: 503 } }
  await page.route('**/api/v1/accounts', (route) => route.fulfill(fail))
  await page.goto('/')
  await expect(page.getByRole('alert').first()).toContainText('not available right now')
  await page.unroute('**/api/v1/accounts')
  await page.getByRole('button', { name: 'Try again' }).first().click()
  await expect(page.getByRole('link', { name: /40817/ }).first()).toBeVisible()
})

test('says that figures are of before where they cannot be brought up to date', async ({ page }) => {
  await page.goto('/')
  await settled(page)
  const fail = { status: 500, contentType: 'application/problem+json', json: { code: 'internal', status: 500 } }
  await page.route('**/api/v1/accounts', (route) => route.fulfill(fail))
  await page.getByRole('link', { name: 'Cards', exact: true }).click()
  await page.getByRole('link', { name: 'Overview', exact: true }).click()
  const stale = page.getByText('could not be brought up to date')
  await expect(stale).toBeVisible()
  await expect(page.getByRole('link', { name: /40817/ }).first()).toBeVisible()
  await page.getByRole('link', { name: /40817/ }).first().click()
  await expect(stale).toBeVisible()
  await page.getByRole('link', { name: 'Statements', exact: true }).click()
  await expect(stale).toBeVisible()
  await page.unroute('**/api/v1/accounts')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(stale).toBeHidden()
})

test('shows no sums of this month under the last one’s name', async ({ page }) => {
  await page.goto('/')
  await settled(page)
  const spending = page.locator('section', { has: page.getByRole('heading', { name: 'Spending by category' }) })
  const span = spending.getByRole('combobox')
  await span.selectOption('ninety_days')
  await expect(spending.getByRole('table')).toBeVisible()
  let fail = () => {}
  const failed = new Promise<void>((resolve) => (fail = resolve))
  await page.route('**/spending?*', async (route) => {
    await failed
    await route.abort()
  })
  await span.selectOption('last_month')
  await expect(spending).toHaveAttribute('aria-busy', 'true')
  await expect(spending.getByRole('table')).toHaveCount(0)
  fail()
  await expect(spending.getByRole('alert')).toBeVisible()
  await expect(spending.getByRole('table')).toHaveCount(0)
})
