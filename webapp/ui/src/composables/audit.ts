// The events of the trail that the bank writes (bank/source/migrations), in the groups that the staff looks for. One that is not known
// here yet is shown by its own name.
import type { Schemas } from '@/api/client'

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

/** The details as pairs of texts, without what is empty; the customer's id apart, because it leads somewhere. */
export function detailsOf({ detail }: Pick<Schemas['AuditEvent'], 'detail'>): {
  partyId: number | null
  pairs: [string, string][]
} {
  const { party_id, ...rest } = detail
  return {
    partyId: typeof party_id === 'number' ? party_id : null,
    pairs: Object.entries(rest)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  }
}
