// Shows a page that says so when there is no network at all. It keeps that one page with its style, and nothing of the bank's: no data, no answers.
const KEPT = 'offline-2'
const FILES = ['/offline.html', '/offline.css']

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)))
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
