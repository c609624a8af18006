// customer6 has a loan by everydayLife(); it is only looked at.
import { everydayLife } from './arrange'
import { expect, settled, test as base, users } from './bank'
import { looksRight } from './sound'

const test = base.extend({ user: async ({}, use) => use(users.customer6!) })
test.beforeAll(() => void everydayLife(users.customer6!))

for (const language of ['en', 'ru'] as const) {
  test.describe(language, () => {
    test.use({ language })
    test('shows loans and the schedule of one', async ({ page }, info) => {
      await page.goto('/loans')
      await settled(page)
      await looksRight(page, info, `loans-${language}`)
      await page.locator('.loans h2 a').first().click()
      await settled(page)
      await page.locator('summary').click()
      await expect(page.getByRole('row')).toHaveCount(26)
      await looksRight(page, info, `loan-${language}`)
    })
  })
}

test('says where there is none', async ({ page }) => {
  await page.route('**/api/v1/loans', (route) => route.fulfill({ json: { items: [] } }))
  await page.goto('/loans')
  await expect(page.getByText('You have no loan with us.')).toBeVisible()
  await page.goto('/loans/999')
  await expect(page.getByRole('alert')).toContainText('not yours')
})
