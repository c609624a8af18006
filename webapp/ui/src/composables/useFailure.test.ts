import { describe, expect, it } from 'vitest'
import { breaksPage, failureOf } from '@/composables/useFailure'

describe('failures', () => {
  it.each([
    'Failed to fetch dynamically imported module: https://bank/assets/a.js',
    'error loading dynamically imported module',
    'Importing a module script failed.',
    'Unable to preload CSS for /assets/a.css',
  ])('knows a part that could not be loaded: %s', (message) => {
    expect(failureOf(new TypeError(message), true)).toBe('release')
    expect(failureOf(new TypeError(message), false)).toBe('network')
  })
  it('takes anything else for a fault of the page', () => {
    expect(failureOf(new TypeError('x is undefined'), true)).toBe('fault')
  })
  it('leaves a page whose button failed', () => {
    expect(breaksPage('setup function')).toBe(true)
    expect(breaksPage('https://vuejs.org/error-reference/#runtime-1')).toBe(true)
    expect(breaksPage('native event handler')).toBe(false)
    expect(breaksPage('https://vuejs.org/error-reference/#runtime-5')).toBe(false)
  })
})
