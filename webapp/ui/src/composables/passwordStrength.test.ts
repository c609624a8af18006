import { describe, expect, it } from 'vitest'
import { strengthOf } from '@/composables/passwordStrength'

describe('the strength of a password', () => {
  it('is nothing below eight characters', () => {
    expect(strengthOf('aB3$xyz')).toBe('short')
  })
  it.each(['aaaaaaaaaaaa', '12345678901234', 'abcdefghijkl', '20300101', 'qwertzui'])('is weak: %s', (password) => {
    expect(strengthOf(password)).toBe('weak')
  })
  it('is weak where it is the user’s name with little more', () => {
    expect(strengthOf('maria.petrova1', ['maria.petrova'])).toBe('weak')
  })
  it('grows with the length more than with the kinds of characters', () => {
    expect(strengthOf('Tr7$kpam')).toBe('fair')
    expect(strengthOf('correct horse battery')).toBe('good')
    expect(strengthOf('верная лошадь батарея')).toBe('good')
  })
})
