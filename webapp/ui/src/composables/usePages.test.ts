import { describe, expect, it, vi } from 'vitest'
import { usePages, type Answer } from './usePages'

/** Rows n … 1, the newest first; pages end at a row, as the bank's do. */
function bankOf(state: { newest: number }, empty = 0) {
  let looks = 0
  return vi.fn(async (key: number | null, limit: number): Promise<Answer<number, number>> => {
    if (looks++ < empty) return { items: [], next: key === null ? state.newest + 1 : key }
    const first = key === null ? state.newest : key - 1
    const items = Array.from({ length: Math.max(Math.min(limit, first), 0) }, (_, n) => first - n)
    const last = items.at(-1) ?? 1
    return { items, next: last > 1 ? last : null }
  })
}

const options = {
  limit: 10,
  identity: String,
  keyAfter: (item: number) => item,
  group: (item: number) => String(Math.ceil(item / 4)),
}
const rows = (pages: ReturnType<typeof usePages<number, number>>) =>
  pages.pages.value.flatMap((page) => page.items ?? [])
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, n) => from - n)

describe('usePages', () => {
  it('goes on where the page before ended, to the end', async () => {
    const pages = usePages(bankOf({ newest: 25 }), options)
    expect(pages.starting.value).toBe(true)
    expect([await pages.more(), await pages.more(), await pages.more(), await pages.more()]).toEqual([10, 10, 5, 0])
    expect(rows(pages)).toEqual(down(25, 1))
    expect(pages.ended.value).toBe(true)
    expect(pages.starting.value).toBe(false)
  })

  it('asks once, however often it is pressed', async () => {
    const bank = bankOf({ newest: 25 })
    const pages = usePages(bank, options)
    await Promise.all([pages.more(), pages.more(), pages.more()])
    expect(bank).toHaveBeenCalledTimes(1)
  })

  it('gives rows up and asks for them again by their key', async () => {
    const bank = bankOf({ newest: 25 })
    const pages = usePages(bank, options)
    await pages.more()
    await pages.more()
    const [first, second] = pages.pages.value
    pages.giveUp(second!, 640)
    expect(second).toMatchObject({ items: null, height: 640, count: 10, last: '2' })
    expect(pages.count.value).toBe(20)
    await pages.restore(second!)
    expect(bank).toHaveBeenLastCalledWith(16, 10)
    expect(second!.items).toEqual(down(15, 6))
    pages.giveUp(first!, 640)
    expect(first!.items).not.toBeNull()
  })

  it('goes on looking after pages without a row, but not for ever', async () => {
    const few = usePages(bankOf({ newest: 5 }, 3), options)
    expect(await few.more()).toBe(5)
    const bank = bankOf({ newest: 5 }, 99)
    const many = usePages(bank, options)
    expect(await many.more()).toBe(0)
    expect(bank).toHaveBeenCalledTimes(5)
    expect(many.paused.value).toBe(6)
    expect(many.ended.value).toBe(false)
  })

  it('puts what is new in front, nothing twice, and the old first page can be given up then', async () => {
    const state = { newest: 25 }
    const bank = bankOf(state)
    const pages = usePages(bank, options)
    await pages.more()
    await pages.more()
    expect(await pages.look()).toBe(0)
    state.newest = 28
    expect(await pages.look()).toBe(3)
    await pages.show()
    await pages.show()
    expect(rows(pages).slice(0, 20)).toEqual(down(28, 9))
    const old = pages.pages.value[1]!
    pages.giveUp(old, 100)
    await pages.restore(old)
    expect(old.items).toEqual(down(25, 16))
    await pages.more()
    expect(rows(pages)).toEqual(down(28, 1))
  })

  it('begins anew where more than a page is new', async () => {
    const state = { newest: 5 }
    const pages = usePages(bankOf(state), options)
    await pages.more()
    state.newest = 50
    expect(await pages.look()).toBeNull()
    await pages.show()
    expect(rows(pages)).toEqual(down(50, 41))
  })

  it('begins anew where a row is new that is not in front', async () => {
    const rowsOfBank = [9, 8, 6, 5]
    const pages = usePages<number, number>(async () => ({ items: [...rowsOfBank], next: null }), options)
    await pages.more()
    rowsOfBank.splice(2, 0, 7)
    expect(await pages.look()).toBeNull()
    await pages.show()
    expect(rows(pages)).toEqual([9, 8, 7, 6, 5])
    rowsOfBank.push(4)
    expect(await pages.look()).toBeNull()
    rowsOfBank.pop()
    rowsOfBank.unshift(10)
    expect(await pages.look()).toBe(1)
  })

  it('looks also while the next page is under way, and before the first has come', async () => {
    const state = { newest: 25 }
    const pages = usePages(bankOf(state), options)
    const first = pages.more()
    expect(await pages.look()).toBe(0)
    await first
    state.newest = 27
    const [, fresh] = await Promise.all([pages.more(), pages.look()])
    expect(fresh).toBe(2)
    await pages.show()
    expect(rows(pages)).toEqual(down(27, 6))
  })

  it('asks again for what failed: a page that had given its rows up', async () => {
    let fail = false
    const bank = bankOf({ newest: 20 })
    const question = vi.fn(async (key: number | null, limit: number) => {
      if (fail) throw new Error('no')
      return bank(key, limit)
    })
    const pages = usePages(question, options)
    await pages.more()
    await pages.more()
    expect(pages.ended.value).toBe(true)
    const second = pages.pages.value[1]!
    pages.giveUp(second, 640)
    fail = true
    await pages.restore(second)
    expect(pages.error.value).toBeInstanceOf(Error)
    fail = false
    await pages.retry()
    expect(second.items).toEqual(down(10, 1))
    expect(pages.error.value).toBeNull()
    pages.error.value = new Error('old')
    await pages.more()
    expect(pages.error.value).toBeNull()
  })

  it('drops an answer that was overtaken, and keeps what went wrong', async () => {
    let fail = false
    const slow = usePages<number, number>(async (key) => {
      if (fail) throw new Error('no')
      await Promise.resolve()
      return { items: [key ?? 1], next: null }
    }, options)
    const overtaken = slow.more()
    await slow.restart()
    await overtaken
    expect(rows(slow)).toEqual([1])
    fail = true
    await slow.restart()
    expect(slow.error.value).toBeInstanceOf(Error)
    expect(slow.busy.value).toBe(false)
  })
})
