import { mount } from '@vue/test-utils'
import { nextTick } from 'vue'
import { describe, expect, it } from 'vitest'
import AppDialog from './AppDialog.vue'

async function shown() {
  const dialog = mount(AppDialog, { props: { open: true, title: 'Title' }, attachTo: document.body })
  await nextTick()
  return { dialog, element: dialog.element as HTMLDialogElement }
}

describe('AppDialog', () => {
  it('tells when the browser closes it unasked, and comes back if it is to stay open', async () => {
    const { dialog, element } = await shown()
    expect(element.open).toBe(true)
    element.close()
    await nextTick()
    await nextTick()
    expect(dialog.emitted('close')).toHaveLength(1)
    expect(element.open).toBe(true)
  })
  it('tells nothing of being closed by whoever opened it', async () => {
    const { dialog, element } = await shown()
    await dialog.setProps({ open: false })
    await nextTick()
    expect(element.open).toBe(false)
    expect(dialog.emitted('close')).toBeUndefined()
  })
})
