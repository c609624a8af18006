import { describe, expect, it } from 'vitest'
import { inTurns } from './inTurns'

describe('inTurns', () => {
  it('has two under way at most, and keeps the order', async () => {
    let [now, most] = [0, 0]
    const answers = await inTurns([5, 1, 3, 2, 4], async (n) => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, n))
      now--
      return n * 10
    })
    expect(answers).toEqual([50, 10, 30, 20, 40])
    expect(most).toBe(2)
  })
  it('ends with the first that fails', async () => {
    const asked: number[] = []
    const all = inTurns([1, 2, 3, 4, 5], async (n) => {
      asked.push(n)
      if (n === 2) throw new Error('no')
      return n
    })
    await expect(all).rejects.toThrow('no')
    expect(asked.length).toBeLessThan(5)
  })
  it('is nothing of nothing', async () => expect(await inTurns([], async (n) => n)).toEqual([]))
})
