// What every page must be, whatever it shows: accessible in the eyes of axe, no wider than the window at 320 px and at 200 % zoom (640 px
// of a 1280 px window), and without keys of messages in the place of texts.
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, settled } from './bank'

async function faultsOfAxe(page: Page): Promise<string[]> {
  // in the page itself: there are no frames, and a page of axe's own would not be the bank's
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`))
}

async function overhang(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

/** The page as it is now, in both themes and in narrow windows. */
export async function expectSound(page: Page): Promise<void> {
  await settled(page)
  const size = page.viewportSize()
  const theme = await page.evaluate(() => document.documentElement.dataset.theme)
  for (const other of ['light', 'dark']) {
    await page.evaluate((name) => (document.documentElement.dataset.theme = name), other)
    expect(await faultsOfAxe(page), other).toEqual([])
  }
  for (const width of [640, 320]) {
    await page.setViewportSize({ width, height: 800 })
    expect(await overhang(page), `${width} px`).toBe(0)
  }
  expect(await faultsOfAxe(page), '320 px').toEqual([])
  await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme)
  if (size) await page.setViewportSize(size)
  expect(await page.locator('body').innerText()).not.toMatch(
    /\b(access|security|profile|notifications|staff|live|fault|common|title|problem)\.[a-z_]+\b/,
  )
}
