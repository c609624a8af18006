// What nobody waits for yet is done when there is nothing else to do. Not every browser tells when that is.
export function whenIdle(work: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(work)
  else setTimeout(work)
}
