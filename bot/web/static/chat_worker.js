"use strict";
// Keeps what tells of a lost network, and nothing else: no message, no name, not even the page's own shell.

const NAME = "thidua-VERSION";
const KEPT = ["chat_offline", "static/chat.css", "static/offline.js", "static/chat_icon_small.png"];
const addresses = KEPT.map((path) => new URL(path, self.location).href);

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(NAME);
    await cache.addAll(addresses.map((address) => new Request(address, {cache: "reload"})));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("thidua-") && name !== NAME) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const {request} = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(addresses[0])));
  } else if (addresses.includes(request.url)) {
    event.respondWith(fetch(request).catch(() => caches.match(request.url)));
  }
});
