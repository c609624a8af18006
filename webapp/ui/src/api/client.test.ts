import { afterEach, describe, expect, it, vi } from 'vitest'
import { ask, forgetAsked, GET, POST, Problem, Unreachable, whenSignedOut } from './client'

const PROBLEM = 'application/problem+json'
const answer = (status: number, body: unknown, type = PROBLEM) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'Content-Type': type } })
const bank = (told: () => Response | Promise<Response>) =>
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => told()),
  )
const asked = () => ask(GET('/api/v1/accounts')).catch((error: unknown) => error)

afterEach(() => {
  vi.unstubAllGlobals()
  whenSignedOut(() => undefined)
})

/** What a promise has come to, if it has. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return Promise.race([promise, Promise.resolve('open')])
}

describe('an answer', () => {
  it('is the bank’s last word only if it is a problem of the bank’s', async () => {
    const cases: [Response, boolean][] = [
      [answer(409, { status: 409, code: 'insufficient_funds' }), true],
      [answer(409, { status: 409, code: 'insufficient_funds' }, 'application/json'), false],
      [answer(403, '<h1>Forbidden</h1>', 'text/html'), false],
      [answer(408, { status: 408, title: 'Request Timeout' }), false],
      [answer(409, { status: 409, code: 'of_another_server' }), false],
      [answer(503, { status: 503, code: 'unavailable' }), false],
    ]
    for (const [response, isFinal] of cases) {
      bank(() => response)
      expect(await asked()).toMatchObject({ isFinal })
    }
  })

  it('that is cut off in the middle is none', async () => {
    bank(() => answer(200, '{"items": [', 'application/json'))
    expect(await asked()).toBeInstanceOf(Unreachable)
    const body = new ReadableStream({
      start: (stream) => stream.error(new TypeError('network error')),
    })
    bank(() => new Response(body, { headers: { 'Content-Type': 'application/json' } }))
    expect(await asked()).toBeInstanceOf(Unreachable)
    bank(() => Promise.reject(new DOMException('too late', 'TimeoutError')))
    expect(await asked()).toBeInstanceOf(Unreachable)
  })
})

describe('a session that is forgotten', () => {
  it('has its open requests broken off, and none of its answers comes', async () => {
    const signals: AbortSignal[] = []
    const late: ((response: Response) => void)[] = []
    vi.stubGlobal(
      'fetch',
      vi.fn((_: Request, { signal }: RequestInit) => {
        signals.push(signal!)
        return new Promise<Response>((resolve) => late.push(resolve))
      }),
    )
    const signedOut = vi.fn()
    whenSignedOut(signedOut)
    const old = [asked(), asked(), ask(POST('/api/v1/logout', { body: {} })).catch((error: unknown) => error)]
    await vi.waitFor(() => expect(late).toHaveLength(3))
    forgetAsked()
    const fresh = asked()
    await vi.waitFor(() => expect(late).toHaveLength(4))
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true, true, false])
    late[0]!(answer(200, { items: ['of the one before'] }, 'application/json'))
    late[1]!(answer(401, { status: 401, code: 'no_session' }))
    late[2]!(answer(503, { status: 503, code: 'unavailable' }))
    late[3]!(answer(200, { items: [] }, 'application/json'))
    expect(await Promise.all(old.map(stateOf))).toEqual(['open', 'open', 'open'])
    expect(await fresh).toEqual({ items: [] })
    expect(signedOut).not.toHaveBeenCalled()
  })

  it('is not told of the 401 by which it ended', async () => {
    whenSignedOut(forgetAsked)
    bank(() => answer(401, { status: 401, code: 'no_session' }))
    expect(await stateOf(asked())).toBe('open')
  })

  it('does not end by a 401 of something else on the way', async () => {
    const signedOut = vi.fn()
    whenSignedOut(signedOut)
    bank(() => answer(401, { code: 'no_session' }, 'application/json'))
    expect(await asked()).toBeInstanceOf(Problem)
    expect(signedOut).not.toHaveBeenCalled()
  })
})
