// Where one can go from anywhere; the first four of customers stand at the bottom of a phone.
import {
  ArrowLeftRight,
  CalendarClock,
  CreditCard,
  FileText,
  HandCoins,
  House,
  ScrollText,
  Search,
  ShieldCheck,
  UserRound,
  UsersRound,
} from '@lucide/vue'
import type { Component } from 'vue'

interface Destination {
  to: string
  title: string
  icon: Component
  primary: boolean
  /** what pages besides its own and those below it belong to it begin with */
  also?: string
}

const customers: Destination[] = [
  { to: '/', title: 'title.overview', icon: House, primary: true, also: '/accounts/' },
  { to: '/transfer', title: 'title.transfer', icon: ArrowLeftRight, primary: true, also: '/transfers/' },
  { to: '/cards', title: 'title.cards', icon: CreditCard, primary: true },
  { to: '/beneficiaries', title: 'title.beneficiaries', icon: UsersRound, primary: false },
  { to: '/standing-orders', title: 'title.standing_orders', icon: CalendarClock, primary: false },
  { to: '/loans', title: 'title.loans', icon: HandCoins, primary: false },
  { to: '/statements', title: 'title.statements', icon: FileText, primary: false },
  { to: '/profile', title: 'title.profile', icon: UserRound, primary: false },
  { to: '/security', title: 'title.security', icon: ShieldCheck, primary: false },
]

const staff: Destination[] = [
  { to: '/staff', title: 'title.staff', icon: Search, primary: true },
  { to: '/staff/audit', title: 'title.staff_audit', icon: ScrollText, primary: true },
  { to: '/security', title: 'title.security', icon: ShieldCheck, primary: true },
]

/** Destinations of a role. */
export function navigationOf(isStaff: boolean): Destination[] {
  return isStaff ? staff : customers
}

/** The destination that a page is part of: a loan is part of the loans, an account of the overview. */
export function partOf(destinations: readonly Destination[], path: string): string | null {
  const begins = ({ to, also }: Destination) =>
    path === to || (to !== '/' && path.startsWith(`${to}/`)) || (also !== undefined && path.startsWith(also))
  const found = destinations.filter(begins).map(({ to }) => to)
  return found.sort((a, b) => b.length - a.length)[0] ?? null
}
