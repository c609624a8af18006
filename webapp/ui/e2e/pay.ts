// What tests of payments need: the bank's own books, money to pay with, and hands that fill in the form.
import { randomUUID } from 'node:crypto'
import { test as bank, expect, users, type User } from './bank'
import { rows } from './database'
import type { Page } from '@playwright/test'

export { expect, rows }

export interface Purse {
  id: number
  no: string
}

/** An active account in roubles that a user owns: a current one where there is one. */
export function purseOf(user: User): Purse {
  const [row] =
    rows(`SELECT a.account_id, a.account_no FROM bank.account_holder AS h JOIN bank.account AS a USING (account_id)
    JOIN bank.product AS p USING (product_id) WHERE h.party_id = ${user.party_id} AND h.role = 'owner' AND a.currency_code = 'RUB'
    AND a.status = 'active' AND h.valid_to IS NULL ORDER BY p.kind <> 'current', p.kind <> 'savings', 1 LIMIT 1`)
  if (!row) throw new Error(`${user.login} has no account in roubles`)
  return { id: Number(row[0]), no: row[1]! }
}

/** Sees to it that there is so much on an account, in minor units. */
export function atLeast(purse: Purse, minor: number): void {
  const [balance] = rows(`SELECT balance_minor FROM bank.account_balance WHERE account_id = ${purse.id}`)[0]!
  if (Number(balance) >= minor) return
  rows(`SELECT bank.transfer('${randomUUID()}', (SELECT b.account_id FROM bank.account_balance AS b JOIN bank.account AS a USING (account_id)
    WHERE a.currency_code = 'RUB' AND a.status = 'active' ORDER BY b.balance_minor DESC LIMIT 1), ${purse.id},
    ${minor - Number(balance)}, 'RUB', 'payment', 'branch', 'For a test', NULL, NULL, NULL, NULL)`)
}

/** Data that tests arrange (arrange.ts) have ids from here on, above all that the bank gives. */
const ARRANGED = 50_000_000

/** The greatest number of a transfer until now. */
export function lastTransfer(): number {
  return Number(rows(`SELECT coalesce(max(transfer_id), 0) FROM bank.transfer WHERE transfer_id < ${ARRANGED}`)[0]![0])
}

/** Transfers that were made from an account after another: their ids, made by clients. */
export function madeSince(purse: Purse, last: number): string[] {
  return rows(
    `SELECT transfer_uuid FROM bank.transfer WHERE debit_account_id = ${purse.id} AND transfer_id > ${last} AND transfer_id < ${ARRANGED} ORDER BY transfer_id`,
  ).map(([uuid]) => uuid!)
}

/** Fills in the form, as far as it is given. */
export async function fill(
  page: Page,
  given: { to?: string; amount?: string; narrative?: string; from?: Purse },
): Promise<void> {
  if (given.from) await page.getByLabel(/^(From|Откуда)$/).selectOption(String(given.from.id))
  if (given.to !== undefined) {
    await page.getByRole('combobox', { name: /^(To|Кому)$/ }).fill(given.to)
    await page.keyboard.press('Escape')
  }
  if (given.amount !== undefined) await page.getByLabel(/^(Amount|Сумма)$/).fill(given.amount)
  if (given.narrative !== undefined) await page.getByLabel(/^(What it is for|Назначение)$/).fill(given.narrative)
}

/** From nothing to the page that confirms. */
export async function toConfirm(
  page: Page,
  given: { to: string; amount: string; narrative?: string; from?: Purse },
): Promise<void> {
  await page.goto('/transfer')
  await fill(page, given)
  await page.getByRole('button', { name: /^(Continue|Продолжить)$/ }).click()
  await expect(page).toHaveURL('/transfer/confirm')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
}

/** The id of the payment whose page is shown. */
export function uuidOf(page: Page): string {
  return new URL(page.url()).pathname.split('/').pop() ?? ''
}

/** The bank tells of payees sixty times an hour; tests that are run again and again would come to it. */
function forgetAsked(user: User): void {
  rows(`DELETE FROM bank_online.throttle AS t USING bank_online.app_user AS u
    WHERE u.login = '${user.login}' AND t.subject = 'payee ' || u.user_id`)
}

/** Tests of one customer, whom nobody else uses. */
export function testAs(login: string) {
  return bank.extend<{ user: User }>({
    user: async ({}, use) => {
      forgetAsked(users[login]!)
      await use(users[login]!)
    },
  })
}
