import { createPinia, setActivePinia } from 'pinia'
import { createApp } from 'vue'
import { describe, expect, it } from 'vitest'
import { forgetAll, rememberStores } from '@/stores/forget'
import { useSearches } from '@/stores/searches'

describe('a text that was searched for', () => {
  it('is found again by a mark that says nothing of it, until all is forgotten', () => {
    const pinia = createPinia().use(rememberStores)
    createApp({}).use(pinia)
    setActivePinia(pinia)
    const searches = useSearches()
    const mark = searches.markOf('40817 810 9')
    expect(mark).not.toContain('40817')
    expect(searches.textOf(mark)).toBe('40817 810 9')
    expect(searches.textOf('another')).toBeUndefined()
    expect(searches.markOf('')).toBeNull()
    forgetAll()
    expect(searches.textOf(mark)).toBeUndefined()
  })
})
