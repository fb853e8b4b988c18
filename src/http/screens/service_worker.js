// Keeps the laboratory's shell and the files of the site, so that both open without network. The server writes BUILD, LANGUAGE
// and FILES above.
// Nothing else is kept: no page and no answer with a patient in it.
const CACHE = `shell ${BUILD.join(" ")}`;
const SHELL = "/lab/offline";
// What is opened first: the laboratory, and what leads there from an installed app.
const FIRST = ["/", "/lab"];
const PATIENCE = 5_000;

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(take()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (pathname === SHELL) event.respondWith(kept(SHELL, request));
    else if (FIRST.includes(pathname)) event.respondWith(open(request));
  } else if (FILES.includes(pathname)) {
    event.respondWith(kept(pathname, request));
  }
});

// Asked for without cookies, so that it is nobody's.
async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all(
    [SHELL, ...FILES].map(async (path) => {
      const headers = { "Accept-Language": LANGUAGE };
      const response = await fetch(path, { credentials: "omit", cache: "reload", headers });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      await cache.put(path, response);
    }),
  );
  await skipWaiting();
}

async function take() {
  const others = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
  await clients.claim();
}

async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

// The laboratory itself while the server answers in time, otherwise the shell.
async function open(request) {
  try {
    const late = new Promise((_, reject) => setTimeout(reject, PATIENCE));
    const response = await Promise.race([fetch(request), late]);
    if (response.status < 502) return response;
  } catch {
    // There is no network.
  }
  return kept(SHELL, request);
}
