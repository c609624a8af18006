import { describe, expect, it } from 'vitest'
import { MOST_MINOR } from './minor'
import { perMille, shareText } from './share'

describe('shares', () => {
  it('are exact up to the greatest amount', () => {
    expect(perMille(1, 3)).toBe(333)
    expect(perMille(2, 3)).toBe(667)
    expect(perMille(MOST_MINOR, MOST_MINOR)).toBe(1000)
    expect(perMille(0, 0)).toBe(0)
  })
  it('are written as percent', () => {
    expect(shareText(125, 1000, 'en')).toBe('12.5%')
    expect(shareText(125, 1000, 'ru').replace(/\s/g, ' ')).toBe('12,5 %')
  })
})
