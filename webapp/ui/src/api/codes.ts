// The codes of the bank's problems, as the OpenAPI document has them: one that is missing here, or is none, fails the build.
import type { components } from './schema'

type Code = components['schemas']['ProblemCode']

const CODES: Record<Code, true> = {
  account_not_active: true,
  bad_activation: true,
  bad_code: true,
  bad_credentials: true,
  bad_field: true,
  bad_json: true,
  bad_password: true,
  bad_query: true,
  bad_request: true,
  body_too_large: true,
  busy: true,
  card_not_usable: true,
  common_password: true,
  cross_site: true,
  currency_differs: true,
  customer_blocked: true,
  field_twice: true,
  id_reused: true,
  insufficient_funds: true,
  internal: true,
  last_contact: true,
  limit_reached: true,
  login_taken: true,
  media_type: true,
  missing_field: true,
  no_session: true,
  no_such_account: true,
  no_such_method: true,
  no_such_route: true,
  not_allowed: true,
  not_for_party: true,
  not_found: true,
  order_ended: true,
  period_too_long: true,
  query_too_long: true,
  same_account: true,
  step_up_needed: true,
  too_many_tries: true,
  transfer_void: true,
  unavailable: true,
  unknown_field: true,
}

/** Whether it is a word of the bank's, not of something on the way to it. */
export function isKnown(code: unknown): code is Code {
  return typeof code === 'string' && Object.hasOwn(CODES, code)
}
