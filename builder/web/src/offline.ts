// Keeps what was seen for when there is no network: see worker/sw.ts for what is kept, and when it goes.

/** Puts the worker to work, on pages of somebody who is signed in. */
export function prepare(): void {
  if (!("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  if (!serviceWorker.controller) {
    // This page came before the worker, which has not seen it.
    const again = () => void fetch(location.pathname, { credentials: "same-origin", headers: { accept: "text/html" } });
    serviceWorker.addEventListener("controllerchange", again, { once: true });
  }
  serviceWorker.register("/sw.js").catch(() => undefined);
}

/** Leaves nothing behind, whether or not the worker hears of it. */
export async function leave(): Promise<void> {
  if (!("caches" in window)) return;
  await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
}
