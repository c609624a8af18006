// A further code, where the bank wants one before it does what was asked. `withStepUp(action)` runs the action; if the bank answers
// step_up_needed it asks for a code (StepUpDialog), and runs it once more. Safe only for what may be sent twice: the first try was refused.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ask, POST, Problem } from '@/api/client'

/** The user did not want to give a code, or is at another page by now. */
export class StepUpRefused extends Error {}

export const useStepUp = defineStore('stepUp', () => {
  const open = ref(false)
  let settle: ((given: boolean) => void) | null = null
  let pages = 0

  function wanted(): Promise<boolean> {
    settle?.(false)
    open.value = true
    return new Promise((resolve) => (settle = resolve))
  }

  function finish(given: boolean): void {
    open.value = false
    settle?.(given)
    settle = null
  }

  /** Another page is shown: what was wanted at the one before is not done from there. */
  function leave(): void {
    pages++
    finish(false)
  }

  /** @throws Problem (bad_code, too_many_tries) */
  async function give(code: string): Promise<void> {
    await ask(POST('/api/v1/step-up', { body: { code } }))
    finish(true)
  }

  /** @throws what the action throws; StepUpRefused where no code was given */
  async function withStepUp<T>(action: () => Promise<T>): Promise<T> {
    const page = pages
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'step_up_needed') throw error
    }
    if (page !== pages || !(await wanted())) throw new StepUpRefused()
    return action()
  }

  function $reset(): void {
    finish(false)
  }

  return { open, give, finish, leave, withStepUp, $reset }
})
