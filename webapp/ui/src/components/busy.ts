// A button while what it asked for is under way: `<button v-busy="asking.busy.value">`. It says that it cannot be pressed, and keeps the
// focus, which a disabled one would drop to the top of the page. A press does nothing, nor does Enter in a field of its form, which the
// browser turns into one: nothing is sent twice.
import type { ObjectDirective } from 'vue'

function show(element: HTMLElement, busy: boolean): void {
  if (busy) element.setAttribute('aria-disabled', 'true')
  else element.removeAttribute('aria-disabled')
}

function refuse(event: Event): void {
  if ((event.currentTarget as HTMLElement).getAttribute('aria-disabled') !== 'true') return
  event.preventDefault()
  event.stopImmediatePropagation()
}

export const vBusy: ObjectDirective<HTMLElement, boolean> = {
  // before the button's own listeners are there, so that this one is the first
  created(element, { value }) {
    element.addEventListener('click', refuse, { capture: true })
    show(element, value)
  },
  updated: (element, { value }) => show(element, value),
}
