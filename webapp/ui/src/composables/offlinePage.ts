// The page that says there is no network is kept by a worker. Signing out takes both away with all else that the browser has of the bank's
// (Clear-Site-Data), so the worker is registered when the pages begin, and again where one signs in.
export function keepOfflinePage(): void {
  if ('serviceWorker' in navigator && import.meta.env.PROD)
    navigator.serviceWorker.register('/sw.js').catch(() => undefined)
}
