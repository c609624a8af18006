// Signing in and out, registering, and the end of a session. customer3 signs in and out, customer9 after it; staff2 makes an activation code.
import { readFileSync } from 'node:fs'
import { request } from '@playwright/test'
import { codeOf, expect, freshCode, signIn, test, users } from './bank'
import { quoted, sql } from './database'
import { expectSound } from './sound'

test.use({ who: 'nobody' })
test.setTimeout(150_000)
const customer = users.customer3!

test('signs in by keyboard, to where one wanted to go, in the language and theme that the bank knows', async ({
  page,
}) => {
  sql(
    `UPDATE bank.party SET language = 'ru', preferences = preferences || '{"theme": "dark"}' WHERE party_id = ${customer.party_id}`,
  )
  await page.goto('/profile')
  await expect(page).toHaveURL('/login?to=/profile')
  await page.getByLabel('User name').focus()
  await page.keyboard.type(` ${customer.login.toUpperCase()} `)
  await page.keyboard.press('Tab')
  await page.keyboard.type(customer.password)
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Show the password' })).toBeFocused()
  await page.keyboard.press('Tab')
  const code = await freshCode(customer)
  await page.keyboard.type(`${code.slice(0, 3)} ${code.slice(3)}`)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Профиль' })).toBeVisible()
  await expect(page).toHaveURL('/profile')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await expect(page.locator('main')).toBeFocused()

  // the router's own place is empty: it would have addresses in it
  const kept = await page.evaluate(() => [Object.keys(localStorage).sort(), { ...sessionStorage }])
  expect(kept).toEqual([['bank.language', 'bank.theme'], {}])

  await page.getByRole('button', { name: 'Выйти' }).click()
  await expect(page.getByRole('heading', { name: 'Вход' })).toBeVisible()
  await expect(page.getByText('Вы вышли.')).toBeVisible()
  await expect(page).toHaveURL('/login')
})

test('tells neither which part was wrong nor keeps the code', async ({ page }) => {
  await page.goto('/login')
  await page.getByLabel('User name').fill(customer.login)
  await page.getByLabel('Password', { exact: true }).fill('not the password')
  await page.getByRole('button', { name: 'Show the password' }).click()
  await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('type', 'text')
  await page.getByLabel('One-time code').fill('000000')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toContainText('User name, password or code is wrong')
  await expect(page.getByLabel('One-time code')).toHaveValue('')
  // what was pressed can be pressed again: nothing begins at the top of the page
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeFocused()
  await expectSound(page)
})

test('says what is missing in its own words, and that a password is too long', async ({ page }) => {
  await page.goto('/login')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByLabel('User name')).toBeFocused()
  await expect(page.getByLabel('User name')).toHaveAccessibleDescription('Fill this in.')
  const password = page.getByLabel('Password', { exact: true })
  await password.fill('long '.repeat(30))
  await expect(password).toHaveAccessibleDescription(/128 characters at most/)
  // and what is typed never lies under the key that shows it: styles of components come after those of all pages
  const room = await password.evaluate((field) => parseFloat(getComputedStyle(field).paddingRight))
  const key = await page.getByRole('button', { name: 'Show the password' }).boundingBox()
  expect(room).toBeGreaterThanOrEqual(key!.width)
  expect((await password.inputValue()).length).toBe(150)
  await expectSound(page)
})

test('leaves nothing of a search to whoever signs in next', async ({ page, context, baseURL }) => {
  const next = users.customer9!
  await signIn(context, customer, baseURL!)
  const [account] = (await (await page.request.get('/api/v1/accounts')).json()).items
  await page.goto(`/accounts/${account.account_id}/transactions`)
  const found = page.waitForResponse((answer) => answer.url().includes('text='))
  await page.getByRole('searchbox').fill('Ivanova')
  await found
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('User name').fill(next.login)
  await page.getByLabel('Password', { exact: true }).fill(next.password)
  await page.getByLabel('One-time code').fill(await freshCode(next))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL('/')
  await page.goBack()
  await expect(page).toHaveURL(`/accounts/${account.account_id}/transactions`)
  await expect(page.getByRole('searchbox')).toHaveValue('')
  expect(await page.evaluate(() => JSON.stringify(history.state))).not.toContain('Ivanova')
})

