// customer6 has the life of everydayLife(), only looked at; customer7's account gets new transactions.
import { everydayLife, purchase } from './arrange'
import { expect, settled, test as base, users } from './bank'
import { looksRight } from './sound'

const test = base.extend({ user: async ({}, use) => use(users.customer6!) })
let account = 0
test.beforeAll(() => void (account = everydayLife(users.customer6!)))

const address = () => `/accounts/${account}/transactions`

for (const language of ['en', 'ru'] as const) {
  test.describe(language, () => {
    test.use({ language })
    test('shows transactions by day', async ({ page }, info) => {
      await page.goto(address())
      await settled(page)
      await page.getByRole('button', { name: /Filter|Фильтр/ }).click()
      await looksRight(page, info, `transactions-${language}`)
    })
  })
}

test('filters, keeps the filters in the address, and takes them off', async ({ page }) => {
  await page.goto(address())
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByLabel('Direction').selectOption('credit')
  await expect(page).toHaveURL(/\?side=credit$/)
  await page.getByLabel('Least amount').fill('1,000')
  await page.getByLabel('Least amount').blur()
  await expect(page).toHaveURL(/least=100000/)
  await settled(page)
  await expect(page.locator('.entry .money').first()).toHaveText(/^\+/)
  await page.reload()
  await settled(page)
  await expect(page.getByLabel('Least amount')).toHaveValue('1,000.00')
  await expect(page.locator('.entry .title').first()).toHaveText('Salary')
  await page.getByRole('button', { name: 'Remove all filters' }).first().click()
  await expect(page).toHaveURL(address())
})

test('keeps what is searched for out of the address and the history, and finds it on the way back', async ({
  page,
}) => {
  await page.goto(address())
  for (const text of ['3010281', 'Иванова Мария']) {
    const found = page.waitForResponse((answer) => new URL(answer.url()).searchParams.get('text') === text)
    await page.getByRole('searchbox').fill(text)
    await found
    await expect(page).toHaveURL(address())
    expect(await page.evaluate(() => JSON.stringify(history.state))).not.toContain(text)
  }
  await page.getByRole('link', { name: 'About this account' }).click()
  await expect(page).toHaveURL(`/accounts/${account}`)
  await page.goBack()
  await expect(page.getByRole('searchbox')).toHaveValue('Иванова Мария')
  await page.reload()
  await settled(page)
  await expect(page.getByRole('searchbox')).toHaveValue('')
})

test('takes filters off by keyboard, and leaves the focus where one goes on', async ({ page }) => {
  await page.goto(`${address()}?side=debit&status=posted`)
  await settled(page)
  const chips = page.getByRole('list', { name: 'Filters in use' })
  await chips.getByRole('button', { name: /Money out/ }).focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\?status=posted$/)
  await expect(chips.getByRole('button', { name: /Posted/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(address())
  await expect(page.getByRole('button', { name: 'Filter', exact: true })).toBeFocused()
})

test('goes on searching where an amount is none, and forgets that with all filters', async ({ page }) => {
  await page.goto(`${address()}?side=debit`)
  await page.getByLabel('Least amount').fill('much')
  await page.getByLabel('Least amount').blur()
  await expect(page.getByText('Enter an amount such as')).toBeVisible()
  const found = page.waitForResponse((answer) => answer.url().includes('text=zebra'))
  await page.getByRole('searchbox').fill('zebra')
  await found
  await expect(page.getByText('No transaction matches this search.')).toBeVisible()
  await page.getByRole('button', { name: 'Remove all filters' }).last().click()
  await expect(page).toHaveURL(address())
  await expect(page.getByText('Enter an amount such as')).toHaveCount(0)
  await expect(page.getByLabel('Least amount')).toHaveValue('')
  await expect(page.getByRole('searchbox')).toBeFocused()
})

test('says that nothing was found', async ({ page }) => {
  await page.goto(address())
  await page.getByRole('searchbox').fill('zebra')
  await expect(page.getByText('No transaction matches this search.')).toBeVisible()
})

test('marks what is disputed and reversed, and shows details', async ({ page }) => {
  await page.goto(`${address()}?status=disputed`)
  await page
    .getByRole('button', { name: /Disputed/ })
    .and(page.locator('.entry'))
    .click()
  await expect(page.getByRole('dialog')).toContainText('The bank is looking into it.')
})

test('loads on by scrolling, gives far pages up, and asks for them again', async ({ page }) => {
  await page.goto(address())
  await settled(page)
  const titles = page.locator('.entry')
  await expect.poll(() => titles.count()).toBeGreaterThanOrEqual(50)
  for (let n = 0; n < 60 && !(await page.getByText(/That is all/).isVisible()); n++) {
    await page.mouse.wheel(0, 2500)
    await page.waitForTimeout(60)
  }
  await expect(page.getByText(/That is all: 3\d\d entries/)).toBeVisible()
  await expect.poll(() => page.locator('.page.away').count()).toBeGreaterThan(0)
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 3))
  await expect.poll(() => page.locator('.page:not(.away)').count()).toBeGreaterThan(1)
  await settled(page)
  expect(Math.abs((await page.evaluate(() => document.documentElement.scrollHeight)) - height)).toBeLessThan(100)
})

test('goes on by keyboard at the first of the new rows', async ({ page }) => {
  await page.goto(address())
  await settled(page)
  const before = await page.locator('.entry').count()
  await page.getByRole('button', { name: 'Show more' }).focus()
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('.entry').count()).toBeGreaterThan(before)
  await expect(page.locator('.entry:focus')).toHaveCount(1)
})

test.describe('what is new', () => {
  const other = base.extend({ user: async ({}, use) => use(users.customer7!) })
  other('appears at the top by itself, and waits for a button further down', async ({ page }) => {
    const own = everydayLife(users.customer7!)
    const polled = page.waitForResponse((answer) => answer.url().endsWith('/api/v1/live'))
    await page.goto(`/accounts/${own}/transactions`)
    await polled
    await settled(page)
    const rows = page.locator('.entry')
    const before = await rows.count()
    purchase(own)
    await expect(rows.first()).toContainText('Just now')
    await expect(rows).toHaveCount(before + 1)
    await page.evaluate(() => scrollTo(0, 1500))
    const place = await rows.nth(20).boundingBox()
    purchase(own)
    const button = page.getByRole('button', { name: 'Show 1 new transaction' })
    await expect(button).toBeVisible()
    expect((await rows.nth(20).boundingBox())?.y).toBeCloseTo(place?.y ?? 0, -2)
    await button.click()
    await expect(rows.nth(1)).toContainText('Just now')
    await expect(button).toBeHidden()
  })
})
