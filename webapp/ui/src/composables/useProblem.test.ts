import { describe, expect, it, vi } from 'vitest'
import { Problem, Unreachable } from '@/api/client'
import { useProblem } from './useProblem'

vi.mock('vue-i18n', () => ({ useI18n: () => ({ t: (key: string) => key, te: () => true }) }))

describe('what went wrong, in words', () => {
  const { explain } = useProblem()
  it.each([
    [new Problem(409, 'insufficient_funds'), 'problem.insufficient_funds'],
    [new Problem(403, 'internal', null, null, null, false), 'problem.unreachable'],
    [new Unreachable('lost'), 'problem.unreachable'],
    [new TypeError('ours'), 'problem.internal'],
  ])('%s is %s', (error, key) => {
    expect(explain(error)).toBe(key)
  })
})
