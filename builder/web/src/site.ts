// What every page runs, in one file. The page is whole without it; this adds colour while pictures load, the rest of a
// long album as one scrolls, a mark on what is new, the full-screen view, the download and the printing of a whole album
// (whose code is fetched only when it is wanted), keeps the session fresh and what was seen for when there is no network,
// and leaves nothing to see after signing out.

import { named, show, type Curtain } from "./arrival";
import { find, follow } from "./chunks";
import { markNews } from "./news";
import { leave, prepare } from "./offline";
import { paint } from "./placeholder";
import { isStill, stay } from "./session";
import { speak, text } from "./texts";

// Code that is fetched later takes from here what is here already.
export { alter, named, naming, painted, rename } from "./arrival";
export { all, more, unfinished } from "./chunks";
export { paint } from "./placeholder";
export { ask } from "./session";
export { text, tongue, translate } from "./texts";

type Viewer = typeof import("./viewer");

/** The address of the full-screen view's stylesheet, which the build fills in. */
declare const VIEWER_SHEET: string;

document.documentElement.classList.add("js");

// The photo that a link names comes before all else.
const grid = document.querySelector<HTMLElement>(".grid");
const first = unveil();

const spoken = speak();

// A page kept by the browser for the back button may be older than the session: it is seen again when the server says so,
// and where it was.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  const { style } = document.documentElement;
  style.visibility = "hidden";
  isStill().then(
    (still) => {
      if (!still) return location.reload();
      style.visibility = "";
      // What was looked at meanwhile is no longer new.
      markNews();
    },
    () => location.reload(),
  );
});

const leaving = document.querySelector<HTMLFormElement>("form.leave");
if (leaving) {
  addEventListener("load", prepare);
  tellWhenOffline();
  leaving.addEventListener("submit", () => void leave());
  // Only owners are told so when they sign in. The page behind it asks again who comes.
  if (/(^|; )__Host-owner=1(;|$)/.test(document.cookie)) void spoken.then(() => offerUpload(leaving));
}

stay();
paint(document);
void spoken.then(markNews).then(across);

if (grid) {
  let loading: Promise<Viewer> | undefined;
  const viewer = () =>
    (loading ??= Promise.all([import("./viewer"), sheet(VIEWER_SHEET)]).then(
      ([code]) => code,
      (failure) => {
        // The next photo may have more luck.
        loading = undefined;
        throw failure;
      },
    ));

  const warmUp = () => void viewer().catch(() => undefined);
  grid.addEventListener("pointerover", warmUp, { once: true, passive: true });
  grid.addEventListener("focusin", warmUp, { once: true });

  grid.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a.open") : null;
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain) return;
    event.preventDefault();
    // Should the code not come, or not work, the link does what it does without a script.
    viewer()
      .then(({ open }) => open(grid, link))
      .catch(() => location.assign(link.href));
  });

  follow(grid);
  offer(grid, "button.zip", () => import("./zip").then(({ download }) => download), "download_failed");
  offer(grid, "button.sheet", () => import("./print").then(({ printSheet }) => printSheet), "print_failed");

  const frames = () => {
    if (grid.querySelector(".blank:empty")) void import("./frame").then(({ firstFrames }) => firstFrames(grid));
  };
  grid.addEventListener("photos", frames);
  frames();

  // A link to one photo, as sent in a message or met again in the browser's history.
  const arrive = async (curtain: Curtain | undefined) => {
    const id = named();
    if (!id) return curtain?.lift();
    const come = async () => {
      await curtain?.seen;
      const coming = viewer();
      const figure = document.getElementById(`p-${id}`) ?? (await find(grid, `p-${id}`));
      const link = figure?.querySelector<HTMLAnchorElement>("a.open");
      await spoken;
      if (!link) return;
      const { open } = await coming;
      // Somebody may want the page instead by now, or another photo.
      if (named() === id) await open(grid, link, { arrived: true });
    };
    // Should the code not come, there is the page.
    await come().catch(() => undefined);
    curtain?.lift();
  };
  addEventListener("popstate", () => void arrive(unveil()));
  void arrive(first);
}

/** The way to the upload page. It needs a script, so it may come by one. */
function offerUpload(leaving: HTMLElement): void {
  const link = document.createElement("a");
  link.href = "/auth/upload";
  link.textContent = text("upload");
  leaving.prepend(link);
}

/** Shows the photo that the address names, if it is on this page; otherwise the page. */
function unveil(): Curtain | undefined {
  const id = named();
  const here = id === undefined ? null : document.getElementById(`p-${id}`);
  const curtain = here ? show(here) : undefined;
  if (!curtain) document.documentElement.classList.remove("arrived");
  return curtain;
}

/** Adds a stylesheet to the page. */
const sheet = (href: string) =>
  new Promise<void>((done, fail) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = () => done();
    link.onerror = () => {
      link.remove();
      fail(new Error(`${href} did not come`));
    };
    document.head.append(link);
  });

/** Says so while what is shown comes from this device alone. */
function tellWhenOffline(): void {
  const line = document.createElement("p");
  line.className = "offline";
  line.setAttribute("role", "status");
  const tell = () => {
    line.textContent = navigator.onLine ? "" : text("offline");
    if (navigator.onLine) line.remove();
    else document.body.prepend(line);
  };
  addEventListener("online", tell);
  addEventListener("offline", tell);
  void spoken.then(tell);
}

/** What goes across albums, each with code of its own. */
function across(): void {
  const months = document.querySelectorAll<HTMLElement>(".month[data-of]");
  const today = document.querySelector<HTMLElement>(".today");
  const form = document.querySelector<HTMLFormElement>("form.search");
  if (months.length > 0) void import("./timeline").then(({ fill }) => fill(months));
  // It may want several albums' pages, and stands at the end: what was asked for comes first.
  if (today) whenIdle(() => void import("./today").then(({ remember }) => remember(today)));
  const map = document.getElementById("map");
  if (map) void import("./map").then(({ draw }) => draw(map));
  if (form) void import("./search").then(({ search }) => search(form));
}

/** Does something when the page is there and the browser has nothing else to do. */
function whenIdle(act: () => void): void {
  const wait = () => ("requestIdleCallback" in window ? requestIdleCallback(act, { timeout: 3_000 }) : setTimeout(act, 500));
  if (document.readyState === "complete") wait();
  else addEventListener("load", wait, { once: true });
}

/** A button that does something with the whole album and tells how far it is; meanwhile it is the button that stops it. */
function offer(
  grid: HTMLElement,
  selector: string,
  load: () => Promise<(grid: HTMLElement, tell: (words: string) => void, stop: AbortSignal) => Promise<void>>,
  failed: "download_failed" | "print_failed",
): void {
  const button = document.querySelector<HTMLButtonElement>(selector);
  const told = document.querySelector<HTMLElement>(".told");
  if (!button || !told) return;
  let stop: AbortController | undefined;
  button.addEventListener("click", () => {
    if (stop) return stop.abort();
    const { signal } = (stop = new AbortController());
    const label = button.textContent;
    button.textContent = text("stop");
    void load()
      .then((act) => act(grid, (words) => signal.aborted || (told.textContent = words), signal))
      .catch(() => (told.textContent = text(failed)))
      .finally(() => {
        if (signal.aborted) told.textContent = "";
        stop = undefined;
        button.textContent = label;
      });
  });
}
