// The service worker: without a network, the pages that were seen last are shown as they were. SECURITY.md tells the rules:
//
// - With a network nothing comes from here but the site's own assets; the gate is asked for every page and picture.
// - Only whole answers of status 200 are kept: no redirect, no refusal, nothing of signing in, no original.
// - What was kept belongs to one session. Whoever comes to the login page, an invitation or the way out finds it gone, and so
//   does whoever gets to see the home page of another scope.
// - Nothing is kept longer than a session may live.

declare const self: ServiceWorkerGlobalScope;

const PAGES = "heirloom-pages-1";
const PICTURES = "heirloom-pictures-1";
const ASSETS = "heirloom-assets-1";

/** So much of each is kept, the latest. */
const MOST = { [PAGES]: 200, [PICTURES]: 300, [ASSETS]: 80 };

/** As long as a session lives, in milliseconds. */
const AT_MOST = 30 * 86_400_000;

/** Where it stands whose pages these are. Nothing of the gallery has such an address. */
const WHOSE = "/~/whose";

/** When something was kept, in milliseconds. */
const KEPT = "x-kept";

/** How long a page is waited for, in milliseconds, before what was kept of it is shown: a network that does not answer is none. */
const PATIENCE = 8_000;

/** So many addresses of pictures are looked for to give a page a face: those of its first few. */
const LOOKED = 24;

/** How often everything was forgotten: what was asked for before must not be kept after. */
let era = 0;

self.addEventListener("install", () => void self.skipWaiting());

self.addEventListener("activate", (event) => {
  const old = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => !(name in MOST)).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(old());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (/^\/auth\/(login|logout|invite)$/.test(pathname)) {
    event.waitUntil(forget());
    return;
  }
  if (request.method !== "GET" || request.headers.has("range")) return;
  const asked = request.mode === "navigate" || (request.headers.get("accept") ?? "").includes("text/html");
  if (pathname.startsWith("/assets/")) event.respondWith(asset(event, pathname));
  else if (pathname.startsWith("/pics/")) event.respondWith(picture(event, pathname));
  else if (asked && /^\/(albums\/.*|timeline\/.*|search\/|map\/)?$/.test(pathname)) event.respondWith(page(event, pathname));
});

/** Everything that is the family's goes. */
async function forget(): Promise<void> {
  era += 1;
  await Promise.all([PAGES, PICTURES].map((name) => caches.delete(name)));
}

async function asset(event: FetchEvent, path: string): Promise<Response> {
  const kept = await caches.match(path, { cacheName: ASSETS });
  if (kept) return kept;
  const answer = await fetch(event.request);
  if (answer.ok) event.waitUntil(keep(ASSETS, path, answer.clone()));
  return answer;
}

async function picture(event: FetchEvent, path: string): Promise<Response> {
  const before = era;
  try {
    const answer = await fetch(event.request);
    if (isWhole(answer)) event.waitUntil(keep(PICTURES, path, answer.clone(), before));
    return answer;
  } catch (failure) {
    const kept = await recall(PICTURES, path);
    if (kept) return kept;
    throw failure;
  }
}

async function page(event: FetchEvent, path: string): Promise<Response> {
  const coming = fresh(event, path);
  event.waitUntil(coming);
  // What comes after all is kept, and shown the next time.
  const late = new Promise<undefined>((done) => setTimeout(done, PATIENCE, undefined));
  return (await Promise.race([coming, late])) ?? (await recall(PAGES, path)) ?? coming;
}

async function fresh(event: FetchEvent, path: string): Promise<Response> {
  const before = era;
  try {
    const answer = await fetch(event.request);
    if (isWhole(answer) && (answer.headers.get("content-type") ?? "").startsWith("text/html")) {
      event.waitUntil(keepPage(path, answer.clone(), before));
    } else if (answer.status === 404) {
      // It was taken down, or is not this viewer's any more.
      event.waitUntil(caches.open(PAGES).then((cache) => cache.delete(path)));
    }
    return answer;
  } catch {
    return (await recall(PAGES, path)) ?? shell();
  }
}

