// The bank's day is UTC's, wherever its customer is: at the end of a month by night in Moscow and by evening in New York. customer6 has the life
// of everydayLife(); its data are only looked at.
import { everydayLife } from './arrange'
import { expect, settled, test as base, users } from './bank'

const test = base.extend({ user: async ({}, use) => use(users.customer6!) })
test.beforeAll(() => void everydayLife(users.customer6!))

for (const [timezoneId, moment, day, first] of [
  ['Europe/Moscow', '2026-02-28T21:30:00Z', '2026-02-28', '2026-02-01'],
  ['America/New_York', '2026-02-28T21:30:00Z', '2026-02-28', '2026-02-01'],
  ['America/New_York', '2026-03-01T01:30:00Z', '2026-03-01', '2026-03-01'],
] as const) {
  test.describe(`${timezoneId} at ${moment}`, () => {
    test.use({ timezoneId })
    test.beforeEach(async ({ page }) => {
      await page.clock.setFixedTime(moment)
      await page.route('**/api/v1/live', async (route) => {
        const response = await route.fetch()
        await route.fulfill({ response, headers: { ...response.headers(), date: new Date(moment).toUTCString() } })
      })
    })

    test('asks for this month, which ends today', async ({ page }) => {
      const asked = page.waitForRequest('**/spending?*')
      await page.goto('/')
      const { searchParams } = new URL((await asked).url())
      expect([searchParams.get('from'), searchParams.get('to')]).toEqual([first, day])
      await settled(page)
    })

    test('begins a standing order today', async ({ page }) => {
      await page.goto('/standing-orders')
      await page.getByRole('button', { name: 'New standing order' }).click()
      await expect(page.getByLabel('First day')).toHaveValue(day)
    })

    test('calls no instalment late that is due today', async ({ page }) => {
      const loan = { loan_id: 1, contract_no: 'L0000000001', account_id: 1, account_no: '40817810900000900021' }
      const terms = {
        product: 'Cash',
        principal_minor: 120_000,
        annual_rate: '0.12',
        term_months: 12,
        left_minor: 10_000,
      }
      const more = { currency_code: 'RUB', granted_on: '2025-02-28', status: 'active', next_due_on: day }
      const due = { instalment_no: 12, due_on: day, principal_minor: 10_000, interest_minor: 100, is_paid: false }
      await page.route('**/api/v1/loans', (route) =>
        route.fulfill({ json: { items: [{ ...loan, ...terms, ...more }] } }),
      )
      await page.route('**/api/v1/loans/1/schedule', (route) => route.fulfill({ json: { items: [due] } }))
      await page.goto('/loans/1')
      await expect(page.getByRole('row')).toHaveCount(2)
      await expect(page.getByRole('main')).not.toContainText(/was due|late/i)
      await page.goto('/')
      await expect(page.getByText('Loan instalment')).toBeVisible()
      await expect(page.getByRole('main')).not.toContainText('was due')
    })
  })
}
