// The events of the trail that the bank writes (bank/source/migrations), in the groups that the staff looks for. One that is not known
// here yet is shown by its own name.
import type { Schemas } from '@/api/client'
import { decimalOf } from '@/money/minor'

export const EVENTS = [
  'login.done',
  'login.refused',
  'session.ended',
  'step_up.done',
  'step_up.refused',
  'password.changed',
  'password.refused',
  'recovery_codes.renewed',
  'activation.made',
  'activation.refused',
  'access.registered',
  'customer.active',
  'customer.blocked',
  'customer.left',
  'customer.prospect',
  'contact.asked',
  'contact.changed',
  'contact.removed',
  'transfer.done',
  'transfer.voided',
  'beneficiary.added',
  'beneficiary.removed',
  'standing_order.made',
  'standing_order.changed',
  'card.changed',
  'card.blocked',
  'staff.searched',
  'staff.viewed',
  'staff.read_audit',
  'request.denied',
  'tries.exceeded',
] as const

/** Whether it is something that was refused: worth a second look. */
export function isRefusal(event: string): boolean {
  return /\.(refused|denied|exceeded)$/.test(event)
}

/** Details that are one of a few words, which have messages (staff.value). Others are shown as they were typed or written. */
const WORDS = ['by', 'contact_type']
/** The trail does not say of which currency a limit is; all that the bank has cards in have two decimals. */
const EXPONENT = 2

export interface Detail {
  name: string
  value: string
  /** whether the value has a message */
  isWord: boolean
}

function detailOf(name: string, value: unknown): Detail {
  const isWord = WORDS.includes(name) || typeof value === 'boolean'
  if (name.endsWith('_minor') && Number.isSafeInteger(value))
    return { name, value: decimalOf(value as number, EXPONENT), isWord }
  return { name, value: typeof value === 'object' ? JSON.stringify(value) : String(value), isWord }
}

/** The details, without what is empty; the customer's id apart, because it leads somewhere. */
export function detailsOf({ detail }: Pick<Schemas['AuditEvent'], 'detail'>): {
  partyId: number | null
  details: Detail[]
} {
  const { party_id, ...rest } = detail
  return {
    partyId: typeof party_id === 'number' ? party_id : null,
    details: Object.entries(rest)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => detailOf(name, value)),
  }
}
