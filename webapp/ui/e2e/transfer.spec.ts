// A transfer from the form to the receipt: in both languages, by the keyboard alone, and each error where it belongs.
// customer8 pays, customer11 gets it.
import { violationsOf } from './axe'
import { freshCode, settled, users } from './bank'
import { atLeast, expect, fill, lastTransfer, madeSince, purseOf, rows, testAs, toConfirm, uuidOf } from './pay'

const test = testAs('customer8')
// they would pass requests by what the tests do to them
test.use({ serviceWorkers: 'block' })
const payer = purseOf(users.customer8!)
const payee = purseOf(users.customer11!)

test.beforeAll(() => atLeast(payer, 10_000_000))

for (const [language, words] of [
  ['en', { send: 'Send ₽1,500.00', done: 'Sent', amount: '1,500', left: 'Left to spend after that' }],
  ['ru', { send: 'Отправить 1 500,00 ₽', done: 'Отправлено', amount: '1 500', left: 'Останется после перевода' }],
] as const) {
  test.describe(language, () => {
    test.use({ language })
    test('pays, and tells everything before and after', async ({ page }) => {
      const last = lastTransfer()
      await toConfirm(page, { from: payer, to: payee.no, amount: words.amount, narrative: 'За обед — lunch' })
      await expect(page.getByText(words.left)).toBeVisible()
      await expect(page.getByText('За обед — lunch')).toBeVisible()
      await page.getByRole('button', { name: words.send.replaceAll(' ', ' ') }).click()
      await expect(page.getByRole('heading', { name: words.done })).toBeVisible()
      expect(madeSince(payer, last)).toEqual([uuidOf(page)])
      const [made] = rows(
        `SELECT amount_minor, credit_account_id, narrative FROM bank.transfer WHERE transfer_uuid = '${uuidOf(page)}'`,
      )
      expect(made).toEqual(['150000', String(payee.id), 'За обед — lunch'])
      expect(await violationsOf(page)).toEqual([])
    })
  })
}

test('pays by the keyboard alone', async ({ page }) => {
  const last = lastTransfer()
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  await page.goto('/transfer')
  await settled(page)
  // the list opens right below its field
  const to = page.getByRole('combobox', { name: 'To' })
  await to.click()
  const [field, list] = [await to.boundingBox(), await page.getByRole('listbox').boundingBox()]
  expect(list!.y - (field!.y + field!.height)).toBeLessThan(16)
  expect(Math.abs(list!.x - field!.x)).toBeLessThan(2)
  expect(await violationsOf(page)).toEqual([])
  await press('Escape')
  await page.locator('#content').focus()
  await press('Tab')
  await expect(page.getByLabel('From', { exact: true })).toBeFocused()
  await press('Tab')
  await page.keyboard.type('savings')
  await press('Enter')
  await expect(page.getByRole('combobox', { name: 'To' })).toHaveValue(/^\d{5} \d{3} \d \d{4} \d{7}$/)
  await press('Tab')
  await page.keyboard.type('12.34')
  await press('Tab')
  await page.keyboard.type('By keys')
  await press('Enter')
  await expect(page.getByRole('heading', { name: 'Check and confirm' })).toBeVisible()
  await press('Tab', 'Enter')
  await expect(page.getByRole('heading', { name: 'Sent' })).toBeVisible()
  expect(madeSince(payer, last)).toHaveLength(1)
})

test('takes a number as it is typed or pasted, and leaves the caret where it was', async ({ page }) => {
  await page.goto('/transfer')
  const to = page.getByRole('combobox', { name: 'To' })
  await to.pressSequentially(payee.no)
  await expect(to).toHaveValue(/^\d{5} \d{3} \d \d{4} \d{7}$/)
  await to.fill(`№ ${payee.no.slice(0, 7)} ${payee.no.slice(7, 11)}-${payee.no.slice(11)}`)
  await expect(to).toHaveValue(/^\d{5} \d{3} \d \d{4} \d{7}$/)
  await to.fill(payee.no.slice(0, 10))
  await to.evaluate((element: HTMLInputElement) => element.setSelectionRange(3, 3))
  await page.keyboard.type('99')
  await expect(to).toHaveValue(/^\d{3}99 /)
  expect(await to.evaluate((element: HTMLInputElement) => element.selectionStart)).toBe(5)
})

