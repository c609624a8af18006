// Changing the password, and which of the two fields the bank means when it says no.
import { computed } from 'vue'
import { ask, POST, Problem } from '@/api/client'
import { useAsk } from '@/composables/useAsk'
import { useProblem } from '@/composables/useProblem'
import { StepUpRefused, useStepUp } from '@/stores/stepUp'
import { useSession } from '@/stores/session'

export function useChangePassword() {
  const stepUp = useStepUp()
  const session = useSession()
  const { explain } = useProblem()

  const changing = useAsk(async (old_password: string, new_password: string): Promise<boolean> => {
    try {
      await stepUp.withStepUp(() => ask(POST('/api/v1/password', { body: { old_password, new_password } })))
    } catch (error) {
      if (error instanceof StepUpRefused) return false
      throw error
    }
    // it goes on as another one
    await session.look()
    return true
  })

  const errors = computed(() => {
    const error = changing.error.value
    if (!(error instanceof Problem)) return { old: null, new: null }
    const field = error.field ?? { bad_password: 'old_password', common_password: 'new_password' }[error.code]
    return {
      old: field === 'old_password' ? explain(error) : null,
      new: field === 'new_password' ? explain(error) : null,
    }
  })
  const other = computed(() => (errors.value.old || errors.value.new ? null : changing.error.value))

  return { changing, errors, other }
}
