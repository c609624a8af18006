// The pages in a real browser (Debian's Chromium), against a real bank: test/ui/run brings it up and says where it is.
import { defineConfig } from '@playwright/test'

const url = process.env.BANK_URL
if (!url) throw new Error('BANK_URL is not set: start this by test/ui/run')

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/run',
  snapshotDir: 'test-results',
  fullyParallel: false,
  workers: 2,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  reporter: process.env.BANK_REPORT ? [['json', { outputFile: process.env.BANK_REPORT }]] : [['list']],
  use: {
    baseURL: url,
    timezoneId: 'Europe/Moscow',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      env: { ...process.env, HOME: process.env.BANK_HOME ?? '' },
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    },
  },
})
