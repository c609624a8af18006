// What every page must be, whatever it shows: without a violation that axe finds, no wider than a narrow phone, and kept as a picture.
import AxeBuilder from '@axe-core/playwright'
import type { Page, TestInfo } from '@playwright/test'
import { expect, settled } from './bank'

/** axe finds nothing, in both themes; at 320 px nothing is cut off or scrolls sideways. */
export async function looksRight(page: Page, info: TestInfo, name: string): Promise<void> {
  const size = page.viewportSize()
  for (const theme of ['light', 'dark'] as const) {
    await page.evaluate((to) => (document.documentElement.dataset.theme = to), theme)
    await settled(page)
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
    await page.screenshot({ path: info.outputPath(`${name}-${theme}.png`), fullPage: true })
  }
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 800 })
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await page.screenshot({ path: info.outputPath(`${name}-${width}.png`), fullPage: true })
  }
  if (size) await page.setViewportSize(size)
}
