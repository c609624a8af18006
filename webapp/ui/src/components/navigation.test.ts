import { describe, expect, it } from 'vitest'
import { navigationOf, partOf } from './navigation'

describe('partOf', () => {
  it.each([
    ['/', '/'],
    ['/accounts/7/transactions', '/'],
    ['/transfer/confirm', '/transfer'],
    ['/transfers/0192aa10-0000-7000-8000-000000000001', '/transfer'],
    ['/loans', '/loans'],
    ['/loans/7', '/loans'],
    ['/notifications', null],
  ])('of a customer %s is part of %s', (path, of) => {
    expect(partOf(navigationOf(false), path)).toBe(of)
  })
  it.each([
    ['/staff', '/staff'],
    ['/staff/customers/4', '/staff'],
    ['/staff/audit', '/staff/audit'],
  ])('of the staff %s is part of %s', (path, of) => {
    expect(partOf(navigationOf(true), path)).toBe(of)
  })
})
