import { describe, expect, it } from 'vitest'
import { noticeOf, type Kind } from '@/composables/notices'
import openapi from '../../../api/openapi.json'
import en from '@/messages/en/notifications.json?raw'

const texts = JSON.parse(en).notifications.kind as Record<string, string>
describe('notifications', () => {
  it.each(openapi.components.schemas.NotificationKind.enum)('have a text for %s', (kind) => {
    const { key } = noticeOf({ kind: kind as Kind, detail: {} })
    expect(key).not.toBe('other')
    expect(texts[key]).toBeTruthy()
  })
  it('have one for what is not known yet', () => {
    expect(noticeOf({ kind: 'loan.offered' as Kind, detail: {} })).toMatchObject({ key: 'other', to: null })
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
