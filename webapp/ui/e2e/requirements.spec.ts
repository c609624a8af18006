// The security requirements that only a browser can show, by their number in the list of forty; run by test/api/requirements.
// The standing customers; staff1 and staff2.
import type { Page } from '@playwright/test'
import { expect, settled, test } from './bank'
import { CACHED, KEYS, kept, open, PLACES } from './places'

/** Things of the customer that may stand in no address and in no storage. */
async function secretsOf(page: Page): Promise<string[]> {
  const api = page.context().request
  const accounts = (await (await api.get('/api/v1/accounts')).json()).items as {
    account_no: string
    balance_minor: number
  }[]
  const profile = await (await api.get('/api/v1/profile')).json()
  const token = (await page.context().cookies()).find((cookie) => cookie.name === '__Host-session')?.value ?? ''
  return [token, ...accounts.map((account) => account.account_no), profile.party_no, profile.person?.last_name].filter(
    Boolean,
  )
}

for (const who of ['nobody', 'customer', 'staff'] as const)
  test.describe(who, () => {
    test.use({ who })

    test(`29: no page of ${who} breaks the content security policy`, async ({ page, context, faults }) => {
      test.setTimeout(240_000)
      const policies: string[] = []
      page.on('response', (answer) => {
        if (answer.request().isNavigationRequest()) policies.push(answer.headers()['content-security-policy'] ?? 'none')
      })
      for (const place of PLACES.filter((one) => one.who === who)) {
        await open(page, context.request, place)
        await settled(page)
      }
      expect(policies.length).toBeGreaterThan(2)
      for (const policy of new Set(policies)) {
        expect(policy).toContain("default-src 'self'")
        expect(policy).not.toMatch(/unsafe-|\*|data:|blob:|https?:/)
      }
      expect(faults).toEqual([])
    })
  })

test('29: nothing inline runs, and the test would notice', async ({ page, faults }) => {
  await page.goto('/')
  await settled(page)
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script')
    script.textContent = 'window.ranInline = true'
    document.body.append(script)
    const holder = document.createElement('div')
    holder.innerHTML = '<img src="x" onerror="window.ranInline = true"><p style="color: red">x</p>'
    document.body.append(holder)
    await new Promise((resolve) => setTimeout(resolve, 500))
    return 'ranInline' in window
  })
  expect(ran).toBe(false)
  await expect.poll(() => faults.filter((fault) => fault.startsWith('CSP: ')).length).toBeGreaterThanOrEqual(2)
  faults.length = 0
})

test('31: nothing of the customer is in an address or in the storage of the browser', async ({ page, context }) => {
  test.setTimeout(240_000)
  const addresses: string[] = []
  page.on('request', (asked) => addresses.push(asked.url()))
  const secrets: string[] = []
  for (const place of PLACES.filter((one) => one.who === 'customer')) {
    await open(page, context.request, place)
    await settled(page)
    if (!secrets.length) secrets.push(...(await secretsOf(page)))
    addresses.push(page.url())
    const found = await kept(page)
    expect(found.keys, place.name).toEqual(KEYS)
    expect(found.values.every((value) => ['en', 'ru', 'light', 'dark', 'system'].includes(value))).toBe(true)
    expect(found.cookies).toBe('')
    expect(found.databases).toBe(0)
    expect(found.cached.filter((path) => !CACHED.includes(path))).toEqual([])
  }
  expect(secrets.length).toBeGreaterThan(2)
  // a name that is searched for is in neither, nor in what the browser remembers of the page
  const [{ account_id }] = (await (await context.request.get('/api/v1/accounts')).json()).items
  await page.goto(`/accounts/${account_id}/transactions?side=debit`)
  const found = page.waitForResponse((answer) => answer.url().includes('text='))
  await page.getByRole('searchbox').fill('Иванова Мария')
  await found
  expect(new URL(page.url()).search).toBe('?side=debit')
  expect(await page.evaluate(() => JSON.stringify(history.state))).not.toContain('Иванова')
  expect((await kept(page)).keys).toEqual(KEYS)
  const telling = addresses
    .map((address) => decodeURIComponent(address))
    .filter((address) => secrets.some((secret) => address.includes(secret)))
  expect(telling).toEqual([])
})
