import { createPinia, setActivePinia } from 'pinia'
import { createApp } from 'vue'
import { describe, expect, it } from 'vitest'
import { forgetAll, rememberStores } from '@/stores/forget'
import { useToasts } from '@/stores/toasts'

const files = import.meta.glob<Record<string, unknown>>(['./*.ts', '!./*.test.ts'], { eager: true })
const stores = Object.values(files).flatMap((file) =>
  Object.entries(file).filter(([, made]) => typeof made === 'function' && '$id' in made),
) as [string, () => { $reset: () => void }][]

describe('forgetting', () => {
  it('finds the stores', () => {
    expect(stores.map(([name]) => name)).toContain('useAccounts')
  })
  it.each(stores)('%s has a $reset of its own', (_, use) => {
    setActivePinia(createPinia())
    expect(() => use().$reset()).not.toThrow()
  })
  it('resets what was used', () => {
    const pinia = createPinia().use(rememberStores)
    createApp({}).use(pinia)
    setActivePinia(pinia)
    useToasts().say('a thousand came in')
    forgetAll()
    expect(useToasts().items).toEqual([])
  })
})
