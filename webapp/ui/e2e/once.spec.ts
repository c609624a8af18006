// A payment is made once at most, whatever happens on the way, and the page says which. Each test counts in the bank's own books, not
// on the page. customer10 pays, customer11 gets it.
import type { Page, Route } from '@playwright/test'
import { freshCode, signIn, users, type User } from './bank'
import { atLeast, expect, fill, lastTransfer, madeSince, purseOf, testAs, toConfirm, uuidOf } from './pay'

const test = testAs('customer10')
test.use({ serviceWorkers: 'block' })
const payer = purseOf(users.customer10!)
const payee = purseOf(users.customer11!)
const PAYMENTS = '**/api/v1/transfers'
const LOOKS = '**/api/v1/transfers/*-*'
const ORDER = { from: payer, to: payee.no, amount: '1.25', narrative: 'Once' }

let last = 0
test.beforeAll(() => atLeast(payer, 1_000_000))
test.beforeEach(() => {
  last = lastTransfer()
})

const sendButton = (page: Page) => page.getByRole('button', { name: 'Send ₽1.25' })
const phase = (page: Page, name: string) =>
  expect(page.getByRole('heading', { level: 1, name, exact: true })).toBeVisible({ timeout: 45_000 })

/** The answer never comes, though the bank did what it was asked. */
async function loseAnswer(route: Route): Promise<void> {
  await route.fetch()
  await route.abort('connectionreset')
}

/** Exactly this one payment was made since the test began. */
function madeOnce(page: Page): void {
  expect(madeSince(payer, last)).toEqual([uuidOf(page)])
}

function madeNone(): void {
  expect(madeSince(payer, last)).toEqual([])
}

test('two clicks, and Enter besides, are one payment', async ({ page }) => {
  await toConfirm(page, ORDER)
  await sendButton(page).evaluate((button: HTMLButtonElement) => {
    button.click()
    button.click()
    button.form?.requestSubmit()
  })
  await phase(page, 'Sent')
  madeOnce(page)
})

test('a reload while it is under way tells what happened, and sends nothing', async ({ page }) => {
  await toConfirm(page, ORDER)
  let sent = 0
  await page.route(PAYMENTS, async (route) => {
    sent++
    await route.fetch()
    // no answer: the page is gone before
  })
  await sendButton(page).click()
  await phase(page, 'Sending…')
  await expect.poll(() => madeSince(payer, last).length).toBe(1)
  await page.reload()
  await phase(page, 'Sent')
  madeOnce(page)
  expect(sent).toBe(1)
  await expect(page.getByText('Once', { exact: true })).toBeVisible()
})

test('the way back shows an empty form that says what was sent', async ({ page }) => {
  await toConfirm(page, ORDER)
  await sendButton(page).click()
  await phase(page, 'Sent')
  await page.goBack()
  await expect(page).toHaveURL('/transfer')
  await expect(page.getByText('Sent: ₽1.25')).toBeVisible()
  await expect(page.getByLabel('Amount', { exact: true })).toHaveValue('')
  await page.goForward()
  await phase(page, 'Sent')
  madeOnce(page)
})

test('the same again at once is pointed out', async ({ page }) => {
  await toConfirm(page, ORDER)
  await sendButton(page).click()
  await phase(page, 'Sent')
  await page.getByRole('button', { name: 'Another transfer' }).click()
  await fill(page, ORDER)
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByText('You sent the same amount to this account before:')).toBeVisible()
  expect(madeSince(payer, last)).toHaveLength(1)
})

test('back and forward on the confirmation send nothing', async ({ page }) => {
  await toConfirm(page, ORDER)
  await page.goBack()
  await expect(page.getByLabel('What it is for')).toHaveValue('Once')
  await page.goForward()
  await expect(sendButton(page)).toBeVisible()
  await page.reload()
  await expect(page).toHaveURL('/transfer')
  madeNone()
})

test('no network before it is sent: not known, then sent again, once', async ({ page, context }) => {
  await toConfirm(page, ORDER)
  await context.setOffline(true)
  await sendButton(page).click()
  await phase(page, 'Not known yet')
  madeNone()
  await context.setOffline(false)
  await page.getByRole('button', { name: 'Send again' }).click()
  await phase(page, 'Sent')
  madeOnce(page)
})

