// Saved payees, from finding to removing. customer11, whom only payments come to elsewhere.
import { violationsOf } from './axe'
import { freshCode, settled, users } from './bank'
import { atLeast, expect, lastTransfer, madeSince, purseOf, rows, testAs, uuidOf } from './pay'

const test = testAs('customer11')
test.use({ serviceWorkers: 'block' })
const payer = purseOf(users.customer11!)
const payee = purseOf(users.customer8!)
test.beforeAll(() => atLeast(payer, 100_000))
const saved = () =>
  rows(`SELECT account_no, alias FROM bank_online.beneficiary AS b JOIN bank_online.app_user AS u USING (user_id)
    WHERE u.login = 'customer11'`)
const [[name = ''] = []] = rows(`SELECT p.first_name || ' ' || left(p.last_name, 1) || '.' FROM bank.person AS p
  WHERE p.party_id = ${users.customer8!.party_id}`)

test('is found by number, saved after a code, renamed, paid and removed', async ({ page, user }) => {
  rows(
    "DELETE FROM bank_online.beneficiary WHERE user_id = (SELECT user_id FROM bank_online.app_user WHERE login = 'customer11')",
  )
  await page.goto('/beneficiaries')
  await expect(page.getByText('No saved payees yet')).toBeVisible()
  expect(await violationsOf(page)).toEqual([])

  const number = page.getByLabel('Account number')
  const find = page.getByRole('button', { name: 'Find' })
  await find.click()
  await expect(number).toBeFocused()
  await expect(number).toHaveAccessibleDescription(/Enter all twenty digits/)
  await number.fill('40817810000000000001')
  await find.click()
  await expect(number).toHaveAccessibleDescription(/There is no account with this number/)

  await number.fill(payee.no)
  await find.click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('heading')).toHaveText(`This is ${name}`)
  await expect(dialog.getByLabel('Name')).toHaveValue(name)
  await dialog.getByLabel('Name').fill('  Flatmate ')
  await dialog.getByRole('button', { name: 'Save' }).click()
  const code = page.getByLabel('One-time code')
  const flatmate = page.getByRole('listitem').filter({ hasText: 'Flatmate' })
  await expect(code.or(flatmate).first()).toBeVisible()
  // none is asked for within five minutes of the last one
  if (await code.isVisible()) {
    await code.fill(await freshCode(user))
    await page.getByRole('button', { name: 'Confirm' }).click()
  }
  await expect(flatmate).toBeVisible()
  expect(saved()).toEqual([[payee.no, 'Flatmate']])
  expect(await violationsOf(page)).toEqual([])

  await number.fill(payee.no)
  await find.click()
  await expect(number).toHaveAccessibleDescription(/among your payees already/)

  await page.getByRole('button', { name: 'Rename Flatmate' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Anna')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('listitem').filter({ hasText: 'Anna' })).toBeVisible()
  expect(saved()).toEqual([[payee.no, 'Anna']])

  await page.getByRole('button', { name: 'Pay Anna' }).click()
  await expect(page).toHaveURL('/transfer')
  await expect(page.getByText('Anna', { exact: true })).toBeVisible()
  const last = lastTransfer()
  await page.getByLabel('Amount', { exact: true }).fill('1')
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByText(name, { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Send ₽1.00' }).click()
  await expect(page.getByRole('heading', { name: 'Sent' })).toBeVisible()
  expect(madeSince(payer, last)).toEqual([uuidOf(page)])
  await expect(page.getByRole('button', { name: 'Save payee' })).toHaveCount(0)

  await page.goto('/beneficiaries')
  await page.getByRole('button', { name: 'Remove Anna' }).click()
  await page.keyboard.press('Escape')
  expect(saved()).toHaveLength(1)
  await page.getByRole('button', { name: 'Remove Anna' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByText('Removed: Anna.')).toBeVisible()
  await expect(page.getByLabel('Account number')).toBeFocused()
  expect(saved()).toEqual([])
})

test('is removed once where the answer was lost', async ({ page }) => {
  rows(`INSERT INTO bank_online.beneficiary (user_id, account_no, alias)
    SELECT user_id, '${payee.no}', 'Lost' FROM bank_online.app_user WHERE login = 'customer11'`)
  await page.goto('/beneficiaries')
  await page.route(
    '**/api/v1/beneficiaries/*',
    async (route) => {
      await route.fetch()
      await route.abort()
    },
    { times: 1 },
  )
  await page.getByRole('button', { name: 'Remove Lost' }).click()
  const remove = page.getByRole('dialog').getByRole('button', { name: 'Remove' })
  await remove.click()
  await expect(page.getByRole('alert')).toContainText('cannot be reached')
  await remove.click()
  await expect(page.getByText('Removed: Lost.')).toBeVisible()
})

test.describe('in Russian', () => {
  test.use({ language: 'ru' })
  test('says that there are none, and how to add one', async ({ page }) => {
    await page.goto('/beneficiaries')
    await settled(page)
    await expect(page.getByRole('heading', { name: 'Сохранённых получателей пока нет' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Найти' })).toBeVisible()
  })
})
