// The staff's desk: a customer is found and looked at, a card blocked, a code made, and the trail has it all.
import { expect, freshCode, test } from './bank'
import { quoted, sql } from './database'
import { expectSound } from './sound'

test.use({ who: 'staff' })
test.setTimeout(120_000)

const somebody = () => {
  const [row] = sql(`SELECT p.party_id, p.party_no, i.last_name, c.card_id, c.last4
    FROM bank.party AS p JOIN bank.person AS i USING (party_id) JOIN bank.card AS c USING (party_id)
    WHERE p.status = 'active' AND c.status = 'active' AND NOT EXISTS (SELECT FROM bank_online.app_user AS u WHERE u.party_id = p.party_id)
    ORDER BY p.party_id DESC LIMIT 1`)
  const [partyId, partyNo, lastName, cardId, last4] = row!.split('|') as [string, string, string, string, string]
  return { partyId, partyNo, lastName, cardId, last4 }
}

test('begins at the desk, and shows no page of customers', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveURL('/staff')
  await page.goto('/cards')
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible()
  await page.getByRole('link', { name: 'To the start page' }).click()
  await expect(page).toHaveURL('/staff')
})

test('finds a customer, blocks a card, makes a code', async ({ page, user }) => {
  const customer = somebody()
  await page.goto('/staff')
  await page.getByRole('searchbox').fill('no such name')
  await page.getByRole('button', { name: 'Find' }).click()
  await expect(page.getByRole('heading', { name: 'No such customer' })).toBeVisible()
  await page.getByRole('searchbox').fill(customer.partyNo.toLowerCase())
  await page.keyboard.press('Enter')
  await expectSound(page)
  await page.getByRole('link', { name: new RegExp(customer.lastName) }).click()
  await expect(page).toHaveURL(`/staff/customers/${customer.partyId}`)
  await expectSound(page)

  await page
    .getByRole('button', { name: `Block card •• ${customer.last4}` })
    .first()
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Block' }).click()
  await expect(dialog.getByLabel('Reason')).toBeFocused()
  await expect(dialog.getByLabel('Reason')).toHaveAccessibleDescription(/three characters at least/)
  await dialog.getByLabel('Reason').fill('reported as lost')
  await expectSound(page)
  await dialog.getByRole('button', { name: 'Block' }).click()
  await expect(dialog).toBeHidden()
  await expect(
    page
      .getByRole('listitem')
      .filter({ hasText: `•• ${customer.last4}` })
      .first(),
  ).toContainText('Blocked')
  expect(sql(`SELECT status FROM bank.card WHERE card_id = ${customer.cardId}`)).toEqual(['blocked'])
  await expect(page.locator(`#card-${customer.cardId}`)).toBeFocused()

  await page.getByRole('button', { name: 'Make an activation code' }).click()
  const code = page.locator('.made .code')
  await expect(dialog.or(code)).toBeVisible()
  if (await dialog.isVisible()) {
    await dialog.getByLabel('One-time code').fill(await freshCode(user))
    await dialog.getByRole('button', { name: 'Confirm' }).click()
  }
  await expect(code).toHaveText(/^[2-7a-z]{4}(-[2-7a-z]{4}){3}$/)
  await expectSound(page)
  // on paper there is the code alone: it is for one pair of hands
  await page.emulateMedia({ media: 'print' })
  await expect(code).toBeVisible()
  for (const other of [page.getByText(customer.lastName), page.getByRole('button'), page.getByText(/•• \d{4}/)])
    await expect(other.filter({ visible: true })).toHaveCount(0)
  await page.emulateMedia({ media: 'screen' })
  await page.reload()
  await expect(page.getByRole('button', { name: 'Make an activation code' })).toBeVisible()
  await expect(code).toHaveCount(0)

  // the search is still there on the way back
  await page.getByRole('link', { name: 'Customers' }).click()
  await page.getByRole('searchbox').fill(customer.partyNo)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: new RegExp(customer.lastName) }).click()
  await page.goBack()
  await expect(page.getByRole('searchbox')).toHaveValue(customer.partyNo)
  await expect(page.getByRole('link', { name: new RegExp(customer.lastName) })).toBeVisible()
})

test('reads the trail by event and by customer, page by page', async ({ page, user }) => {
  sql(`INSERT INTO bank_online.audit_event (user_id, event, client_ip, detail)
    SELECT user_id, 'login.refused', '192.0.2.9', '{"reason": "code_used", "query": "email"}' FROM bank_online.app_user, generate_series(1, 60) WHERE login = ${quoted(user.login)}`)
  await page.goto('/staff/audit')
  await expect(page.locator('.event').first()).toBeVisible()
  await page.getByLabel('Event').selectOption('login.refused')
  await expect(page).toHaveURL('/staff/audit?event=login.refused')
  await expect(page.locator('.event')).toHaveCount(50)
  await expect(page.locator('.event').first()).toContainText('Signing in refused')
  await expect(page.locator('.event').first()).toContainText('192.0.2.9')
  await expect(page.locator('.event').first()).toContainText('searched for: email')
  await page.getByRole('button', { name: 'Show earlier ones' }).click()
  await expect.poll(() => page.locator('.event').count()).toBeGreaterThanOrEqual(60)
  await expect(page.locator('.event').nth(50)).toBeFocused()
  await expectSound(page)
  await page.goto('/staff/audit?party=999999999&event=login.done')
  await expect(page.getByRole('heading', { name: 'Nothing of the kind' })).toBeVisible()
  await page.getByRole('button', { name: 'Show all customers' }).click()
  await expect(page).toHaveURL('/staff/audit?event=login.done')
  await expect(page.locator('.event').first()).toContainText('Signed in')
})
