// Standing orders: made once, changed, paused, resumed and ended. The standing customers.
import { violationsOf } from './axe'
import { expect, test, users } from './bank'
import { atLeast, purseOf, rows, toConfirm, type Purse } from './pay'

test.use({ serviceWorkers: 'block' })
const payee = purseOf(users.customer11!)
const orders = (payer: Purse) =>
  rows(`SELECT amount_minor, day_of_month, status, coalesce(ends_on::text, ''), coalesce(narrative, '') FROM bank.standing_order
    WHERE debit_account_id = ${payer.id} ORDER BY standing_order_id`)
const mine = (payer: Purse) => orders(payer).filter((order) => order[4] === 'Rent')

test('is made, changed, paused, resumed and ended', async ({ page, user }) => {
  const payer = purseOf(user)
  const before = orders(payer).length
  await page.goto('/standing-orders')
  await page.getByRole('button', { name: 'New standing order' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Make it' }).click()
  await expect(dialog.getByRole('combobox', { name: 'To' })).toBeFocused()
  await dialog.getByLabel('From', { exact: true }).selectOption(String(payer.id))
  await dialog.getByRole('combobox', { name: 'To' }).fill(payee.no)
  await dialog.getByLabel('Amount').fill('1,200')
  await dialog.getByLabel('Day of the month').selectOption('31')
  await expect(dialog.getByLabel('Day of the month')).toHaveAccessibleDescription(/shorter months/)
  await dialog.getByLabel('Last day').fill('2020-01-01')
  await dialog.getByLabel('What it is for').fill('Rent')
  expect(await violationsOf(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Make it' }).click()
  await expect(dialog.getByLabel('Last day')).toHaveAccessibleDescription(/cannot be before the first/)
  await dialog.getByLabel('Last day').fill('')

  // the answer is lost: the same is sent again, and there is one
  await page.route(
    '**/api/v1/standing-orders',
    async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      await route.fetch()
      await route.abort()
    },
    { times: 1 },
  )
  await dialog.getByRole('button', { name: 'Make it' }).click()
  await expect(dialog.getByText('It may have been made')).toBeVisible()
  await expect(dialog.getByLabel('Amount')).toBeDisabled()
  await dialog.getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByText('The standing order is made.')).toBeVisible()
  expect(orders(payer)).toHaveLength(before + 1)
  expect(mine(payer).at(-1)).toEqual(['120000', '31', 'active', '', 'Rent'])
  expect(await violationsOf(page)).toEqual([])

  const card = page.getByRole('listitem').filter({ hasText: 'Rent' }).first()
  // on the last of a month it is today
  await expect(card).toContainText(/Next (on|today)/)
  await card.getByRole('button', { name: /^Change/ }).click()
  await dialog.getByLabel('Amount').fill('1300')
  await dialog.getByLabel('Day of the month').selectOption('5')
  await dialog.getByLabel('Last day').fill('2030-12-31')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The standing order is changed.')).toBeVisible()
  expect(mine(payer).at(-1)).toEqual(['130000', '5', 'active', '2030-12-31', 'Rent'])

  await card.getByRole('button', { name: /^Change/ }).click()
  await dialog.getByLabel('Last day').fill('')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByLabel('Last day')).toHaveAccessibleDescription(/not taken away/)
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  for (const [act, confirm, status] of [
    [/^Pause/, 'Pause', 'paused'],
    [/^Resume/, 'Resume', 'active'],
    [/^End/, 'End it', 'ended'],
  ] as const) {
    await card.getByRole('button', { name: act }).click()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await card.getByRole('button', { name: act }).click()
    await dialog.getByRole('button', { name: confirm }).click()
    await expect(dialog).toBeHidden()
    await expect.poll(() => mine(payer).at(-1)?.[2]).toBe(status)
    // its place in the list, and its buttons, may be others
    await expect(card).toBeFocused()
  }
  await expect(page.getByText('Nothing is paid any more.').first()).toBeVisible()
})

test('a form that is closed while it is sent opens again as it was, and makes one order', async ({ page, user }) => {
  const payer = purseOf(user)
  const before = orders(payer).length
  await page.goto('/standing-orders')
  await page.getByRole('button', { name: 'New standing order' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('From', { exact: true }).selectOption(String(payer.id))
  await dialog.getByRole('combobox', { name: 'To' }).fill(payee.no)
  await dialog.getByLabel('Amount').fill('7')
  let goOn = () => {}
  await page.route(
    '**/api/v1/standing-orders',
    async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      await route.fetch()
      await new Promise<void>((resolve) => (goOn = resolve))
      await route.abort()
    },
    { times: 1 },
  )
  await dialog.getByRole('button', { name: 'Make it' }).click()
  await expect.poll(() => orders(payer).length).toBe(before + 1)
  await page.keyboard.press('Escape')
  await expect(page.getByText('No answer came for the last order')).toBeVisible()
  await page.getByRole('button', { name: 'New standing order' }).click()
  await expect(dialog.getByLabel('Amount')).toHaveValue('7.00')
  expect(await violationsOf(page)).toEqual([])
  goOn()
  await dialog.getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByText('The standing order is made.')).toBeVisible()
  expect(orders(payer)).toHaveLength(before + 1)
})

test('the question for a further code goes with its page', async ({ page }) => {
  let asked = 0
  await page.route('**/api/v1/recovery-codes', (route) => {
    asked++
    const problem = { type: 'about:blank', title: 'Forbidden', status: 403, code: 'step_up_needed', detail: '' }
    return route.fulfill({ status: 403, contentType: 'application/problem+json', json: problem })
  })
  await page.goto('/cards')
  await page.locator('a[href="/security"]').first().click()
  await page.getByRole('button', { name: 'Make new recovery codes' }).click()
  await expect(page.getByLabel('One-time code')).toBeVisible()
  await page.goBack()
  await expect(page).toHaveURL('/cards')
  await expect(page.getByLabel('One-time code')).toHaveCount(0)
  expect(asked).toBe(1)
})

test.describe('in Russian', () => {
  test.use({ language: 'ru' })
  test('is begun from a receipt', async ({ page, user }) => {
    const payer = purseOf(user)
    atLeast(payer, 1_000_000)
    await toConfirm(page, { from: payer, to: payee.no, amount: '12,50', narrative: 'Кружок' })
    await page.getByRole('button', { name: /^Отправить/ }).click()
    await page.getByRole('button', { name: 'Платить каждый месяц' }).click()
    const dialog = page.getByRole('dialog', { name: 'Новый автоплатёж' })
    await expect(dialog.getByLabel('Сумма')).toHaveValue('12,50')
    await expect(dialog.getByLabel('Назначение')).toHaveValue('Кружок')
    await dialog.getByRole('button', { name: 'Отмена' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Автоплатежи' })).toBeVisible()
  })
})
