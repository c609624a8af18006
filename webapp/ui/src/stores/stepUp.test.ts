import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/client'
import { StepUpRefused, useStepUp } from './stepUp'

beforeEach(() => setActivePinia(createPinia()))
const WANTED = new Problem(403, 'step_up_needed')

describe('what takes a further code', () => {
  it('is not done from another page', async () => {
    const stepUp = useStepUp()
    const action = vi.fn().mockRejectedValueOnce(WANTED).mockResolvedValue('done')
    const doing = stepUp.withStepUp(action).catch((error: unknown) => error)
    await vi.waitFor(() => expect(stepUp.open).toBe(true))
    stepUp.leave()
    expect(await doing).toBeInstanceOf(StepUpRefused)
    expect([stepUp.open, action.mock.calls.length]).toEqual([false, 1])
  })

  it('opens nothing where the page has changed before the bank asks for it', async () => {
    const stepUp = useStepUp()
    const doing = stepUp
      .withStepUp(async () => {
        stepUp.leave()
        throw WANTED
      })
      .catch((error: unknown) => error)
    expect(await doing).toBeInstanceOf(StepUpRefused)
    expect(stepUp.open).toBe(false)
  })
})
