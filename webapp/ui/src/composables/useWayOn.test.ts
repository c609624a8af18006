import { describe, expect, it } from 'vitest'
import { ownPath } from '@/composables/useWayOn'

describe('the way on', () => {
  it('is a path of the bank’s own', () => {
    expect(ownPath('/accounts/7?from=2030-01-01')).toBe('/accounts/7?from=2030-01-01')
  })
  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '',
    undefined,
    ['/', '/'],
  ])('is no other address: %s', (to) => {
    expect(ownPath(to)).toBeNull()
  })
})
