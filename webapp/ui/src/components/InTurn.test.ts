import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, nextTick } from 'vue'
import InTurn from './InTurn.vue'

describe('a part of a page that is drawn in turn', () => {
  let tasks: (() => void)[] = []
  beforeEach(() => {
    tasks = []
    const later = setTimeout
    // tasks that wait for no time are those of the parts; the test's own clock goes on
    vi.stubGlobal('setTimeout', (task: () => void, ms?: number) =>
      ms === undefined ? tasks.push(task) : later(task, ms),
    )
  })
  afterEach(() => void vi.unstubAllGlobals())

  const page = (names: string[]) =>
    mount(
      defineComponent({
        components: { InTurn },
        setup: () => ({ names }),
        template: `<main><InTurn v-for="name in names" :key="name" :name="name">{{ name }}</InTurn></main>`,
      }),
    )

  it('is drawn after what stands before it, in a task of its own, and at once when it has been drawn before', async () => {
    const first = page(['one ', 'two '])
    expect([first.text(), tasks.length]).toEqual(['', 2])
    for (const text of ['one', 'one two']) {
      tasks.shift()?.()
      await nextTick()
      expect(first.text()).toBe(text)
    }
    expect(page(['two ', 'one ']).text()).toBe('two one')
    expect(tasks).toEqual([])
  })
})
