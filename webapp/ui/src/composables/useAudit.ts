// The audit trail as the address wants it: of one customer, of one kind of event, or all; and its rows in words.
import { computed, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { ask, GET } from '@/api/client'
import { detailsOf, type Detail } from '@/composables/audit'
import { useBefore } from '@/composables/useBefore'

/** So many events at a time. */
const LIMIT = 50

export function useAudit() {
  const route = useRoute()
  const router = useRouter()
  const { t, te } = useI18n()

  const party = computed(() => (/^\d{1,15}$/.test(String(route.query.party)) ? Number(route.query.party) : undefined))
  const event = computed(() => (typeof route.query.event === 'string' ? route.query.event : ''))
  const { items, hasMore, loading, following, error } = useBefore((before) =>
    ask(
      GET('/api/v1/staff/audit', {
        params: { query: { limit: LIMIT, before, party_id: party.value, event: event.value || undefined } },
      }),
    ),
  )
  watch([party, event], () => route.name === 'staff_audit' && void loading.run(), { immediate: true })

  const wordOf = (key: string, otherwise: string) => (te(key) ? t(key) : otherwise)
  const eventName = (name: string) => wordOf(`staff.event.${name.replaceAll('.', '_')}`, name)
  const textOf = ({ name, value, isWord }: Detail) =>
    `${wordOf(`staff.detail.${name}`, name)}: ${isWord ? wordOf(`staff.value.${value}`, value) : value}`
  const rows = computed(() =>
    (items.value ?? []).map((row) => {
      const { partyId, details } = detailsOf(row)
      return { ...row, partyId, name: eventName(row.event), texts: details.map(textOf) }
    }),
  )

  /** Another look, kept in the address. */
  const only = (query: { party?: number; event?: string }) =>
    router.replace({ query: Object.fromEntries(Object.entries(query).filter(([, value]) => value)) })

  return { party, event, items, rows, hasMore, loading, following, error, eventName, only }
}
