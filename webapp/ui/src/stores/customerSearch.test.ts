import { createPinia, setActivePinia } from 'pinia'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { useCustomerSearch } from './customerSearch'

afterEach(() => vi.unstubAllGlobals())

describe('a search', () => {
  it('that was overtaken is dropped', async () => {
    setActivePinia(createPinia())
    const late: (() => void)[] = []
    vi.stubGlobal('fetch', async (request: Request) => {
      const query = new URL(request.url, 'http://bank').searchParams.get('query')
      await new Promise<void>((resolve) => late.push(resolve))
      return Response.json({ items: [{ party_no: query }] })
    })
    const desk = useCustomerSearch()
    desk.query = 'older'
    const older = desk.search()
    desk.query = 'newer'
    const newer = desk.search()
    await vi.waitFor(() => expect(late).toHaveLength(2))
    late[1]!()
    await newer
    late[0]!()
    await older
    expect([desk.searched, desk.found]).toEqual(['newer', [{ party_no: 'newer' }]])
  })
})