test('says what is wrong at its field, and goes there', async ({ page }) => {
  await page.goto('/transfer')
  const to = page.getByRole('combobox', { name: 'To' })
  const amount = page.getByLabel('Amount', { exact: true })
  const go = page.getByRole('button', { name: 'Continue' })
  await go.click()
  await expect(to).toBeFocused()
  await expect(to).toHaveAccessibleDescription(/enter all twenty digits/)
  await expect(amount).toHaveAccessibleDescription(/Enter an amount/)

  await fill(page, { from: payer, to: payer.no, amount: '1' })
  await go.click()
  await expect(to).toHaveAccessibleDescription(/Both accounts are the same/)

  await fill(page, { to: '40817810000000000001' })
  await go.click()
  await expect(to).toHaveAccessibleDescription(/There is no account with this number/)
  await expect(to).toBeFocused()

  const [foreign] = rows(
    "SELECT account_no FROM bank.account WHERE currency_code = 'EUR' AND status = 'active' LIMIT 1",
  )
  await fill(page, { to: foreign![0]! })
  await go.click()
  await expect(to).toHaveAccessibleDescription(/in another currency/)

  await fill(page, { to: payee.no, amount: '1 000 000 000' })
  await go.click()
  await expect(amount).toBeFocused()
  await expect(amount).toHaveAccessibleDescription(/not enough money/)

  for (const nonsense of ['abc', '0', '-5', '1.234', '1,5 ₽', '99999999999999999999']) {
    await amount.fill(nonsense)
    await go.click()
    await expect(amount).toHaveAccessibleDescription(/Enter an amount/)
  }
  expect(await violationsOf(page)).toEqual([])
})

test('says above the form what is no field’s, and keeps what was typed', async ({ page }) => {
  const [frozen] = rows(
    "SELECT account_no FROM bank.account WHERE currency_code = 'RUB' AND status <> 'active' LIMIT 1",
  )
  await page.goto('/transfer')
  await fill(page, { from: payer, to: frozen![0]!, amount: '1.00', narrative: 'Kept' })
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByRole('alert')).toContainText('frozen or closed')
  await expect(page.getByLabel('What it is for')).toHaveValue('Kept')
  await page.route('**/api/v1/transfers/check', (route) => route.abort())
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByRole('alert')).toContainText('cannot be reached')
})

test('asks for a further code on the page where one is needed', async ({ page, user }) => {
  const last = lastTransfer()
  await toConfirm(page, { from: payer, to: payee.no, amount: '50000.01' })
  const code = page.getByLabel('One-time code')
  const send = page.getByRole('button', { name: 'Send ₽50,000.01' })
  await send.click()
  await expect(code).toBeFocused()
  await expect(code).toHaveAccessibleDescription(/Fill this in/)
  await code.fill('000000')
  await send.click()
  await expect(code).toHaveAccessibleDescription(/not right/)
  expect(madeSince(payer, last)).toEqual([])
  await code.fill(await freshCode(user))
  await send.click()
  await expect(page.getByRole('heading', { name: 'Sent' })).toBeVisible()
  expect(madeSince(payer, last)).toEqual([uuidOf(page)])
})

test('asks for the code afterwards where only the payment itself finds that it needs one', async ({ page }) => {
  await toConfirm(page, { from: payer, to: payee.no, amount: '2.50' })
  const problem = { type: 'about:blank', title: 'Forbidden', status: 403, code: 'step_up_needed', detail: '' }
  await page.route(
    '**/api/v1/transfers',
    (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', json: problem }),
    {
      times: 1,
    },
  )
  await page.route('**/api/v1/step-up', (route) => route.fulfill({ json: { step_up_until: new Date().toISOString() } }))
  const last = lastTransfer()
  await page.getByRole('button', { name: 'Send ₽2.50' }).click()
  await expect(page.getByRole('heading', { name: 'A code is needed' })).toBeVisible()
  expect(madeSince(payer, last)).toEqual([])
  await page.getByLabel('One-time code').fill('123456')
  await page.getByRole('button', { name: 'Send ₽2.50' }).click()
  await expect(page.getByRole('heading', { name: 'Sent' })).toBeVisible()
  expect(madeSince(payer, last)).toEqual([uuidOf(page)])
})

test('keeps the form between its pages, and nothing of it elsewhere', async ({ page }) => {
  await toConfirm(page, { from: payer, to: payee.no, amount: '77.70', narrative: 'Secret' })
  await page.getByRole('link', { name: 'Change something' }).click()
  await expect(page.getByLabel('What it is for')).toHaveValue('Secret')
  await expect(page.getByLabel('Amount', { exact: true })).toHaveValue('77.70')
  expect(page.url()).not.toContain(payee.no)
  expect(await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort())).toEqual([
    'bank.language',
    'bank.theme',
  ])
  await page.reload()
  await expect(page.getByLabel('What it is for')).toHaveValue('')
  await page.goto('/transfer/confirm')
  await expect(page).toHaveURL('/transfer')
})

test('prints the receipt alone', async ({ page }) => {
  await toConfirm(page, { from: payer, to: payee.no, amount: '3.10' })
  await page.getByRole('button', { name: 'Send ₽3.10' }).click()
  await expect(page.getByRole('heading', { name: 'Sent' })).toBeVisible()
  await page.emulateMedia({ media: 'print' })
  await expect(page.getByRole('navigation')).toBeHidden()
  await expect(page.getByRole('button')).toHaveCount(0)
  await expect(page.getByText(uuidOf(page))).toBeVisible()
})
