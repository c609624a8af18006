// Recovery codes on their way out of the browser: to the clipboard, or into a file.
import { ref } from 'vue'

/** What a file of them says: what it is, then the codes, one a line. */
export function fileOf(head: string, codes: string[]): string {
  return [head, '', ...codes, ''].join('\r\n')
}

export function useRecoveryCodes(codes: () => string[], head: () => string) {
  /** whether the last copying succeeded; null before */
  const copied = ref<boolean | null>(null)

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(codes().join('\n'))
      copied.value = true
    } catch {
      copied.value = false
    }
  }

  function download(): void {
    const address = URL.createObjectURL(new Blob([fileOf(head(), codes())], { type: 'text/plain;charset=utf-8' }))
    const link = document.createElement('a')
    link.href = address
    link.download = 'bank-recovery-codes.txt'
    link.click()
    URL.revokeObjectURL(address)
  }

  return { copied, copy, download }
}
