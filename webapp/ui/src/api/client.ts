// Asks the bank. The client's paths, fields and answers are those of the API's OpenAPI document (schema.d.ts is made of it by
// `npm run api`). A call ends in one of three ways: an answer; a Problem, which the bank says in words of its own; or Unreachable,
// and then nobody here knows whether it was carried out.
import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** How long an answer is waited for, in milliseconds: longer than the web server waits for the bank. */
const PATIENCE = 20_000

/** The bank's own no: status and code as in the OpenAPI document, the field where there is one. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly field: string | null = null,
    /** seconds, where the bank says when to come again */
    readonly retryAfter: number | null = null,
    /** what the bank's log calls the request: for whoever asks for help */
    readonly requestId: string | null = null,
  ) {
    super(code)
  }
}

/** No answer: no network, no server, or too late. */
export class Unreachable extends Error {}

const client = createClient<paths>({
  credentials: 'same-origin',
  cache: 'no-store',
  fetch: async (request: Request) => {
    try {
      return await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE)]) })
    } catch (error) {
      if (request.signal.aborted) throw error
      throw new Unreachable(String(error))
    }
  },
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
  const code = typeof told.code === 'string' ? told.code : response.status === 503 ? 'unavailable' : 'internal'
  return new Problem(
    response.status,
    code,
    told.field ?? null,
    wait > 0 ? wait : null,
    response.headers.get('X-Request-Id'),
  )
}

/**
 * The answer of a call: `await ask(GET('/api/v1/accounts'))`.
 * @throws Problem, Unreachable
 */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call
  if (response.ok) return data as T
  const problem = problemOf(error, response)
  if (problem.code === 'no_session') onSignedOut()
  throw problem
}
