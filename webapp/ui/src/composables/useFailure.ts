// A page that cannot be shown: it threw, or a part of it could not be loaded, as after a new release of the pages. Shown by ErrorBoundary
// in the page's place, until another page is opened.
import { shallowRef } from 'vue'

export type Failure = 'fault' | 'release' | 'network'

export const failure = shallowRef<Failure | null>(null)
/** where somebody was going when it happened */
export const failedPath = shallowRef<string | null>(null)

/** What browsers and Vite say when a part of a page cannot be loaded. */
const NOT_LOADED = /dynamically imported module|importing a module script|preload|error loading/i

/** What it was that a page was not shown for. */
export function failureOf(error: unknown, online: boolean): Failure {
  if (!(error instanceof Error) || !NOT_LOADED.test(error.message)) return 'fault'
  return online ? 'release' : 'network'
}

/** Errors in answer to a click leave the page as it is; those of building or showing it do not. Vue says which it was: in words, or by a number once built. */
export function breaksPage(info: string): boolean {
  return !/event handler|#runtime-[56]$/.test(info)
}
