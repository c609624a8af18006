import { describe, expect, it } from 'vitest'
import { MOST_MINOR } from '@/money/minor'
import { loanTotals, paidPercent, rateText, type Instalment, scheduleOf } from './loan'

const instalment = (principal_minor: number, interest_minor: number, is_paid: boolean): Instalment => ({
  instalment_no: 1,
  due_on: '2026-01-01',
  principal_minor,
  interest_minor,
  is_paid,
})

describe('a loan', () => {
  it('adds up', () => {
    const totals = loanTotals([instalment(100, 30, true), instalment(110, 20, false), instalment(120, 10, false)])
    expect(totals).toEqual({ principal: 330n, interest: 60n, all: 390n, paid: 130n, left: 260n })
  })
  it('adds up beyond what a number holds', () => {
    expect(loanTotals([instalment(MOST_MINOR, MOST_MINOR, false), instalment(MOST_MINOR, 0, true)]).all).toBe(
      3n * (2n ** 53n - 1n),
    )
  })
  it.each([
    [1000, 1000, 0],
    [1000, 675, 32],
    [1000, null, 100],
    [10_000, 1, 99],
    [1000, 1, 99],
  ])('of %d with %s left is paid to %d %%', (principal_minor, left_minor, percent) => {
    expect(paidPercent({ principal_minor, left_minor })).toBe(percent)
  })
  it('has a rate', () => {
    expect(rateText('0.125000', 'en')).toBe('12.5%')
    expect(rateText('0.299', 'ru').replace(/\s/g, ' ')).toBe('29,9 %')
  })
})

describe('scheduleOf', () => {
  it('has what is paid, what comes next, and whether that is late', () => {
    const schedule = ['2026-01-10', '2026-02-10', '2026-03-10'].map((due_on, n) => ({ due_on, is_paid: n === 0 }))
    const { paid, unpaid, next, late } = scheduleOf(schedule, '2026-02-10')
    expect([paid.length, unpaid.length, next?.due_on, late]).toEqual([1, 2, '2026-02-10', false])
    expect(scheduleOf(schedule, '2026-02-11').late).toBe(true)
    expect(scheduleOf([], '2026-02-11')).toMatchObject({ next: undefined, late: false })
  })
})
