// What every page must be, whatever it shows: accessible in the eyes of axe in both themes, no wider than the window down to 320 px and at
// 200 % zoom (640 px of a 1280 px window), and without keys of messages in the place of texts.
import type { Page, TestInfo } from '@playwright/test'
import { violationsOf } from './axe'
import { expect, settled } from './bank'

const WIDTHS = [640, 390, 320]
const KEY =
  /\b(access|account|card|chart|common|fault|list|live|loan|notifications|overview|payees|problem|profile|security|staff|standing|statement|title|transaction|transfer)\.[a-z_]+\b/

const overhang = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/**
 * The page as it is now, in both themes and in narrow windows; it is left as it was.
 * @param picture is told each look by a name; without it none is kept
 */
export async function expectSound(page: Page, picture?: (name: string) => Promise<unknown>): Promise<void> {
  await settled(page)
  const size = page.viewportSize()
  const theme = await page.evaluate(() => document.documentElement.dataset.theme)
  for (const other of ['light', 'dark']) {
    await page.evaluate((name) => (document.documentElement.dataset.theme = name), other)
    expect(await violationsOf(page), other).toEqual([])
    await picture?.(other)
  }
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 })
    // charts need a moment to follow
    await expect.poll(() => overhang(page), `${width} px`).toBeLessThanOrEqual(0)
    await picture?.(String(width))
  }
  expect(await violationsOf(page), '320 px').toEqual([])
  await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme)
  if (size) await page.setViewportSize(size)
  expect(await page.locator('body').innerText()).not.toMatch(KEY)
}

/** The same, and kept as pictures. */
export function looksRight(page: Page, info: TestInfo, name: string): Promise<void> {
  return expectSound(page, (look) => page.screenshot({ path: info.outputPath(`${name}-${look}.png`), fullPage: true }))
}
