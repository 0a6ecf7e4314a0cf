// Keeps the site in the browser, for use without a network.
//
// web/finish.sh writes two constants above these lines: VERSION, which changes with any file, and FILES: each file's address from
// here, and the SHA-256 of its content. A version is kept whole or not at all, and is replaced when the visitor says so.

const ROOT = new URL('./', self.location).href;
// Other sites, and other copies of this one, may live on the same host.
const OURS = `scrubjay ${ROOT} `;
const CACHE = OURS + VERSION;
// The site's own pages, those of web/src/app/mod.rs. At a host's root there may be others below, which are none of this one's.
const PAGES = /^((play|p|gallery|compare|about|own)(\/[^?#]*)?|(index|404)\.html)?([?#]|$)/;
// How long a page may be asked for over the network where a kept one is there, in milliseconds.
const PATIENCE = 3000;

const address = (path) => new URL(path, ROOT).href;

// What a file is kept under: with its hash, so that the next version takes over what has not changed.
const key = (path) => `${address(path)}?sha256=${encodeURIComponent(FILES[path])}`;
const KEYS = new Map(Object.keys(FILES).map((path) => [address(path), key(path)]));

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(forget()));
self.addEventListener('message', (event) => {
  // The visitor wants the new version now. Never without being told: another tab may be in the middle of a puzzle.
  if (event.data === 'take over') self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  // Other hosts, other copies of the site, parts of files: as if this were not here.
  if (request.method !== 'GET' || !request.url.startsWith(ROOT) || request.headers.has('range')) return;
  if (request.mode === 'navigate') {
    if (PAGES.test(request.url.slice(ROOT.length))) event.respondWith(page(request));
    return;
  }
  // What was kept did not fit: a page may be newer than this, and packs of films keep their names.
  if (new URL(request.url).searchParams.has('sha256')) return;
  const file = KEYS.get(request.url.replace(/[?#].*$/, ''));
  if (file) event.respondWith(kept(file).then((found) => found ?? fetch(request)));
});

// Fetches every file past the browser's own cache, and only takes what is as it was built: not an error page, not a file
// of another version, not half of one.
async function keep() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(Object.keys(FILES).map(async (path) => {
      const had = await caches.match(key(path));
      const response = had ?? await fetch(address(path), {
        cache: 'reload',
        redirect: 'error',
        integrity: `sha256-${FILES[path]}`,
      });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      await cache.put(key(path), response);
    }));
  } catch (e) {
    await caches.delete(CACHE);
    throw e;
  }
}

async function forget() {
  const names = await caches.keys();
  await Promise.all(names.filter((n) => n.startsWith(OURS) && n !== CACHE).map((n) => caches.delete(n)));
}

async function kept(file) {
  return (await caches.open(CACHE)).match(file);
}

// A page, of whatever path: the network's if it answers in time, else the kept one, which finds out from the path what to show.
async function page(request) {
  const asked = fetch(request).catch(() => undefined);
  const answer = await Promise.race([asked, new Promise((done) => setTimeout(done, PATIENCE))]);
  if (answer && answer.status < 500) return answer;
  return (await kept(key('./'))) ?? (await asked) ?? Response.error();
}
