import { expect, it } from 'vitest'
import { nextRun } from './standingDays'

it.each([
  // day, starts, ends, status, today, next
  [5, '2026-01-01', null, 'active', '2026-11-05', '2026-11-05'],
  [5, '2026-01-01', null, 'active', '2026-11-06', '2026-12-05'],
  [5, '2026-01-01', null, 'active', '2026-12-06', '2027-01-05'],
  [5, '2027-03-10', null, 'active', '2026-11-06', '2027-04-05'],
  [31, '2026-01-01', null, 'active', '2026-11-15', '2026-11-30'],
  [31, '2026-01-01', null, 'active', '2027-02-01', '2027-02-28'],
  [30, '2026-01-01', null, 'active', '2028-02-01', '2028-02-29'],
  [31, '2026-01-01', null, 'active', '2027-01-31', '2027-01-31'],
  [5, '2026-01-01', '2026-12-05', 'active', '2026-11-06', '2026-12-05'],
  [5, '2026-01-01', '2026-12-04', 'active', '2026-11-06', null],
  [5, '2026-01-01', null, 'paused', '2026-11-06', null],
  [5, '2026-01-01', null, 'ended', '2026-11-06', null],
])('day %d from %s to %s, %s: on %s the next is %s', (day_of_month, starts_on, ends_on, status, today, next) => {
  expect(nextRun({ day_of_month, starts_on, ends_on, status, paid_on: null }, today)).toBe(next)
})

it.each([
  // day, ends, today, next
  [5, null, '2026-11-05', '2026-12-05'],
  [31, null, '2026-11-30', '2026-12-31'],
  [31, null, '2026-12-31', '2027-01-31'],
  [6, null, '2026-11-05', '2026-11-06'],
  [5, '2026-12-04', '2026-11-05', null],
])('day %d to %s, paid on %s: the next is %s', (day_of_month, ends_on, today, next) => {
  const terms = { day_of_month, starts_on: '2026-01-01', ends_on, status: 'active', paid_on: today }
  expect(nextRun(terms, today)).toBe(next)
})

it('does not take what was paid yesterday for today’s', () => {
  const terms = { day_of_month: 6, starts_on: '2026-01-01', ends_on: null, status: 'active', paid_on: '2026-11-05' }
  expect(nextRun(terms, '2026-11-06')).toBe('2026-11-06')
})
