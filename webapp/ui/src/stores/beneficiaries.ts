// Those whom the customer pays again, under names of the customer's own.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ask, DELETE, GET, POST, Problem, type Schemas } from '@/api/client'
import { useStepUp } from '@/stores/stepUp'

export type Beneficiary = Schemas['Beneficiary']

export const useBeneficiaries = defineStore('beneficiaries', () => {
  const items = ref<Beneficiary[] | null>(null)
  const stepUp = useStepUp()

  async function load(): Promise<void> {
    items.value = (await ask(GET('/api/v1/beneficiaries'))).items
  }

  /** Under a new name, too: the same number again is the same beneficiary. @throws StepUpRefused */
  async function keep(accountNo: string, alias: string): Promise<Schemas['BeneficiaryAdded']> {
    const body = { account_no: accountNo, alias }
    const added = await stepUp.withStepUp(() => ask(POST('/api/v1/beneficiaries', { body })))
    await load()
    return added
  }

  async function remove(beneficiaryId: number): Promise<void> {
    const path = { beneficiary_id: beneficiaryId }
    try {
      await ask(DELETE('/api/v1/beneficiaries/{beneficiary_id}', { params: { path } }))
    } catch (error) {
      // gone already: an answer was lost, or it was removed elsewhere
      if (!(error instanceof Problem) || error.code !== 'not_found') throw error
    }
    items.value = items.value?.filter((one) => one.beneficiary_id !== beneficiaryId) ?? null
  }

  function byNumber(accountNo: string): Beneficiary | undefined {
    return items.value?.find((one) => one.account_no === accountNo)
  }

  function $reset(): void {
    items.value = null
  }

  return { items, load, keep, remove, byNumber, $reset }
})
