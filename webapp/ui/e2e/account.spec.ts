// customer6 has the life of everydayLife(); its data are only looked at.
import { everydayLife } from './arrange'
import { expect, settled, test as base, users } from './bank'
import { looksRight } from './sound'

const test = base.extend({ user: async ({}, use) => use(users.customer6!) })
let account = 0
test.beforeAll(() => void (account = everydayLife(users.customer6!)))

for (const language of ['en', 'ru'] as const) {
  test.describe(language, () => {
    test.use({ language })
    test('shows an account with its charts and tables', async ({ page }, info) => {
      await page.goto(`/accounts/${account}`)
      await settled(page)
      const [balance, spending] = [page.locator('section', { has: page.locator('.canvas') }), page.locator('.spending')]
      await page.getByRole('main').getByRole('combobox').nth(1).selectOption('ninety_days')
      await expect(balance.getByRole('img')).toHaveAttribute('aria-label', /₽.*₽.*₽.*₽/)
      await expect(spending.getByRole('img')).toHaveAttribute('aria-label', /₽/)
      await expect(spending.getByRole('rowheader')).not.toHaveCount(0)
      await balance.locator('summary').click()
      await expect(balance.getByRole('row').nth(5)).toBeVisible()
      await looksRight(page, info, `account-${language}`)
    })
  })
}

test('leads from a category to its transactions, which add up to it', async ({ page }) => {
  await page.goto(`/accounts/${account}`)
  await page.getByRole('main').getByRole('combobox').nth(1).selectOption('ninety_days')
  await settled(page)
  const row = page
    .locator('.spending tbody tr')
    .filter({ has: page.getByRole('link') })
    .first()
  const wanted = await row.locator('.money').innerText()
  await row.getByRole('link').click()
  await expect(page).toHaveURL(/mcc=G\d+/)
  await settled(page)
  const amounts = await page.locator('.entry:not(:has(.badge:not(.warn))) .money').allInnerTexts()
  const minor = (text: string) => Number(text.replace(/[^\d]/g, ''))
  expect(amounts.reduce((sum, text) => sum + minor(text), 0)).toBe(minor(wanted))
})

test('copies the number', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.goto(`/accounts/${account}`)
  await page.getByRole('button', { name: 'Copy account number' }).click()
  await expect(page.getByText('Copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^\d{20}$/)
})

test('tells nothing of the account of somebody else', async ({ page }) => {
  await page.goto('/accounts/1')
  await expect(page.getByRole('alert')).toContainText('not yours')
})
