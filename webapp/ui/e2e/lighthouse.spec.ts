// Lighthouse on the page that everybody sees first and on the one that a customer sees first: accessibility and best practices without a
// fault, performance on a desk 95 or more, on a phone, whose processor a busy machine is slow to be, not far below. customer10, who signs in in
// the browser that Lighthouse drives.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from '@playwright/test'
import lighthouse, { desktopConfig } from 'lighthouse'
import { expect, signIn, test, users } from './bank'

// A trace puts scripts of its own into the pages, and they would be measured, too.
test.use({ who: 'nobody', trace: 'off', screenshot: 'off' })
test.describe.configure({ mode: 'default', timeout: 300_000 })

const HOME = mkdtempSync(join(tmpdir(), 'lighthouse-'))
let context: BrowserContext
let port = 0

/** A port that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as AddressInfo
      server.close(() => resolve(free))
    })
  })
}

test.beforeAll(async ({ launchOptions }) => {
  port = await freePort()
  context = await chromium.launchPersistentContext(HOME, {
    ...launchOptions,
    args: [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`],
  })
})

test.afterAll(async () => {
  await context.close()
  rmSync(HOME, { recursive: true, force: true })
})

interface Scores {
  performance: number
  accessibility: number
  'best-practices': number
}

/** What performance is made of, in milliseconds; the last is a share of the window. */
const MEASURES = [
  'first-contentful-paint',
  'largest-contentful-paint',
  'speed-index',
  'total-blocking-time',
  'cumulative-layout-shift',
]

/** Scores of a page, as whole hundredths, what took away from the two that must be whole, and what the first is made of. */
async function scoresOf(url: string, phone: boolean): Promise<{ scores: Scores; faults: string[]; measures: string }> {
  const flags = {
    port,
    onlyCategories: ['performance', 'accessibility', 'best-practices'],
    logLevel: 'error',
  } as const
  const run = await lighthouse(
    url,
    { ...flags, onlyCategories: [...flags.onlyCategories] },
    phone ? undefined : desktopConfig,
  )
  if (!run) throw new Error('Lighthouse told nothing')
  const { categories, audits } = run.lhr
  const hundredths = (name: string) => Math.round((categories[name]?.score ?? 0) * 100)
  const scores = {
    performance: hundredths('performance'),
    accessibility: hundredths('accessibility'),
    'best-practices': hundredths('best-practices'),
  }
  const faults = ['accessibility', 'best-practices']
    .flatMap((name) => categories[name]?.auditRefs ?? [])
    .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 1)
    .map(({ id }) => `${id}: ${JSON.stringify(audits[id]?.details)}`)
  const measures = MEASURES.map((id) => `${id} ${audits[id]?.displayValue}`).join(', ')
  return { scores, faults, measures }
}

/** The best of a few: a busy machine is no fault of the pages'. */
async function bestOf(tries: number, url: string, phone: boolean): Promise<Awaited<ReturnType<typeof scoresOf>>> {
  let best = await scoresOf(url, phone)
  for (let n = 1; n < tries && best.scores.performance < 95; n++) {
    const next = await scoresOf(url, phone)
    if (next.scores.performance > best.scores.performance) best = next
  }
  return best
}

for (const [name, path] of [
  ['login', '/login'],
  ['overview', '/'],
] as const)
  for (const phone of [false, true])
    test(`${name}, ${phone ? 'phone' : 'desk'}`, async ({ baseURL }, info) => {
      const signedIn = (await context.cookies(baseURL)).length > 0
      if (name === 'overview' && !signedIn) await signIn(context, users.customer10!, baseURL!)
      const { scores, faults, measures } = await bestOf(3, `${baseURL}${path}`, phone)
      console.log(`lighthouse: ${name}, ${phone ? 'phone' : 'desk'}: ${JSON.stringify(scores)}; ${measures}`)
      info.annotations.push({ type: 'lighthouse', description: `${JSON.stringify(scores)}; ${measures}` })
      expect(faults).toEqual([])
      expect(scores.accessibility).toBe(100)
      expect(scores['best-practices']).toBe(100)
      expect(scores.performance).toBeGreaterThanOrEqual(phone ? 70 : 95)
    })
