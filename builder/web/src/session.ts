// A page that stays open. Ten minutes after the viewer's record was looked at, pages have to have it looked at again, and
// fifteen minutes after it pictures are refused. Going to another page does that by itself; somebody who stays and scrolls
// needs it done for them.

/** Often enough that a picture is never refused, in milliseconds. */
const EVERY = 9 * 60_000;

let last = Date.now();
let looking: Promise<boolean> | undefined;

/** Has the viewer's record looked at again, once for all who ask at the same time. Whether the session goes on. */
function renew(): Promise<boolean> {
  last = Date.now();
  return (looking ??= fetch("/auth/renew?next=%2F", { credentials: "same-origin", redirect: "manual" })
    // Where that leads stays unsaid to scripts; whether this page may still be seen does not.
    .then(() => fetch(location.pathname, { credentials: "same-origin", method: "HEAD", cache: "no-store" }))
    .then((answer) => answer.ok)
    .catch(() => false)
    .finally(() => (looking = undefined)));
}

/** Fetches something of this gallery, if need be after another look at the viewer's record. */
export async function ask(
  address: string,
  accept = "*/*",
  signal?: AbortSignal,
  others: Record<string, string> = {},
): Promise<Response> {
  const headers = { accept, ...others };
  const again = () => fetch(address, { credentials: "same-origin", headers, ...(signal ? { signal } : {}) });
  const answer = await again();
  return answer.status === 401 && (await renew()) ? again() : answer;
}

/** Whether this page is still one that its reader may see, and theirs: home pages differ, and say whose they are. */
export async function isStill(): Promise<boolean> {
  const answer = await ask(location.pathname, "text/html");
  if (!answer.ok || answer.redirected) return false;
  const scope = (page: Document) => page.getElementById("scope")?.getAttribute("value");
  return scope(new DOMParser().parseFromString(await answer.text(), "text/html")) === scope(document);
}

/** Keeps the session fresh while the page is looked at, and pictures that were refused come after all. */
export function stay(): void {
  const look = () => {
    if (document.visibilityState === "visible" && Date.now() - last > EVERY) void renew();
  };
  setInterval(look, 30_000);
  document.addEventListener("visibilitychange", look);

  const tried = new Set<HTMLImageElement>();
  const again = (image: HTMLImageElement) => (image.src = image.src);
  // Errors of pictures do not bubble; they can be met on their way down.
  document.addEventListener(
    "error",
    ({ target }) => {
      if (!(target instanceof HTMLImageElement) || tried.has(target)) return;
      tried.add(target);
      void renew().then((goesOn) => goesOn && again(target));
    },
    true,
  );
  // What did not come for want of a network comes with it.
  addEventListener("online", () => {
    const missing = [...tried].filter((image) => image.isConnected && image.complete && image.naturalWidth === 0);
    tried.clear();
    missing.forEach(again);
  });
}
