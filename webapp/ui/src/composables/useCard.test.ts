import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'
import type { Card } from '@/composables/card'
import { useCard } from '@/composables/useCard'

vi.mock('vue-i18n', () => ({ useI18n: () => ({ locale: { value: 'ru' } }) }))

describe('a card', () => {
  const card = ref({ card_id: 7, status: 'active', day_limit_minor: null, currency_code: 'RUB' } as Card)
  const sent: unknown[] = []
  const make = () =>
    useCard(
      () => card.value,
      (state) => (card.value = { ...card.value, ...state }),
    )

  beforeEach(() => {
    setActivePinia(createPinia())
    sent.length = 0
    vi.stubGlobal('fetch', async (request: Request) => {
      const body = await request.json()
      sent.push(body)
      return Response.json({ status: card.value.status, day_limit_minor: null, ...body })
    })
  })
  afterEach(() => vi.unstubAllGlobals())

  it('is frozen once that was asked, and released at once', async () => {
    const { asked, told, changing, turn } = make()
    await turn()
    expect([asked.value, sent]).toEqual(['freeze', []])
    await changing.run({ status: 'frozen' })
    expect([asked.value, told.value, card.value.status]).toEqual([null, 'frozen', 'frozen'])
    await turn()
    expect([told.value, card.value.status]).toEqual(['released', 'active'])
  })

  it('takes a limit that is an amount, and says of anything else that it is none', async () => {
    const { asked, typed, told, wrong, setLimit } = make()
    asked.value = 'limit'
    await nextTick()
    await setLimit()
    expect([wrong.value, sent]).toEqual([true, []])
    typed.value = '1 500,50'
    await nextTick()
    expect(wrong.value).toBe(false)
    await setLimit()
    expect([sent, told.value, asked.value]).toEqual([[{ day_limit_minor: 150050 }], 'limit', null])
  })
})
