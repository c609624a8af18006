import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { i18n, useLanguage } from '@/i18n'
import { useAccountName } from './useAccountName'

function inSetup() {
  let names!: ReturnType<typeof useAccountName>
  mount(
    {
      setup() {
        names = useAccountName()
        return () => null
      },
    },
    { global: { plugins: [i18n] } },
  )
  return names
}

describe('useAccountName', () => {
  const account = {
    nickname: null,
    product: 'Накопительный',
    kind: 'savings',
    account_no: '40817810900000900021',
  } as const
  it('is of the page’s language, but for what the customer called it', async () => {
    const { bareName, accountName, loanName } = inSetup()
    await useLanguage('ru')
    expect(accountName(account)).toBe('Накопительный ·· 0021')
    expect(loanName('Кредит наличными')).toBe('Кредит наличными')
    await useLanguage('en')
    expect(loanName('Кредит наличными')).toBe('Loan')
    expect([bareName(account), accountName(account)]).toEqual(['Savings account', 'Savings account ·· 0021'])
    expect(accountName({ ...account, nickname: 'Отпуск' })).toBe('Отпуск ·· 0021')
  })
})
