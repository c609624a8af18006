// Asks the bank. The client's paths, fields and answers are those of the API's OpenAPI document (schema.d.ts is made of it by
// `npm run api`). A call ends in one of three ways: an answer; a Problem, which the bank says in words of its own; or Unreachable,
// and then nobody here knows whether it was carried out. Or in none: what was asked before a session was forgotten is not answered.
import createClient from 'openapi-fetch'
import { isKnown } from '@/api/codes'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** How long an answer is waited for, in milliseconds: longer than the web server waits for the bank. */
const PATIENCE = 20_000

/** A no: status and code as in the OpenAPI document, the field where there is one. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly field: string | null = null,
    /** seconds, where the bank says when to come again */
    readonly retryAfter: number | null = null,
    /** what the bank's log calls the request: for whoever asks for help */
    readonly requestId: string | null = null,
    /** said by the bank, in a code of its own; else by something on the way, which does not know what the bank did */
    readonly byBank = true,
  ) {
    super(code)
  }

  /** Whether the bank answered and did nothing. After a 5xx, or the word of a proxy, nobody knows. */
  get isFinal(): boolean {
    return this.byBank && this.status < 500
  }
}

/** No answer: no network, no server, too late, or cut off in the middle. */
export class Unreachable extends Error {}

/** Of the present session: what was asked in it ends with it. */
let session = new AbortController()

/** The session is forgotten: what is under way is broken off, and no answer to it comes to anybody any more. */
export function forgetAsked(): void {
  session.abort()
  session = new AbortController()
}

const client = createClient<paths>({
  credentials: 'same-origin',
  cache: 'no-store',
  fetch: (request: Request) =>
    fetch(request, { signal: AbortSignal.any([request.signal, session.signal, AbortSignal.timeout(PATIENCE)]) }),
})

export const { GET, POST, PATCH, DELETE } = client

let onSignedOut: () => void = () => undefined

/** What is to be done when the bank says that there is no session any more. */
export function whenSignedOut(action: () => void): void {
  onSignedOut = action
}

function problemOf(error: unknown, response: Response): Problem {
  const told = (typeof error === 'object' && error !== null ? error : {}) as Partial<Schemas['Problem']>
  const wait = Number(response.headers.get('Retry-After'))
  const byBank = isKnown(told.code) && /^application\/problem\+json\b/.test(response.headers.get('Content-Type') ?? '')
  const code = typeof told.code === 'string' ? told.code : response.status === 503 ? 'unavailable' : 'internal'
  return new Problem(
    response.status,
    code,
    told.field ?? null,
    wait > 0 ? wait : null,
    response.headers.get('X-Request-Id'),
    byBank,
  )
}

const never = () => new Promise<never>(() => undefined)

/**
 * The answer of a call: `await ask(GET('/api/v1/accounts'))`. Never one of a session that was forgotten meanwhile.
 * @throws Problem, Unreachable
 */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const mine = session
  let answer: Awaited<typeof call>
  try {
    answer = await call
  } catch (error) {
    // no answer, or none that is whole: the network may go in the middle of it
    if (mine !== session) return never()
    throw new Unreachable(String(error))
  }
  if (mine !== session) return never()
  if (answer.response.ok) return answer.data as T
  const problem = problemOf(answer.error, answer.response)
  if (problem.byBank && problem.code === 'no_session') onSignedOut()
  if (mine !== session) return never()
  throw problem
}
