import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { noticeOf } from '@/composables/notices'
import en from '@/messages/en/notifications.json?raw'

const triggers = readFileSync(`${import.meta.dirname}/../../../../bank/source/migrations/029_notifications.sql`, 'utf8')
const texts = JSON.parse(en).notifications.kind as Record<string, string>
const told = /NEW\.event IN \(([^)]*)\)/.exec(triggers)?.[1]?.match(/[a-z_]+\.[a-z_]+/g) ?? []

describe('notifications', () => {
  it('are read from what the database writes', () => {
    expect(told.length).toBeGreaterThan(5)
  })
  it.each([...told, 'login.new_device', 'card.blocked', 'customer.blocked', 'customer.active'])(
    'have a text for %s',
    (kind) => {
      const { key } = noticeOf({ kind, detail: {} })
      expect(key).not.toBe('other')
      expect(texts[key]).toBeTruthy()
    },
  )
  it('have one for what is not known yet', () => {
    expect(noticeOf({ kind: 'loan.offered', detail: {} })).toMatchObject({ key: 'other', to: null })
    expect(texts.other).toBeTruthy()
  })
  it('take from their details only what is what it should be', () => {
    expect(noticeOf({ kind: 'card.blocked', detail: { last4: '4417', client_ip: '192.0.2.7' } })).toMatchObject({
      last4: '4417',
      clientIp: '192.0.2.7',
    })
    expect(noticeOf({ kind: 'contact.changed', detail: { contact_type: 'fax', client_ip: 7 } })).toMatchObject({
      contact: null,
      clientIp: null,
    })
  })
})
