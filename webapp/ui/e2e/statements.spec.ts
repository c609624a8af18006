// customer6 has the life of everydayLife(); its data are only looked at.
import { readFileSync } from 'node:fs'
import { everydayLife } from './arrange'
import { expect, settled, test as base, users } from './bank'
import { looksRight } from './sound'

const test = base.extend({ user: async ({}, use) => use(users.customer6!) })
let account = 0
test.beforeAll(() => void (account = everydayLife(users.customer6!)))

for (const language of ['en', 'ru'] as const) {
  test.describe(language, () => {
    test.use({ language })
    test('shows a statement in short', async ({ page }, info) => {
      await page.goto(`/statements?account=${account}`)
      await settled(page)
      await expect(page.locator('dl .money')).toHaveCount(4)
      await looksRight(page, info, `statements-${language}`)
    })
  })
}

test('opening, turnover and closing agree, and with the file', async ({ page }) => {
  await page.goto(`/statements?account=${account}`)
  await page.getByLabel('This year').check()
  await settled(page)
  const minor = (text: string) => Number(text.replace('−', '-').replace(/[^\d-]/g, ''))
  const [opening, came, went, closing] = (await page.locator('dl .money').allInnerTexts()).map(minor)
  expect(opening! + came! + went!).toBe(closing)
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download as CSV' }).click()
  const text = readFileSync(await (await downloading).path(), 'utf8')
  const amounts = text
    .trim()
    .split('\n')
    .at(-1)!
    .match(/-?\d+\.\d\d(?!\d)/g)
  expect(minor(amounts?.at(-1) ?? '')).toBe(closing)
})

test('opens a page to print', async ({ page, context }) => {
  await page.goto(`/statements?account=${account}`)
  await settled(page)
  const opening = context.waitForEvent('page')
  await page.getByRole('link', { name: /Open to print/ }).click()
  await expect((await opening).getByRole('table').first()).toBeVisible()
})

test('says what is wrong with other days', async ({ page }) => {
  await page.goto(`/statements?account=${account}`)
  await page.getByLabel('Other days').check()
  await page.getByLabel('First day').fill('2024-01-01')
  await page.getByLabel('Last day').fill('2026-01-01')
  await expect(page.getByText('A statement has 366 days at most')).toBeVisible()
  await expect(page.getByRole('link', { name: 'Download as CSV' })).toHaveCount(0)
  await page.getByLabel('Last day').fill('2023-01-01')
  await expect(page.getByText('The last day is before the first.')).toBeVisible()
})
