// Changing the password, and which of the two fields the bank means when it says no.
import type { Ref } from 'vue'
import { ask, POST } from '@/api/client'
import { useAsk } from '@/composables/useAsk'
import { useFieldErrors } from '@/composables/useFieldErrors'
import { useStepUp } from '@/stores/stepUp'
import { useSession } from '@/stores/session'

/** Where a problem of the bank's belongs. */
const PLACES = {
  old_password: 'old',
  bad_password: 'old',
  new_password: 'new',
  common_password: 'new',
} as const

export function useChangePassword(form: Ref<HTMLElement | null>) {
  const stepUp = useStepUp()
  const session = useSession()
  const { errors, note, clear, need, fine, take } = useFieldErrors<'old' | 'new'>(form, PLACES)

  const changing = useAsk(async (old_password: string, new_password: string): Promise<boolean> => {
    clear()
    need({ old: old_password, new: new_password })
    if (!fine()) return false
    try {
      await stepUp.withStepUp(() => ask(POST('/api/v1/password', { body: { old_password, new_password } })))
      // it goes on as another one
      await session.look()
      return true
    } catch (error) {
      take(error)
      return false
    }
  })

  return { changing, errors, note }
}
