// The customer's data at the bank, and changing contacts: a new one is confirmed by the code that was sent there.
import { computed, ref } from 'vue'
import { ask, DELETE, GET, POST, Problem, type Schemas } from '@/api/client'
import { useAsk } from '@/composables/useAsk'
import { StepUpRefused, useStepUp } from '@/stores/stepUp'

export type Contact = Schemas['Contact']
type ContactType = Schemas['ContactType']

/** An address on one line, as it stands on an envelope. */
export function addressLine(address: Schemas['Address'], flat: (number: string) => string): string {
  return [
    address.postcode,
    address.region === address.city ? null : address.region,
    address.city,
    address.street,
    address.house,
    address.flat && flat(address.flat),
  ]
    .filter(Boolean)
    .join(', ')
}

/** A telephone number as the bank takes it: plus and digits. A Russian one may begin with 8. */
export function phoneOf(text: string): string {
  const plain = text.replace(/[\s()-]/g, '')
  return plain.replace(/^8(\d{10})$/, '+7$1').replace(/^(7\d{10})$/, '+$1')
}

/** The same, easier to read: +7 999 555-01-00; others as they are. */
export function showPhone(number: string): string {
  return number.replace(/^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/, '+7 $1 $2-$3-$4')
}

function valueOf(type: ContactType, text: string): string {
  return type === 'phone' ? phoneOf(text) : text.trim()
}

export function useProfile() {
  const loading = useAsk(() => ask(GET('/api/v1/profile')))
  return { profile: loading.data, loading }
}

/** What is being changed: a new contact of a kind, or another one in place of one. */
interface Wanted {
  type: ContactType
  ordinal: number | null
}

/** @param changed what is to be done once the bank has another contact, or one less */
export function useContacts(changed: () => Promise<unknown>) {
  const stepUp = useStepUp()
  const wanted = ref<Wanted | null>(null)
  const asked = ref<Schemas['ContactChange'] | null>(null)
  const sentTo = ref('')

  const asking = useAsk(async (text: string) => {
    if (!wanted.value) return
    const mine = wanted.value
    const { type, ordinal } = mine
    const value = valueOf(type, text)
    try {
      const change = await stepUp.withStepUp(() =>
        ask(POST('/api/v1/contacts', { body: { contact_type: type, value, ...(ordinal ? { ordinal } : {}) } })),
      )
      // its dialog was closed meanwhile: another one is not about this
      if (wanted.value !== mine) return
      asked.value = change
      sentTo.value = value
    } catch (error) {
      if (!(error instanceof StepUpRefused)) throw error
    }
  })

  const confirming = useAsk(async (code: string) => {
    const mine = asked.value
    if (!mine) return
    await ask(POST('/api/v1/contacts/confirm', { body: { change_id: mine.change_id, code } }))
    if (asked.value === mine) close()
    await changed()
  })

  const removing = useAsk(async ({ contact_type, ordinal }: Contact) => {
    try {
      await stepUp.withStepUp(() =>
        ask(DELETE('/api/v1/contacts/{contact_type}/{ordinal}', { params: { path: { contact_type, ordinal } } })),
      )
    } catch (error) {
      if (error instanceof StepUpRefused) return
      // it was removed meanwhile: that is what was wanted
      if (!(error instanceof Problem) || error.code !== 'not_found') throw error
    }
    await changed()
  })

  function open(type: ContactType, ordinal: number | null = null): void {
    close()
    wanted.value = { type, ordinal }
  }

  function close(): void {
    asking.drop()
    confirming.drop()
    wanted.value = null
    asked.value = null
  }

  /** Back to the value: another address, or another code to the same. */
  function again(): void {
    asked.value = null
    confirming.error.value = null
  }

  const step = computed(() => (asked.value ? 'code' : 'value'))
  return { wanted, asked, sentTo, step, asking, confirming, removing, open, close, again }
}