test('the answer is lost: the page finds that it was made', async ({ page }) => {
  await toConfirm(page, ORDER)
  await page.route(PAYMENTS, loseAnswer)
  await sendButton(page).click()
  await phase(page, 'Sent')
  madeOnce(page)
})

test('the answer is lost, and it is sent again: one payment, one id', async ({ page }) => {
  await toConfirm(page, ORDER)
  await page.route(PAYMENTS, loseAnswer, { times: 1 })
  await page.route(LOOKS, (route) => route.abort())
  await sendButton(page).click()
  await phase(page, 'Not known yet')
  await page.getByRole('button', { name: 'Send again' }).click()
  await phase(page, 'Sent')
  madeOnce(page)
})

test('the request is lost: the page says that it was not made, and the form comes back filled', async ({ page }) => {
  test.setTimeout(90_000)
  await toConfirm(page, ORDER)
  await page.route(PAYMENTS, (route) => route.abort('connectionreset'))
  await sendButton(page).click()
  await phase(page, 'Not known yet')
  await phase(page, 'Not made')
  madeNone()
  await page.unroute(PAYMENTS)
  await page.getByRole('button', { name: 'Change and try again' }).click()
  await expect(page.getByLabel('What it is for')).toHaveValue('Once')
  await expect(page.getByLabel('Amount', { exact: true })).toHaveValue('1.25')
  await page.getByRole('button', { name: 'Continue' }).click()
  await sendButton(page).click()
  await phase(page, 'Sent')
  madeOnce(page)
})

for (const status of [500, 503, 504]) {
  test(`${status} is no answer: the bank may have done it`, async ({ page }) => {
    await toConfirm(page, ORDER)
    await page.route(
      PAYMENTS,
      async (route) => {
        if (status !== 503) await route.fetch()
        await route.fulfill({ status, contentType: 'text/html', body: '<h1>Sorry</h1>' })
      },
      { times: 1 },
    )
    await sendButton(page).click()
    await phase(page, status === 503 ? 'Not known yet' : 'Sent')
    if (status === 503) {
      madeNone()
      await page.getByRole('button', { name: 'Send again' }).click()
      await phase(page, 'Sent')
    }
    madeOnce(page)
  })
}

test('offline while the bank is asked: the page goes on by itself when the network is back', async ({
  page,
  context,
}) => {
  await toConfirm(page, ORDER)
  await page.route(PAYMENTS, async (route) => {
    await route.fetch()
    await context.setOffline(true)
    await route.abort('internetdisconnected')
  })
  await sendButton(page).click()
  await phase(page, 'Not known yet')
  await expect(page.getByText('nobody here knows')).toBeVisible()
  await context.setOffline(false)
  await phase(page, 'Sent')
  madeOnce(page)
})

test('a reload after the answer was lost: the page finds it without its draft', async ({ page }) => {
  await toConfirm(page, ORDER)
  await page.route(PAYMENTS, loseAnswer)
  await page.route(LOOKS, (route) => route.abort())
  await sendButton(page).click()
  await phase(page, 'Not known yet')
  await page.reload()
  await phase(page, 'Not known yet')
  await expect(page.getByRole('button', { name: 'Send again' })).toHaveCount(0)
  await page.unroute(LOOKS)
  await phase(page, 'Sent')
  madeOnce(page)
})

test('no money for the second try: the first decides', async ({ page }) => {
  await toConfirm(page, ORDER)
  await page.route(PAYMENTS, loseAnswer, { times: 1 })
  await page.route(LOOKS, (route) => route.abort(), { times: 1 })
  await sendButton(page).click()
  await phase(page, 'Not known yet')
  const problem = { type: 'about:blank', title: 'Conflict', status: 409, code: 'insufficient_funds', detail: '' }
  await page.route(PAYMENTS, (route) =>
    route.fulfill({ status: 409, contentType: 'application/problem+json', json: problem }),
  )
  await page.getByRole('button', { name: 'Send again' }).click()
  await phase(page, 'Sent')
  madeOnce(page)
})

