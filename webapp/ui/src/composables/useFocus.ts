// Where somebody goes on who has no pointer: what had the focus may be gone with what was done, and then the browser would begin at the top.
import { nextTick } from 'vue'

/** Gives an element the focus as soon as the page shows what has changed. @param find is asked then */
export async function focusThen(find: () => HTMLElement | null | undefined): Promise<void> {
  await nextTick()
  find()?.focus()
}

/** Asks for more rows of a list; one goes on at the first of them, for the button may be gone with the last. */
export async function focusNew(list: HTMLElement | null, more: () => Promise<unknown>): Promise<void> {
  const before = list?.children.length ?? 0
  await more()
  await focusThen(() => list?.children[before] as HTMLElement | undefined)
}
