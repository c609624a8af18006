// What every test of the pages has: a customer of its own who has signed in, a language and a theme, and an eye on what no page may do:
// break the content security policy, ask another host, throw, or show the key of a message.
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { test as base, expect, request, type BrowserContext, type Page } from '@playwright/test'

export { expect }
export type Language = 'ru' | 'en'
export type Theme = 'light' | 'dark'

export interface User {
  login: string
  password: string
  totp_secret: string
  recovery_codes: string[]
  party_id: number | null
}

const place = process.env.BANK_PLACE ?? ''
const STEP = 30

export const users: Record<string, User> = Object.fromEntries(
  readFileSync(`${place}/users`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as User)
    .map((user) => [user.login, user]),
)

/** The one-time code of a step (RFC 6238). */
export function codeOf(secret: string, step: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret.replace(/=+$/, '')].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', key).update(counter).digest()
  const at = (digest[19] ?? 0) & 15
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** A code that no test has used yet: none is good twice, so they are kept in a file; the bank takes those of three steps. */
export async function freshCode(user: User): Promise<string> {
  const file = `${place}/used-${user.login}`
  for (;;) {
    const used = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
    const seconds = Date.now() / 1000
    const now = Math.floor(seconds / STEP)
    // that of the step before may be too late where this one ends soon, and a busy bank looks at it later
    const oldest = seconds % STEP < STEP - 10 ? now - 1 : now
    const step = Math.max(used + 1, oldest)
    if (step <= now + 1) {
      writeFileSync(file, String(step))
      return codeOf(user.totp_secret, step)
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Signs in at the API and gives the cookies to the browser. */
export async function signIn(context: BrowserContext, user: User, url: string): Promise<void> {
  const api = await request.newContext({ baseURL: url })
  const code = await freshCode(user)
  const answer = await api.post('/api/v1/login', { data: { login: user.login, password: user.password, code } })
  if (!answer.ok()) throw new Error(`${user.login} cannot sign in: ${answer.status()} ${await answer.text()}`)
  await context.addCookies((await api.storageState()).cookies)
  await api.dispose()
}

/** Sessions that stay, by user: signing in for each test would use up the codes. */
const sessions = new Map<string, Awaited<ReturnType<BrowserContext['cookies']>>>()

async function givenSession(context: BrowserContext, user: User, url: string): Promise<void> {
  const kept = sessions.get(user.login)
  if (kept) {
    await context.addCookies(kept)
    const alive = await context.request.get(`${url}/api/v1/session`)
    if (alive.ok()) return
    await context.clearCookies()
  }
  await signIn(context, user, url)
  sessions.set(user.login, await context.cookies())
}

interface Options {
  /** who is signed in before the page opens */
  who: 'customer' | 'staff' | 'nobody'
  language: Language
  theme: Theme
}

export const test = base.extend<Options & { user: User; faults: string[] }>({
  who: ['customer', { option: true }],
  language: ['en', { option: true }],
  theme: ['light', { option: true }],

  // Each of the browser's workers has a customer and one of the staff of its own; or all have those that are given.
  user: async ({ who }, use, info) => {
    const given = who === 'staff' ? process.env.BANK_STAFF : process.env.BANK_CUSTOMER
    const user = users[given ?? `${who === 'staff' ? 'staff' : 'customer'}${info.parallelIndex + 1}`]
    if (!user) throw new Error('there are too few users')
    await use(user)
  },

  // What pages did that none may do; empty in the end.
  faults: async ({ context, baseURL }, use) => {
    const faults: string[] = []
    await context.exposeBinding('tellFault', (_, told: string) => faults.push(told))
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        void (window as unknown as { tellFault: (told: string) => void }).tellFault(
          `CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`,
        )
      })
    })
    context.on('weberror', (error) => faults.push(`error: ${error.error().message}`))
    context.on('console', (message) => {
      if (/intlify|\[Vue (warn|Router warn)/.test(message.text())) faults.push(`console: ${message.text()}`)
    })
    context.on('request', (asked) => {
      const { protocol, origin } = new URL(asked.url())
      if (!['data:', 'blob:'].includes(protocol) && origin !== baseURL) faults.push(`another host: ${asked.url()}`)
    })
    await use(faults)
    expect(faults).toEqual([])
  },

  page: async ({ context, page, baseURL, who, user, language, theme, faults }, use) => {
    void faults
    await context.addInitScript(
      ([chosenLanguage, chosenTheme]) => {
        // a page that is just open, without an address, has no storage
        if (location.protocol !== 'https:') return
        localStorage.setItem('bank.language', chosenLanguage)
        localStorage.setItem('bank.theme', chosenTheme)
      },
      [language, theme] as const,
    )
    if (who !== 'nobody') await givenSession(context, user, baseURL ?? '')
    await use(page)
  },
})

/** The page has come to rest: nothing is under way, nothing says that it is loading, pictures that come when they are seen are drawn. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
  const pictures = page.locator('canvas')
  for (let n = 0; n < (await pictures.count()); n++) {
    await pictures.nth(n).scrollIntoViewIfNeeded()
    await expect(pictures.nth(n)).toHaveAttribute('style', /display/)
  }
  if (await pictures.count()) await page.evaluate(() => window.scrollTo(0, 0))
}
