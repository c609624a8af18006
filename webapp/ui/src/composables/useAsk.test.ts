import { describe, expect, it } from 'vitest'
import { answerTo, useAsk } from './useAsk'

/** A question whose answers come when the test says so. */
function held() {
  const waiting: { give: (answer: string) => void; fail: (error: Error) => void }[] = []
  const asking = useAsk((span: string) => {
    expect(span).toMatch(/month$/)
    return new Promise<string>((resolve, reject) => waiting.push({ give: resolve, fail: reject }))
  })
  return { asking, waiting }
}

describe('answerTo', () => {
  it('is no answer to another question, while that is under way and where it fails', async () => {
    const { asking, waiting } = held()
    const first = asking.run('month')
    waiting[0]?.give('1 ₽')
    await first
    expect(answerTo(asking, ['month'])).toBe('1 ₽')

    const second = asking.run('last_month')
    expect(answerTo(asking, ['last_month'])).toBeNull()
    waiting[1]?.fail(new Error('no'))
    await second
    expect(answerTo(asking, ['last_month'])).toBeNull()
    expect(asking.error.value).toBeInstanceOf(Error)
    // back to what is known
    expect(answerTo(asking, ['month'])).toBe('1 ₽')
  })
  it('stays while the same is asked again', async () => {
    const { asking, waiting } = held()
    const first = asking.run('month')
    waiting[0]?.give('1 ₽')
    await first
    void asking.run('month')
    expect(answerTo(asking, ['month'])).toBe('1 ₽')
  })
  it('drops an answer that was overtaken', async () => {
    const { asking, waiting } = held()
    const first = asking.run('month')
    const second = asking.run('last_month')
    waiting[1]?.give('2 ₽')
    waiting[0]?.give('1 ₽')
    expect([await first, await second]).toEqual([null, '2 ₽'])
    expect(answerTo(asking, ['last_month'])).toBe('2 ₽')
    expect(answerTo(asking, ['month'])).toBeNull()
  })
})
