// The customer's data, contacts and preferences; customer5, because contacts take a further code.
import { expect, freshCode, signIn, test, users } from './bank'
import { sql } from './database'
import { expectSound } from './sound'

test.use({ who: 'nobody' })
test.setTimeout(150_000)
const customer = users.customer5!

test('shows the data, adds a contact by its code, replaces and removes it', async ({ page, context, baseURL }) => {
  sql(`DELETE FROM bank.contact WHERE party_id = ${customer.party_id} AND value LIKE '%.example'`)
  await signIn(context, customer, baseURL!)
  await page.goto('/profile')
  const [partyNo] = sql(`SELECT party_no FROM bank.party WHERE party_id = ${customer.party_id}`)
  await expect(page.getByText(partyNo!)).toBeVisible()
  await expectSound(page)

  const codeSent = () =>
    sql(`SELECT m.detail->>'code' FROM bank_online.message AS m JOIN bank_online.app_user AS u USING (user_id)
      WHERE u.login = '${customer.login}' AND m.kind = 'contact.code' ORDER BY m.message_id DESC LIMIT 1`)[0]!
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Add an e-mail address' }).click()
  await dialog.getByLabel('New e-mail address').fill('first@bank.example')
  await dialog.getByRole('button', { name: 'Send a code' }).click()
  const further = page.getByRole('dialog', { name: 'One more code' })
  await further.getByLabel('One-time code').fill(await freshCode(customer))
  await further.getByRole('button', { name: 'Confirm' }).click()
  await expect(further).toBeHidden()
  await expect(dialog).toContainText('on its way to first@bank.example')
  await expect(dialog.getByLabel('Code from the message')).toBeFocused()
  await expectSound(page)
  await dialog.getByLabel('Code from the message').fill(codeSent() === '000000' ? '111111' : '000000')
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await expect(dialog.getByLabel('Code from the message')).toHaveAccessibleDescription(/This code is not right/)
  await dialog.getByLabel('Code from the message').fill(codeSent())
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByText('first@bank.example')).toBeVisible()

  await page.getByRole('button', { name: 'Replace first@bank.example' }).click()
  await dialog.getByLabel('New e-mail address').fill('second@bank.example')
  await dialog.getByRole('button', { name: 'Send a code' }).click()
  await dialog.getByLabel('Code from the message').fill('')
  await expect(dialog).toContainText('second@bank.example')
  await dialog.getByLabel('Code from the message').fill(codeSent())
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('second@bank.example')).toBeVisible()
  await expect(page.getByText('first@bank.example')).toHaveCount(0)

  await page.getByRole('button', { name: 'Remove second@bank.example' }).click()
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(page.getByText('second@bank.example')).toHaveCount(0)
  await expect(page.getByRole('heading', { name: 'Contacts' })).toBeFocused()

  await page.getByLabel('Language').selectOption('ru')
  await expect(page.getByRole('heading', { level: 1, name: 'Профиль' })).toBeVisible()
  await page.getByLabel('Оформление').selectOption('dark')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.getByLabel('Присылать новости').check()
  await expect(page.getByText('Сохранено.')).toBeVisible()
  expect(
    sql(
      `SELECT language, preferences->>'theme', preferences->>'news' FROM bank.party WHERE party_id = ${customer.party_id}`,
    ),
  ).toEqual(['ru|dark|true'])
})
