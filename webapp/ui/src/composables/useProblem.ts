// What went wrong, in words. A code of the API's is a key of its own: problem.<code>; scripts/messages.ts sees that each has one.
import { useI18n } from 'vue-i18n'
import { Problem, Unreachable } from '@/api/client'

export function useProblem() {
  const { t, te } = useI18n()

  function explain(error: unknown): string {
    if (!(error instanceof Problem)) return t(error instanceof Unreachable ? 'problem.unreachable' : 'problem.internal')
    // something on the way answered in the bank's place
    if (!error.byBank) return t('problem.unreachable')
    const key = `problem.${error.code}`
    return te(key) ? t(key, { minutes: Math.ceil((error.retryAfter ?? 0) / 60) }) : t('problem.internal')
  }

  /** What the bank's log calls the request, where only the bank can help. */
  function reference(error: unknown): string | null {
    return error instanceof Problem && error.status >= 500 ? error.requestId : null
  }

  /** The text for a field, if the problem is that field's. */
  function ofField(error: unknown, field: string): string | null {
    return error instanceof Problem && error.field === field ? explain(error) : null
  }

  return { explain, reference, ofField }
}
