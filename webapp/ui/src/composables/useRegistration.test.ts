import { afterEach, describe, expect, it, vi } from 'vitest'
import { activationOf, groupSecret, partyNoOf, PLACES, useRegistration } from '@/composables/useRegistration'

const fields = {
  party_no: '9000000001',
  birth_date: '1985-07-23',
  activation_code: '4FQDcd7o qq6y5oal',
  login: ' Maria ',
  password: 'correct horse',
}
const answer = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })

describe('what was typed', () => {
  it('is a customer’s number with blanks, a Cyrillic С, or without it', () => {
    expect(['c 9000000001', 'С9000000001', '9000000001', 'C900'].map(partyNoOf)).toEqual([
      'C9000000001',
      'C9000000001',
      'C9000000001',
      'C900',
    ])
  })
  it('is an activation code with or without its dashes', () => {
    expect(activationOf('4FQDcd7o qq6y5oal')).toBe('4fqd-cd7o-qq6y-5oal')
    expect(activationOf('4fqd-cd7o-qq6y-5oal')).toBe('4fqd-cd7o-qq6y-5oal')
    expect(activationOf('')).toBe('')
  })
  it('is easier to copy in groups', () => {
    expect(groupSecret('D7JSLGODI63F')).toBe('D7JS LGOD I63F')
  })
})

describe('registering', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('goes by the authenticator to the recovery codes', async () => {
    const sent: unknown[] = []
    const answers = [
      answer({ registration_token: 't', totp_secret: 'S', totp_uri: 'otpauth://totp/x', expires_at: '' }, 201),
      answer({ code: 'bad_code' }, 422),
      answer({ recovery_codes: ['aaaa'] }),
    ]
    vi.stubGlobal('fetch', async (request: Request) => {
      sent.push(await request.json())
      return answers.shift()
    })
    const registration = useRegistration()
    await registration.beginning.run(fields)
    expect(sent[0]).toEqual({
      party_no: 'C9000000001',
      birth_date: '1985-07-23',
      activation_code: '4fqd-cd7o-qq6y-5oal',
      login: 'maria',
      password: 'correct horse',
    })
    expect(registration.step.value).toBe('authenticator')
    await registration.confirming.run('000000')
    expect(registration.step.value).toBe('authenticator')
    await registration.confirming.run('123456')
    expect(registration.step.value).toBe('codes')
    expect(registration.recoveryCodes.value).toEqual(['aaaa'])
    expect(registration.begun.value).toBeNull()
  })

  it('stays where it is when the bank says no', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(answer({ code: 'login_taken' }, 422)))
    const registration = useRegistration()
    await registration.beginning.run(fields)
    expect(registration.step.value).toBe('who')
    expect(PLACES).toMatchObject({ login_taken: 'login', common_password: 'password' })
  })
})
