// The one place that drops what the stores know of a customer: at sign-out, and when a session is over. Each store that was ever used is
// asked to forget; so each has a $reset of its own (stores/forget.test.ts sees to it).
import type { PiniaPluginContext } from 'pinia'
import { forgetAsked } from '@/api/client'

const used = new Map<string, PiniaPluginContext['store']>()

/** A plugin of Pinia's: knows each store as soon as it is used. */
export function rememberStores({ store }: PiniaPluginContext): void {
  used.set(store.$id, store)
}

/** All stores are as they were in the beginning, and what was asked before fills none of them any more. */
export function forgetAll(): void {
  forgetAsked()
  for (const store of used.values()) store.$reset()
}
