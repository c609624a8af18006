// A phone of 320 px: the greatest amount fits, and Tab goes where the eye goes. customer12 has that amount here, and nowhere else.
import { settled, test as bank, users } from './bank'
import { atLeast, expect, purseOf, rows, toConfirm } from './pay'

const test = bank.extend({ user: async ({}, use) => use(users.customer12!) })
test.use({ viewport: { width: 320, height: 640 }, serviceWorkers: 'block' })
const purse = purseOf(users.customer12!)
const payee = purseOf(users.customer11!)
const MOST = 9_007_199_254_740_991n
let before = ''

/** What of an amount is cut off, or sticks out of the window. */
const outside = (page: import('@playwright/test').Page) =>
  page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement
    const out = [...document.querySelectorAll('.money')].filter((one) => {
      if (!one.checkVisibility()) return false
      const card = one.closest('.card')?.getBoundingClientRect()
      const { left, right } = one.getBoundingClientRect()
      return left < 0 || right > Math.min(clientWidth, card?.right ?? clientWidth)
    })
    return [...out.map((one) => one.textContent), ...(scrollWidth > clientWidth ? [`${scrollWidth} px`] : [])]
  })

test.describe('the greatest amount', () => {
  test.beforeAll(() => {
    atLeast(purse, 100)
    ;[[before = '']] = rows(`SELECT balance_minor FROM bank.account_balance WHERE account_id = ${purse.id}`) as [
      string[],
    ]
    rows(`UPDATE bank.account_balance SET balance_minor = ${MOST} WHERE account_id = ${purse.id}`)
  })
  test.afterAll(
    () => void rows(`UPDATE bank.account_balance SET balance_minor = ${before} WHERE account_id = ${purse.id}`),
  )

  for (const language of ['ru', 'en'] as const)
    test.describe(language, () => {
      test.use({ language })
      test('fits wherever it is shown', async ({ page }) => {
        for (const path of ['/', `/accounts/${purse.id}`, '/statements']) {
          await page.goto(path)
          await settled(page)
          await expect(page.getByText(/90.071.992.547.409[.,]91/).first()).toBeAttached()
          await expect.poll(() => outside(page), path).toEqual([])
        }
        await toConfirm(page, { from: purse, to: payee.no, amount: '90071992547409.91' })
        await expect(page.locator('.money.large')).toHaveText(/90.071.992.547.409[.,]91/)
        expect(await outside(page)).toEqual([])
      })
    })
})

test('Tab goes through the bar as the eye does, also through what "More" reveals', async ({ page }) => {
  await page.goto('/cards')
  await settled(page)
  const bar = page.getByRole('navigation')
  await bar.getByRole('link', { name: 'Cards' }).focus()
  await page.keyboard.press('Tab')
  await expect(bar.getByRole('button', { name: 'More' })).toBeFocused()
  await page.keyboard.press('Enter')
  for (const name of ['Payees', 'Standing orders', 'Loans']) {
    await page.keyboard.press('Tab')
    await expect(bar.getByRole('link', { name })).toBeFocused()
  }
})
