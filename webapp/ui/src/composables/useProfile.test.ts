import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Schemas } from '@/api/client'
import { addressLine, phoneOf, showPhone, useContacts } from '@/composables/useProfile'
import { useStepUp } from '@/stores/stepUp'

const address: Schemas['Address'] = {
  address_type: 'residential',
  country_code: 'RU',
  region: 'Тверская область',
  city: 'Тверь',
  street: 'Садовая улица',
  house: '7',
  flat: '12',
  postcode: '170100',
}

describe('what is shown', () => {
  it('is an address on one line', () => {
    const flat = (number: string) => `кв. ${number}`
    expect(addressLine(address, flat)).toBe('170100, Тверская область, Тверь, Садовая улица, 7, кв. 12')
    expect(addressLine({ ...address, region: 'Тверь', flat: null, postcode: null }, flat)).toBe(
      'Тверь, Садовая улица, 7',
    )
  })
  it('is a telephone number in groups', () => {
    expect(showPhone('+79995550100')).toBe('+7 999 555-01-00')
    expect(showPhone('+4930123456')).toBe('+4930123456')
  })
  it.each([
    ['8 (999) 555-01-00', '+79995550100'],
    ['7 999 555 01 00', '+79995550100'],
    ['+49 30 123456', '+4930123456'],
  ])('takes the number %s', (typed, number) => {
    expect(phoneOf(typed)).toBe(number)
  })
})

describe('a new contact', () => {
  const sent: [string, unknown][] = []
  const answers: [number, unknown][] = []

  beforeEach(() => {
    setActivePinia(createPinia())
    sent.length = 0
    vi.stubGlobal('fetch', async (request: Request) => {
      sent.push([
        new URL(request.url, 'http://bank').pathname,
        request.method === 'DELETE' ? null : await request.json(),
      ])
      const [status, body] = answers.shift() ?? [500, {}]
      return new Response(status === 204 ? null : JSON.stringify(body), {
        status,
        headers: { 'Content-Type': 'application/json' },
      })
    })
  })
  afterEach(() => vi.unstubAllGlobals())

  it('is asked for with a further code, and is there once its own code is right', async () => {
    const changed = vi.fn().mockResolvedValue(undefined)
    const contacts = useContacts(changed)
    answers.push([403, { code: 'step_up_needed' }], [200, {}], [200, { change_id: 5, expires_at: '' }])
    contacts.open('phone', 2)
    const asking = contacts.asking.run('8 999 555-01-00')
    await vi.waitFor(() => expect(useStepUp().open).toBe(true))
    await useStepUp().give('123456')
    await asking
    expect(sent.at(-1)).toEqual(['/api/v1/contacts', { contact_type: 'phone', value: '+79995550100', ordinal: 2 }])
    expect([contacts.step.value, contacts.sentTo.value]).toEqual(['code', '+79995550100'])

    answers.push([422, { code: 'bad_code' }])
    await contacts.confirming.run('000000')
    expect(changed).not.toHaveBeenCalled()
    expect(contacts.step.value).toBe('code')

    answers.push([200, {}])
    await contacts.confirming.run('654321')
    expect(sent.at(-1)).toEqual(['/api/v1/contacts/confirm', { change_id: 5, code: '654321' }])
    expect(changed).toHaveBeenCalledOnce()
    expect(contacts.wanted.value).toBeNull()
  })

  it('is not asked for where no further code is given', async () => {
    const contacts = useContacts(vi.fn())
    answers.push([403, { code: 'step_up_needed' }])
    contacts.open('email')
    const asking = contacts.asking.run('a@example.com')
    await vi.waitFor(() => expect(useStepUp().open).toBe(true))
    useStepUp().finish(false)
    await asking
    expect([contacts.step.value, contacts.asking.error.value]).toEqual(['value', null])
  })

  it('does not show in another dialog what was asked in one that was closed', async () => {
    let answer: (response: Response) => void = () => undefined
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (answer = resolve)))
    const contacts = useContacts(vi.fn())
    contacts.open('phone')
    const asking = contacts.asking.run('8 999 555-01-00')
    await vi.waitFor(() => answer(Response.json({ change_id: 5, expires_at: '' })))
    contacts.close()
    contacts.open('email')
    await asking
    expect([contacts.step.value, contacts.asking.busy.value, contacts.wanted.value?.type]).toEqual([
      'value',
      false,
      'email',
    ])
  })

  it('that is gone already counts as removed', async () => {
    const changed = vi.fn().mockResolvedValue(undefined)
    const contacts = useContacts(changed)
    answers.push([404, { code: 'not_found' }])
    await contacts.removing.run({ contact_type: 'email', ordinal: 2, value: 'a@example.com', is_verified: true })
    expect(changed).toHaveBeenCalledOnce()
    answers.push([409, { code: 'last_contact' }])
    await contacts.removing.run({ contact_type: 'email', ordinal: 1, value: 'a@example.com', is_verified: true })
    expect(contacts.removing.error.value).toMatchObject({ code: 'last_contact' })
    expect(changed).toHaveBeenCalledOnce()
  })
})
