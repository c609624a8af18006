import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, nextTick, ref } from 'vue'
import { vBusy } from './busy'

describe('a button that is busy', () => {
  it('keeps the focus and does nothing when it is pressed, until it is busy no more', async () => {
    const [busy, pressed, sent] = [ref(false), vi.fn(), vi.fn()]
    const page = mount(
      defineComponent({
        directives: { busy: vBusy },
        setup: () => ({ busy, pressed, sent }),
        template: `<form @submit.prevent="sent"><button v-busy="busy" @click="pressed">Send</button></form>`,
      }),
      { attachTo: document.body },
    )
    const button = page.get('button').element
    button.focus()
    button.click()
    expect([pressed.mock.calls.length, sent.mock.calls.length]).toEqual([1, 1])
    busy.value = true
    await nextTick()
    expect(button.getAttribute('aria-disabled')).toBe('true')
    expect(document.activeElement).toBe(button)
    button.click()
    expect([pressed.mock.calls.length, sent.mock.calls.length]).toEqual([1, 1])
    busy.value = false
    await nextTick()
    expect(button.hasAttribute('aria-disabled')).toBe(false)
    button.click()
    expect([pressed.mock.calls.length, sent.mock.calls.length]).toEqual([2, 2])
    page.unmount()
  })
})
