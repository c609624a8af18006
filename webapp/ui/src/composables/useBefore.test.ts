import { describe, expect, it, vi } from 'vitest'
import { useBefore, type Page } from '@/composables/useBefore'

describe('a list by pages', () => {
  it('grows until there is no more', async () => {
    const pages: Page<number>[] = [
      { items: [9, 8], next: { before: 8 } },
      { items: [7], next: null },
    ]
    const question = vi.fn(() => Promise.resolve(pages.shift()!))
    const list = useBefore(question)
    expect(await list.loading.run()).toEqual([9, 8])
    expect(list.hasMore.value).toBe(true)
    expect(await list.following.run()).toEqual([7])
    expect(question.mock.calls).toEqual([[], [8]])
    expect([list.items.value, list.hasMore.value]).toEqual([[9, 8, 7], false])
  })

  it('keeps what there is when the following page does not come', async () => {
    const question = vi
      .fn<() => Promise<Page<number>>>()
      .mockResolvedValueOnce({ items: [2], next: { before: 2 } })
      .mockRejectedValueOnce(new Error('no'))
    const list = useBefore(question)
    await list.loading.run()
    await list.following.run()
    expect(list.items.value).toEqual([2])
    expect(list.error.value).toBeInstanceOf(Error)
    expect(list.hasMore.value).toBe(true)
  })

  it('keeps the newer list when the older answer comes last', async () => {
    const late: ((page: Page<number>) => void)[] = []
    const list = useBefore(() => new Promise<Page<number>>((resolve) => late.push(resolve)))
    const [older, newer] = [list.loading.run(), list.loading.run()]
    late[1]!({ items: [2], next: null })
    late[0]!({ items: [1], next: { before: 1 } })
    await Promise.all([older, newer])
    expect([list.items.value, list.hasMore.value]).toEqual([[2], false])
  })

  it('has no error any more once it was begun anew', async () => {
    const question = vi
      .fn<() => Promise<Page<number>>>()
      .mockResolvedValueOnce({ items: [2], next: { before: 2 } })
      .mockRejectedValueOnce(new Error('no'))
      .mockResolvedValueOnce({ items: [2], next: { before: 2 } })
    const list = useBefore(question)
    await list.loading.run()
    await list.following.run()
    await list.loading.run()
    expect(list.error.value).toBeNull()
  })

  it('takes no page into a list that was begun anew', async () => {
    let late: (page: Page<number>) => void = () => undefined
    const question = vi
      .fn<() => Promise<Page<number>>>()
      .mockResolvedValueOnce({ items: [5], next: { before: 5 } })
      .mockReturnValueOnce(new Promise((resolve) => (late = resolve)))
      .mockResolvedValueOnce({ items: [6, 5], next: { before: 5 } })
    const list = useBefore(question)
    await list.loading.run()
    const following = list.following.run()
    await list.loading.run()
    late({ items: [4], next: null })
    await following
    expect(list.items.value).toEqual([6, 5])
    expect(list.hasMore.value).toBe(true)
  })
})
