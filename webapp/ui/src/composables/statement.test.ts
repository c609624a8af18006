import { describe, expect, it, vi } from 'vitest'
import { readUpTo } from './statement'

/** Pieces of bytes, in the middle of letters, too. */
function streamOf(bytes: Uint8Array, size: number, cancel = vi.fn()): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close()
      else controller.enqueue(bytes.slice(at, (at += size)))
    },
    cancel,
  })
}

describe('readUpTo', () => {
  const text = 'выписка по счёту'
  const bytes = new TextEncoder().encode(text)
  it('is all of a short one, whatever the pieces', async () => {
    for (const size of [1, 3, 100]) expect(await readUpTo(streamOf(bytes, size), 1000)).toBe(text)
    expect(await readUpTo(streamOf(bytes, 5), bytes.length)).toBe(text)
  })
  it('stops at a long one, and does not fetch the rest', async () => {
    const cancel = vi.fn()
    expect(await readUpTo(streamOf(bytes, 5, cancel), bytes.length - 1)).toBeNull()
    expect(cancel).toHaveBeenCalled()
  })
})