test('a request that comes after the page has said “not made” is refused', async ({ page, context, baseURL }) => {
  test.setTimeout(90_000)
  await toConfirm(page, ORDER)
  let body = ''
  await page.route(PAYMENTS, async (route) => {
    body = route.request().postData() ?? ''
    await route.abort('timedout')
  })
  await sendButton(page).click()
  await phase(page, 'Not made')
  const late = await context.request.post('/api/v1/transfers', {
    data: JSON.parse(body),
    headers: { Origin: baseURL! },
  })
  expect([late.status(), (await late.json()).code]).toEqual([409, 'transfer_void'])
  madeNone()
})

test('what a proxy refuses may be made all the same', async ({ page }) => {
  await toConfirm(page, ORDER)
  await page.route(PAYMENTS, async (route) => {
    await route.fetch()
    await route.fulfill({ status: 403, contentType: 'text/html', body: '<h1>Forbidden</h1>' })
  })
  await sendButton(page).click()
  await phase(page, 'Sent')
  madeOnce(page)
})

test('an id that nobody knows is no such transfer, and nothing more is said', async ({ page }) => {
  await page.goto(`/transfers/${crypto.randomUUID()}`)
  await phase(page, 'No such transfer')
  await expect(page.getByText('Nothing was taken')).toHaveCount(0)
})

test('what the bank refuses is not made, and says so', async ({ page }) => {
  await toConfirm(page, ORDER)
  const problem = { type: 'about:blank', title: 'Conflict', status: 409, code: 'insufficient_funds', detail: '' }
  await page.route(PAYMENTS, (route) =>
    route.fulfill({ status: 409, contentType: 'application/problem+json', json: problem }),
  )
  await sendButton(page).click()
  await phase(page, 'Not sent')
  await expect(page.getByText('not enough money')).toBeVisible()
  madeNone()
})

test('two tabs are two payments, each made once', async ({ page, context }) => {
  const other = await context.newPage()
  await toConfirm(page, ORDER)
  await toConfirm(other, ORDER)
  await Promise.all([sendButton(page).click(), sendButton(other).click()])
  await phase(page, 'Sent')
  await phase(other, 'Sent')
  expect(madeSince(payer, last).sort()).toEqual([uuidOf(page), uuidOf(other)].sort())
  expect(uuidOf(page)).not.toBe(uuidOf(other))
  await other.close()
})

test('a session that ends before it is sent: who signs in again is told that it is not there, and another is led elsewhere', async ({
  page,
  context,
  user,
  baseURL,
}) => {
  // a session of its own, for it is ended
  await context.clearCookies()
  await signIn(context, user, baseURL!)
  await toConfirm(page, ORDER)
  const ended = await context.request.post('/api/v1/logout', { data: {}, headers: { Origin: baseURL! } })
  expect(ended.ok()).toBe(true)
  await sendButton(page).click()
  await expect(page).toHaveURL(/\/login\?to=\/transfers\/[0-9a-f-]{36}$/)
  const signInAs = async (who: User) => {
    await page.getByLabel(/^(User name|Имя пользователя)$/).fill(who.login)
    await page.getByLabel(/^(Password|Пароль)$/).fill(who.password)
    await page.getByLabel(/^(One-time code|Одноразовый код)$/).fill(await freshCode(who))
    await page.getByRole('button', { name: /^(Sign in|Войти)$/ }).click()
  }
  await signInAs(user)
  await expect(page).toHaveURL(/\/transfers\/[0-9a-f-]{36}$/)
  // in the language that the bank keeps for the customer, from the sign-in on
  await expect(page.getByRole('heading', { level: 1, name: /^(No such transfer|Такого перевода нет)$/ })).toBeVisible({
    timeout: 45_000,
  })
  madeNone()

  // somebody else in the same tab
  await context.request.post('/api/v1/logout', { data: {}, headers: { Origin: baseURL! } })
  await expect(page).toHaveURL(/\/login\?to=\/transfers\//, { timeout: 20_000 })
  await signInAs(users.customer11!)
  await expect(page).toHaveURL('/')
})
