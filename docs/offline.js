/* Keeps a copy of what was read, for a reader without a network. With one, nothing kept is shown. */
const KEPT = "stackproof";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/* The page that brought this script was loaded without it: it says what it is made of. */
self.addEventListener("message", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => Promise.all(
    event.data.map((address) => kept.match(address).then((known) => known || kept.add(address)))
  )));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(fetch(request).then((answer) => {
    if (answer.status === 200 && !answer.redirected) {
      const copy = answer.clone();
      event.waitUntil(caches.open(KEPT).then((kept) => kept.put(request, copy)));
    }
    return answer;
  }, async (error) => {
    const kept = await caches.match(request, { ignoreSearch: true });
    if (!kept) throw error;
    return kept;
  }));
});
