// Where to go after signing in: to where somebody wanted to go, if that is a page of the bank's and of theirs. Where somebody else was
// is none of it: who signs in after another begins anew.
import { useRoute, useRouter } from 'vue-router'
import { useSession } from '@/stores/session'

/** A path of the bank's own pages, no other address; null for anything else. */
export function ownPath(to: unknown): string | null {
  return typeof to === 'string' && /^\/(?![/\\])/.test(to) ? to : null
}

/** The path that somebody was on the way to, if it was whoever has signed in now. */
export function wantedPath(to: unknown): string | null {
  return useSession().isAnother ? null : ownPath(to)
}

export function useWayOn() {
  const route = useRoute()
  const router = useRouter()
  const session = useSession()

  return function wayOn(): string {
    const to = wantedPath(route.query.to)
    const who = to ? router.resolve(to).meta.who : undefined
    return to && who && (who === 'anybody' || who === session.current?.role) ? to : session.home
  }
}
