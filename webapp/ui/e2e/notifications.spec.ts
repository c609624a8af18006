// What is new: notifications, their number at the bell, and money that comes in while somebody looks. customer5 pays, by the bank’s own booking.
import { expect, test, users, type User } from './bank'
import { quoted, sql } from './database'
import { expectSound } from './sound'

test.setTimeout(120_000)

function tell(user: User, kind: string, detail: object): void {
  sql(`INSERT INTO bank_online.notification (user_id, kind, detail)
    SELECT user_id, ${quoted(kind)}, ${quoted(JSON.stringify(detail))}::jsonb FROM bank_online.app_user WHERE login = ${quoted(user.login)}`)
}

test('counts what is unread at the bell, shows it in words, and notes that it was read', async ({ page, user }) => {
  await page.goto('/security')
  await expect(page.getByRole('heading', { name: 'Security' })).toBeVisible()
  for (let n = 0; n < 30; n++) tell(user, 'login.new_device', { client_ip: '192.0.2.7' })
  tell(user, 'card.blocked', { card_id: 1, last4: '4417' })
  tell(user, 'something.unknown', {})
  const bell = page.getByRole('link', { name: /^Notifications: \d+ unread$/ })
  await expect(bell).toBeVisible({ timeout: 15_000 })
  await bell.click()
  await expect(page.getByText('The bank has blocked your card •• 4417')).toBeVisible()
  await expect(page.getByText('Something has changed in your online bank')).toBeVisible()
  await expect(page.getByText('address 192.0.2.7').first()).toBeVisible()
  await expectSound(page)
  await expect(page.getByRole('link', { name: 'Notifications', exact: true })).toBeVisible()
  await expect(page.locator('.notice')).toHaveCount(25)
  await page.getByRole('button', { name: 'Show earlier ones' }).click()
  await expect.poll(() => page.locator('.notice').count()).toBeGreaterThan(30)

  // one that comes while one looks is there by itself
  tell(user, 'password.changed', {})
  await expect(page.getByText('The password was changed').first()).toBeVisible({ timeout: 15_000 })
})

test('says what came in, once the bank has booked it', async ({ page, user }) => {
  const rouble = (party: number | null) =>
    sql(`SELECT a.account_id FROM bank.account AS a JOIN bank.account_holder AS h USING (account_id) JOIN bank.account_balance AS b USING (account_id)
      WHERE h.party_id = ${party} AND h.role = 'owner' AND h.valid_to IS NULL AND a.status = 'active' AND a.currency_code = 'RUB'
      ORDER BY b.balance_minor DESC LIMIT 1`)[0]
  await page.goto('/security')
  await expect(page.getByRole('heading', { name: 'Security' })).toBeVisible()
  await page.waitForResponse('**/api/v1/live')
  sql(
    `SELECT * FROM bank.transfer(gen_random_uuid(), ${rouble(users.customer5!.party_id)}, ${rouble(user.party_id)}, 12345, 'RUB')`,
  )
  await expect(page.getByText(/\+₽?123[.,]45.* came in/)).toBeVisible({ timeout: 15_000 })
  await page.getByRole('button', { name: 'Close' }).click()
  await expect(page.getByText(/came in/)).toHaveCount(0)
})
