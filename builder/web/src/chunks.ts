// Long albums come in chunks, each a page of its own for those who follow links. Here their photos join the first ones
// as one scrolls.

import { paint } from "./placeholder";
import { ask } from "./session";
import { translate } from "./texts";

const PARALLEL = 6;

/** How long to wait, in milliseconds, before a chunk that did not come is asked for again. */
const AGAIN = 5_000;

const arrivals = new WeakMap<HTMLElement, Promise<boolean>>();

/** Whether photos are still to come. */
export const unfinished = (grid: HTMLElement): boolean => Boolean(grid.dataset["next"]);

/** Adds the next chunk's photos. False when there is none, or when it did not come: the link then stays. */
export function more(grid: HTMLElement): Promise<boolean> {
  const under = arrivals.get(grid);
  if (under) return under;
  const next = grid.dataset["next"];
  if (!next) return Promise.resolve(false);
  const arrival = fetchChunk(next)
    .then((chunk) => {
      append(grid, chunk);
      return true;
    })
    .catch(() => false)
    .finally(() => arrivals.delete(grid));
  arrivals.set(grid, arrival);
  return arrival;
}

/** Adds all the photos there are, some chunks at a time. False when some did not come. */
export async function all(grid: HTMLElement, enough: () => boolean = () => false): Promise<boolean> {
  await arrivals.get(grid);
  const names = (grid.dataset["chunks"] ?? "").split(" ").filter(Boolean);
  const addresses = names.map((name) => `${grid.dataset["album"]}${name}/`);
  const from = addresses.indexOf(grid.dataset["next"] ?? "");
  const left = from < 0 ? [] : addresses.slice(from);
  while (left.length > 0 && !enough()) {
    const next = left.splice(0, PARALLEL);
    const chunks = await Promise.all(next.map(fetchChunk)).catch(() => undefined);
    if (!chunks) return false;
    for (const [i, chunk] of chunks.entries()) {
      if (grid.dataset["next"] !== next[i]) {
        // The album was built anew meanwhile: from here each chunk tells which one follows.
        left.length = 0;
        break;
      }
      append(grid, chunk);
    }
  }
  // A page that is not the album's first knows just the one that follows.
  while (unfinished(grid) && !enough()) if (!(await more(grid))) return false;
  return true;
}

/** The photo with this id, wherever in the album it is. */
export async function find(grid: HTMLElement, id: string): Promise<HTMLElement | null> {
  await all(grid, () => document.getElementById(id) !== null);
  return document.getElementById(id);
}

/** What tells that somebody wants to see more than they came to. */
const MOVES = ["scroll", "wheel", "keydown", "pointerdown"] as const;

/** Adds photos whenever the end comes near; before anybody moves, only if it can be seen. */
export function follow(grid: HTMLElement): void {
  const links = document.querySelector<HTMLElement>(".chunks");
  if (!links || !unfinished(grid) || !("IntersectionObserver" in window)) return;
  const still = watch(grid, links, "0px");
  const move = () => {
    for (const kind of MOVES) removeEventListener(kind, move);
    still.disconnect();
    if (unfinished(grid)) watch(grid, links, "1500px");
  };
  for (const kind of MOVES) addEventListener(kind, move, { passive: true });
}

function watch(grid: HTMLElement, links: HTMLElement, rootMargin: string): { disconnect(): void } {
  let over = false;
  const observer = new IntersectionObserver(
    async (entries) => {
      // Whoever scrolls fast has the end come and go between two looks: the last one counts.
      if (!entries[entries.length - 1]?.isIntersecting) return;
      observer.disconnect();
      const came = await more(grid);
      // Observing anew tells at once whether the end is still near. What did not come is asked for again after a while.
      if (unfinished(grid)) setTimeout(() => over || observer.observe(links), came ? 0 : AGAIN);
    },
    { rootMargin },
  );
  observer.observe(links);
  return {
    disconnect: () => {
      over = true;
      observer.disconnect();
    },
  };
}

async function fetchChunk(address: string): Promise<HTMLElement> {
  const answer = await ask(address, "text/html");
  const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
  const chunk = page.querySelector<HTMLElement>(".grid");
  if (!chunk) throw new Error(`no photos at ${address}`);
  return chunk;
}

function append(grid: HTMLElement, chunk: HTMLElement): void {
  const next = chunk.dataset["next"];
  const photos = document.createDocumentFragment();
  for (const figure of [...chunk.querySelectorAll<HTMLElement>("figure")]) {
    // Pages that were rebuilt meanwhile may overlap.
    if (document.getElementById(figure.id)) continue;
    const picture = figure.querySelector("img");
    picture?.setAttribute("loading", "lazy");
    picture?.removeAttribute("fetchpriority");
    photos.append(document.adoptNode(figure));
  }
  paint(photos);
  translate(photos);
  grid.append(photos);
  if (next) grid.dataset["next"] = next;
  else {
    delete grid.dataset["next"];
    document.querySelector(".chunks")?.remove();
  }
  grid.dispatchEvent(new CustomEvent("photos"));
}
