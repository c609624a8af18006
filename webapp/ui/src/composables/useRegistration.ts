// Getting online access, in three steps: who one is and how one will sign in; the first code of the authenticator; the recovery codes.
import { ref } from 'vue'
import { ask, POST, type Schemas } from '@/api/client'
import { useAsk } from '@/composables/useAsk'

export type Step = 'who' | 'authenticator' | 'codes'

/** Where a problem of the bank's belongs. */
export const PLACES: Record<string, keyof Schemas['RegisterRequest']> = {
  party_no: 'party_no',
  birth_date: 'birth_date',
  activation_code: 'activation_code',
  login: 'login',
  login_taken: 'login',
  password: 'password',
  common_password: 'password',
}

/** A customer's number as it is written: C and ten digits, however it was typed. */
export function partyNoOf(text: string): string {
  const plain = text.replace(/[\s-]/g, '').toUpperCase().replace(/^С/, 'C')
  return /^\d{10}$/.test(plain) ? `C${plain}` : plain
}

/** An activation code as it is written: four groups of four. */
export function activationOf(text: string): string {
  const plain = text.replace(/[\s-]/g, '').toLowerCase()
  return plain.match(/.{1,4}/g)?.join('-') ?? ''
}

/** A seed in groups of four, to be typed. */
export function groupSecret(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? ''
}

export function useRegistration() {
  const step = ref<Step>('who')
  const begun = ref<Schemas['RegistrationBegun'] | null>(null)
  const recoveryCodes = ref<string[]>([])

  const beginning = useAsk(async (fields: Schemas['RegisterRequest']) => {
    const made = await ask(
      POST('/api/v1/registration', {
        body: {
          ...fields,
          party_no: partyNoOf(fields.party_no),
          activation_code: activationOf(fields.activation_code),
          login: fields.login.trim().toLowerCase(),
        },
      }),
    )
    begun.value = made
    step.value = 'authenticator'
  })

  const confirming = useAsk(async (code: string) => {
    const { recovery_codes } = await ask(
      POST('/api/v1/registration/confirm', {
        body: { registration_token: begun.value?.registration_token ?? '', code },
      }),
    )
    begun.value = null
    recoveryCodes.value = recovery_codes
    step.value = 'codes'
  })

  function again(): void {
    begun.value = null
    confirming.error.value = null
    step.value = 'who'
  }

  return { step, begun, recoveryCodes, beginning, confirming, again }
}
