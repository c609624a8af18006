import { describe, expect, it, vi } from 'vitest'
import { fileOf, useRecoveryCodes } from '@/composables/useRecoveryCodes'

describe('recovery codes', () => {
  it('are one a line in a file, below what they are', () => {
    expect(fileOf('Codes of the bank', ['aaaa-bbbb', 'cccc-dddd'])).toBe(
      'Codes of the bank\r\n\r\naaaa-bbbb\r\ncccc-dddd\r\n',
    )
  })
  it('say whether they were copied', async () => {
    const writeText = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('not allowed'))
    vi.stubGlobal('navigator', { clipboard: { writeText } })
    const { copied, copy } = useRecoveryCodes(
      () => ['aaaa', 'bbbb'],
      () => '',
    )
    expect(copied.value).toBeNull()
    await copy()
    expect(copied.value).toBe(true)
    expect(writeText).toHaveBeenCalledWith('aaaa\nbbbb')
    await copy()
    expect(copied.value).toBe(false)
    vi.unstubAllGlobals()
  })
})