test('says how long to wait after too many tries, and that the bank is not available', async ({ page }) => {
  const answers = [
    { status: 429, code: 'too_many_tries', wait: '540' },
    { status: 503, code: 'busy', wait: '2' },
  ]
  await page.route('**/api/v1/login', async (route) => {
    const { status, code, wait } = answers.shift()!
    await route.fulfill({
      status,
      contentType: 'application/problem+json',
      headers: { 'Retry-After': wait },
      json: { code },
    })
  })
  await page.goto('/login')
  await page.getByLabel('User name').fill('somebody')
  await page.getByLabel('Password', { exact: true }).fill('some password')
  for (const told of ['Wait 9 min', 'Many people are signing in']) {
    await page.getByLabel('One-time code').fill('123456')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('alert')).toContainText(told)
  }
})

test('leads to no other address after signing in', async ({ page }) => {
  await page.goto('/login?to=//example.com/')
  await page.getByLabel('User name').fill(customer.login)
  await page.getByLabel('Password', { exact: true }).fill(customer.password)
  await page.getByLabel('One-time code').fill(await freshCode(customer))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL('/')
})

test('registers with a code of the staff, an authenticator and recovery codes', async ({ page, baseURL }) => {
  const [row] =
    sql(`SELECT p.party_id, p.party_no, i.birth_date FROM bank.party AS p JOIN bank.person AS i USING (party_id)
    WHERE p.status = 'active' AND NOT EXISTS (SELECT FROM bank_online.app_user AS u WHERE u.party_id = p.party_id) ORDER BY p.party_id LIMIT 1`)
  const [partyId, partyNo, birthDate] = row!.split('|') as [string, string, string]
  const desk = await request.newContext({ baseURL })
  const staff = users.staff2!
  const fields = { login: staff.login, password: staff.password, code: await freshCode(staff) }
  expect((await desk.post('/api/v1/login', { data: fields })).ok()).toBe(true)
  expect((await desk.post('/api/v1/step-up', { data: { code: await freshCode(staff) } })).ok()).toBe(true)
  const made = await desk.post(`/api/v1/staff/customers/${partyId}/activation`, { data: {} })
  const { activation_code } = (await made.json()) as { activation_code: string }

  const login = `new.${Date.now()}`
  await page.goto('/login')
  await page.getByRole('link', { name: 'No online access yet' }).click()
  await expectSound(page)
  await page.getByLabel('Customer number').fill(partyNo.toLowerCase())
  await page.getByLabel('Date of birth').fill(birthDate)
  await page.getByLabel('Activation code').fill('aaaa-bbbb-cccc-dddd')
  await page.getByLabel('User name').fill(login)
  await page.getByLabel('Password', { exact: true }).fill('password')
  await expect(page.getByText('Easy to guess')).toBeVisible()
  await page.getByRole('button', { name: 'Go on' }).click()
  await expect(page.getByText(/Too many people use this password|activation code is not right/)).toBeVisible()
  await page.getByLabel('Password', { exact: true }).fill('verbose copper heron')
  await expect(page.getByText('Hard to guess')).toBeVisible()
  await page.getByRole('button', { name: 'Go on' }).click()
  await expect(page.getByRole('alert')).toContainText('activation code is not right')
  await page.getByLabel('Activation code').fill(activation_code.replaceAll('-', '').toUpperCase())
  await page.getByRole('button', { name: 'Go on' }).click()

  await expect(page.getByRole('heading', { name: 'Set up your authenticator' })).toBeFocused()
  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible()
  await page.getByText('Cannot scan it?').click()
  await expectSound(page)
  const secret = (await page.locator('.secret').innerText()).replaceAll(' ', '')
  await page.getByLabel('Code from the app').fill('000000')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByLabel('Code from the app')).toHaveAccessibleDescription(/This code is not right/)
  await expect(page.getByLabel('Code from the app')).toBeFocused()
  await page.getByLabel('Code from the app').fill(codeOf(secret, Math.floor(Date.now() / 30_000)))
  await page.getByRole('button', { name: 'Confirm' }).click()

  await expect(page.getByRole('heading', { name: 'Keep your recovery codes' })).toBeFocused()
  const codes = await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allInnerTexts()
  expect(codes).toHaveLength(10)
  await expectSound(page)
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as a file' }).click()
  const file = readFileSync(await (await downloading).path(), 'utf8')
  expect(codes.filter((code) => !file.includes(code))).toEqual([])
  await expect(page.getByRole('button', { name: 'Go to sign-in' })).toBeDisabled()
  await page.getByLabel('I have kept the codes').check()
  await page.getByRole('button', { name: 'Go to sign-in' }).click()

  await page.getByLabel('User name').fill(login)
  await page.getByLabel('Password', { exact: true }).fill('verbose copper heron')
  await page.getByLabel('One-time code').fill(codes[0]!)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL('/')
  expect(sql(`SELECT party_id FROM bank_online.app_user WHERE login = ${quoted(login)}`)).toEqual([partyId])
})
