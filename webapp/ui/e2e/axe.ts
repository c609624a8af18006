// What axe finds on a page: WCAG 2.2 AA and best practice; a line for each element.
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** @param rules only these; without them all */
export async function violationsOf(page: Page, rules: string[] = []): Promise<string[]> {
  // The other mode opens a page of its own beside, in which nothing of ours can run.
  const axe = new AxeBuilder({ page }).setLegacyMode(true)
  const { violations } = await (rules.length ? axe.withRules(rules) : axe.withTags(TAGS)).analyze()
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`))
}
