// One's own sessions: which there are, and ending them.
import { computed } from 'vue'
import { ask, DELETE, GET, Problem, type Schemas } from '@/api/client'
import { useAsk } from '@/composables/useAsk'

export type SessionEntry = Schemas['SessionEntry']

/** The present one first, then by when they were used last. */
export function inOrder(sessions: SessionEntry[]): SessionEntry[] {
  return [...sessions].sort(
    (a, b) => Number(b.is_current) - Number(a.is_current) || Date.parse(b.seen_at) - Date.parse(a.seen_at),
  )
}

export function useSessions() {
  const loading = useAsk(async () => inOrder((await ask(GET('/api/v1/sessions'))).items))
  const items = computed(() => loading.data.value)
  const others = computed(() => (items.value ?? []).filter((session) => !session.is_current))

  async function end(sessionId: number): Promise<void> {
    try {
      await ask(DELETE('/api/v1/sessions/{session_id}', { params: { path: { session_id: sessionId } } }))
    } catch (error) {
      // it ended meanwhile: that is what was wanted
      if (!(error instanceof Problem) || error.code !== 'not_found') throw error
    }
  }

  const ending = useAsk(async (sessionIds: number[]) => {
    try {
      for (const sessionId of sessionIds) await end(sessionId)
    } finally {
      await loading.run()
    }
  })

  return { items, others, loading, ending }
}
