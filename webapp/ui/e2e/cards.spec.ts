// customer6 has cards by everydayLife() that are only looked at; those of customer7 are changed.
import { everydayLife } from './arrange'
import { expect, freshCode, settled, test as base, users } from './bank'
import { looksRight } from './sound'

const test = base.extend({ user: async ({}, use) => use(users.customer6!) })
const changing = base.extend({ user: async ({}, use) => use(users.customer7!) })
test.beforeAll(() => {
  everydayLife(users.customer6!)
  everydayLife(users.customer7!)
})

for (const language of ['en', 'ru'] as const) {
  test.describe(language, () => {
    test.use({ language })
    test('shows cards, and why one does not work', async ({ page }, info) => {
      await page.goto('/cards')
      await settled(page)
      for (const last4 of ['4417', '0052', '9901', '7310'])
        await expect(page.getByRole('article', { name: last4 })).toBeVisible()
      await looksRight(page, info, `cards-${language}`)
    })
  })
}

changing('freezes a card and releases it', async ({ page }) => {
  await page.goto('/cards')
  const card = page.getByRole('article', { name: '4417' })
  await card.getByRole('button', { name: 'Freeze' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Freeze' }).click()
  await expect(card.getByText('Frozen by you')).toBeVisible()
  await page.reload()
  await card.getByRole('button', { name: 'Release' }).click()
  await expect(card.getByText('The card works again.')).toBeVisible()
  await expect(page.getByRole('article', { name: '9901' }).getByRole('button')).toHaveCount(0)
})

changing('freezes and releases a card by keyboard, and asks the bank once', async ({ page }) => {
  await page.goto('/cards')
  const card = page.getByRole('article', { name: '4417' })
  let asked = 0
  await page.route('**/api/v1/cards/*', async (route) => {
    if (route.request().method() === 'PATCH') asked++
    await new Promise((resolve) => setTimeout(resolve, 500))
    await route.continue()
  })
  await card.getByRole('button', { name: 'Freeze' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Freeze' })).toBeFocused()
  for (let n = 0; n < 3; n++) await page.keyboard.press('Enter')
  await expect(card.getByRole('button', { name: 'Release' })).toBeFocused()
  expect(asked).toBe(1)
  for (let n = 0; n < 3; n++) await page.keyboard.press('Enter')
  await expect(card.getByText('The card works again.')).toBeVisible()
  await expect(card.getByRole('button', { name: 'Freeze' })).toBeFocused()
  expect(asked).toBe(2)
})

changing('lowers a limit at once, raises it with a further code', async ({ page, user }) => {
  await page.goto('/cards')
  const card = page.getByRole('article', { name: '4417' })
  const set = async (amount: string) => {
    await card.getByRole('button', { name: 'Change limit' }).click()
    await page.getByLabel('New limit').fill(amount)
    await page.getByRole('button', { name: 'Set limit to' }).click()
  }
  await set('100')
  await expect(card.getByText('₽100.00')).toBeVisible()
  await set('70,000')
  await page.getByLabel('One-time code').fill(await freshCode(user))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(card.getByText('₽70,000.00')).toBeVisible()
  await expect(card.getByText('The new limit holds from now on.')).toBeVisible()
})
