import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, reactive } from 'vue'
import { useFilterForm } from '@/composables/useFilterForm'
import type { TransactionFilter } from '@/composables/useTransactionFilter'

vi.mock('vue-i18n', () => ({ useI18n: () => ({ locale: { value: 'ru' } }) }))

describe('the form of a filter', () => {
  const told: TransactionFilter[] = []
  const given = reactive<{ filter: TransactionFilter; currency: string }>({ filter: {}, currency: 'RUB' })
  const scope = effectScope()
  const form = scope.run(() =>
    useFilterForm(given, (filter) => {
      told.push(filter)
      given.filter = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
    }),
  )!

  beforeEach(() => {
    vi.useFakeTimers()
    told.length = 0
  })
  afterEach(() => vi.useRealTimers())

  it('tells what was typed once, after a moment', () => {
    form.fields.text = ' tea '
    form.tellSoon()
    form.tellSoon()
    expect(told).toEqual([])
    vi.advanceTimersByTime(400)
    expect(told).toEqual([{ text: 'tea' }])
  })
  it('goes on looking where an amount is none, by the amount of before', () => {
    form.fields.least = '1 500,50'
    form.tell()
    form.fields.least = 'much'
    form.fields.text = 'coffee'
    form.tell()
    expect(told.at(-1)).toEqual({ text: 'coffee', least: 150050 })
    expect([form.wrong.least, form.fields.least]).toEqual([true, 'much'])
  })
  it('forgets what was wrong with all the rest', () => {
    form.takeAllOff()
    expect(told).toEqual([{}])
    expect([form.wrong.least, form.fields.least, form.fields.text]).toEqual([false, '', ''])
  })
})
