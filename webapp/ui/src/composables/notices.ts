// What a notification says: which text, with what from its details, its sign, and the page where one can do something about it. The kinds
// are those that the bank's database writes (bank/source/migrations: notify_of_event, block_card, follow_party_status); one that is not known here yet
// still has a text.
import { Bell, CalendarClock, CreditCard, KeyRound, LogIn, Mail, ShieldAlert, ShieldCheck, UserPlus } from '@lucide/vue'
import type { Component } from 'vue'
import type { Schemas } from '@/api/client'

interface Notice {
  /** below notifications.kind */
  key: string
  icon: Component
  /** where one can look further; null where there is nothing */
  to: string | null
  last4: string
  /** below notifications.contact; null where it is about none */
  contact: 'phone' | 'email' | null
  clientIp: string | null
}

export type Kind = Schemas['NotificationKind']

const KINDS: Record<Kind, [icon: Component, to: string | null]> = {
  'login.new_device': [LogIn, '/security'],
  'password.changed': [KeyRound, '/security'],
  'recovery_codes.renewed': [ShieldCheck, '/security'],
  'access.registered': [UserPlus, null],
  'contact.changed': [Mail, '/profile'],
  'contact.removed': [Mail, '/profile'],
  'beneficiary.added': [UserPlus, '/beneficiaries'],
  'standing_order.made': [CalendarClock, '/standing-orders'],
  'card.blocked': [CreditCard, '/cards'],
  'customer.blocked': [ShieldAlert, null],
  'customer.active': [ShieldCheck, null],
}

const text = (value: unknown) => (typeof value === 'string' ? value : null)

export function noticeOf({ kind, detail }: Pick<Schemas['Notification'], 'kind' | 'detail'>): Notice {
  const [icon, to] = KINDS[kind] ?? [Bell, null]
  const contact = text(detail.contact_type)
  return {
    key: kind in KINDS ? kind.replaceAll('.', '_') : 'other',
    icon,
    to,
    last4: text(detail.last4) ?? '',
    contact: contact === 'phone' || contact === 'email' ? contact : null,
    clientIp: text(detail.client_ip),
  }
}
