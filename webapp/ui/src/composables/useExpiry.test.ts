import { describe, expect, it } from 'vitest'
import { clockOf, expiryOf, spokenAt } from '@/composables/useExpiry'

const at = (time: string) => Date.parse(`2030-01-01T${time}Z`)

describe('the end of a session', () => {
  it('is no matter while it is far', () => {
    expect(expiryOf(at('00:12:59'), '2030-01-01T00:15:00Z', '2030-01-01T12:00:00Z')).toBeNull()
    expect(expiryOf(at('00:00:00'), null, null)).toBeNull()
  })
  it('comes by idling, with the seconds that are left', () => {
    expect(expiryOf(at('00:13:00'), '2030-01-01T00:15:00Z', '2030-01-01T12:00:00Z')).toEqual({
      kind: 'idle',
      seconds: 120,
    })
    expect(expiryOf(at('00:16:00'), '2030-01-01T00:15:00Z', '2030-01-01T12:00:00Z')).toEqual({
      kind: 'idle',
      seconds: 0,
    })
  })
  it('comes for good after its longest time', () => {
    expect(expiryOf(at('11:59:00'), '2030-01-01T12:00:00Z', '2030-01-01T12:00:00Z')).toEqual({
      kind: 'over',
      seconds: 60,
    })
  })
  it('is read out four times', () => {
    const told = [120, 119, 61, 60, 59, 31, 30, 29, 11, 10, 9, 0].map(spokenAt)
    expect(told).toEqual([120, 120, 120, 60, 60, 60, 30, 30, 30, 10, 10, 10])
  })
  it('is counted in minutes and seconds', () => {
    expect([clockOf(120), clockOf(65), clockOf(9)]).toEqual(['2:00', '1:05', '0:09'])
  })
})
