// Notifications by pages; those that are shown are read.
import { watch } from 'vue'
import { ask, GET, POST } from '@/api/client'
import { useBefore } from '@/composables/useBefore'
import { useLive } from '@/stores/live'

export function useNotifications() {
  const live = useLive()
  const list = useBefore((before) => ask(GET('/api/v1/notifications', { params: { query: { limit: 25, before } } })))

  /** Those up to the newest one that is shown. That it could not be noted is no matter: it is at the next visit. */
  async function read(): Promise<void> {
    const newest = list.items.value?.[0]
    if (!newest || newest.read_at) return
    await ask(POST('/api/v1/notifications/read', { body: { up_to: newest.notification_id } }))
      .then(({ unread }) => (live.unread = unread))
      .catch(() => undefined)
  }

  async function load(): Promise<void> {
    await list.loading.run()
    await read()
  }

  // One that comes while somebody looks is there at once.
  watch(
    () => live.lastNotificationId,
    (last) => {
      const newest = list.items.value?.[0]?.notification_id ?? 0
      if (list.items.value && !list.loading.busy.value && last && last > newest) void load()
    },
  )

  return { ...list, load }
}