const isWhole = (answer: Response) => answer.status === 200 && answer.type === "basic" && !answer.redirected;

async function keepPage(path: string, answer: Response, before: number): Promise<void> {
  const html = await answer.clone().text();
  const scope = /<data id="scope" value="([^"]*)"/.exec(html)?.[1];
  if (scope !== undefined) {
    const pages = await caches.open(PAGES);
    const whose = await (await pages.match(WHOSE))?.text();
    if (whose !== undefined && whose !== scope) {
      await forget();
      before = era;
    }
    await (await caches.open(PAGES)).put(WHOSE, new Response(scope));
  }
  await keep(PAGES, path, answer, before);
  // What the page needs came before this worker did, when it is the first one that it sees.
  const assets = await caches.open(ASSETS);
  for (const [, address = ""] of html.matchAll(/"(\/assets\/[^"]+)"/g)) {
    if (!(await assets.match(address))) await assets.add(address).catch(() => undefined);
  }
}

async function keep(name: keyof typeof MOST, path: string, answer: Response, before = era): Promise<void> {
  const headers = new Headers(answer.headers);
  headers.set(KEPT, String(Date.now()));
  const body = await answer.blob();
  if (before !== era) return;
  const cache = await caches.open(name);
  // The newest stands last.
  await cache.delete(path);
  await cache.put(path, new Response(body, { headers }));
  const paths = await cache.keys();
  await Promise.all(paths.slice(0, Math.max(0, paths.length - (MOST[name] ?? 0))).map((old) => cache.delete(old)));
  // Somebody left while this was written.
  if (before !== era && name !== ASSETS) await caches.delete(name);
}

async function recall(name: string, path: string): Promise<Response | undefined> {
  const kept = await caches.match(path, { cacheName: name });
  if (!kept || Date.now() - Number(kept.headers.get(KEPT)) < AT_MOST) return kept;
  await caches.open(name).then((cache) => cache.delete(path));
  return undefined;
}

/** What is shown in place of a page that was not kept: those that were. */
async function shell(): Promise<Response> {
  const cache = await caches.open(PAGES);
  const seen: string[] = [];
  let [head, brand, headers] = ["", "", new Headers({ "content-type": "text/html; charset=utf-8" })];
  for (const { url } of [...(await cache.keys())].reverse()) {
    const { pathname } = new URL(url);
    const kept = pathname === WHOSE ? undefined : await recall(PAGES, pathname);
    if (!kept) continue;
    const html = await kept.text();
    if (!head) {
      head = (/<link rel="stylesheet"[^>]*>/.exec(html)?.[0] ?? "") + (html.match(/<script [^>]*><\/script>/g) ?? []).join("");
      brand = /<a class="brand".*?<\/a>/.exec(html)?.[0] ?? "";
      headers = new Headers(kept.headers);
    }
    // A title as the page has it: already written for HTML. Albums have a line, chunks of them have none.
    const title = /<title>([^<]*)<\/title>/.exec(html)?.[1]?.split(" · ")[0] ?? "";
    if (title && /^\/(albums\/(?!.*\/~).*)?$/.test(pathname)) seen.push(`<li><a class="chip" href="${pathname}">${await face(html)}<span class="name">${title}</span></a></li>`);
  }
  const words = "You are not connected. This is what you saw last.";
  const body = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title data-word="offline_title">Offline</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${head}</head>
<body><header class="top">${brand}</header><main id="main"><div class="title"><h1 data-t="offline_title">Offline</h1><p class="lead" data-t="offline">${words}</p></div><ul class="strip">${seen.join("")}</ul></main></body></html>`;
  return new Response(body, { status: 503, headers });
}

/** The first picture of a page that was kept with it, or a quiet surface. */
async function face(html: string): Promise<string> {
  const cache = await caches.open(PICTURES);
  for (const [address] of [...html.matchAll(/\/pics\/[^"\s,]+/g)].slice(0, LOOKED)) {
    if (await cache.match(address)) return `<span class="cover"><img src="${address}" alt=""></span>`;
  }
  return '<span class="cover"></span>';
}

export {};
