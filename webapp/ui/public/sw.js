// Shows a page that says so when there is no network at all. It keeps that one page with its style, and nothing of the bank's: no data, no answers.
// The build puts a hash of the two into the name (vite.config.ts): with others this is another worker, which fetches them anew.
const KEPT = 'offline-@CONTENT@'
const FILES = ['/offline.html', '/offline.css']

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(KEPT).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })))),
  )
  self.skipWaiting()
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  if (event.request.mode === 'navigate')
    event.respondWith(fetch(event.request).catch(() => caches.match('/offline.html')))
  else if (event.request.url === `${location.origin}/offline.css`)
    event.respondWith(fetch(event.request).catch(() => caches.match('/offline.css')))
})
