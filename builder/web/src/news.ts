// A mark on albums that got photos since they were last looked at. What was looked at is kept in this browser alone, and
// under hashes, so that nothing can be read from it after signing out.

import { text } from "./texts";

const PLACE = "heirloom.seen";

interface Seen {
  /** When this browser first came, in seconds: what was there then is not new. */
  since: number;
  /** By album, the time of the newest photo that was there to be seen. */
  albums: Record<string, number>;
}

/** Marks the cards of albums with new photos, and notes that the album of this page was seen. */
export function markNews(): void {
  let seen: Seen;
  try {
    const now = Math.floor(Date.now() / 1000);
    seen = JSON.parse(localStorage.getItem(PLACE) ?? "null") ?? { since: now, albums: {} };
    const newest = Number(document.querySelector<HTMLElement>(".title[data-added]")?.dataset["added"] ?? 0);
    const page = hash(location.pathname);
    if (newest > (seen.albums[page] ?? 0)) seen.albums[page] = newest;
    localStorage.setItem(PLACE, JSON.stringify(seen));
  } catch {
    // A browser that keeps nothing, or kept something else.
    return;
  }
  // A page out of the browser's memory comes with the marks it had.
  for (const mark of document.querySelectorAll(".news")) mark.remove();
  for (const card of document.querySelectorAll<HTMLAnchorElement>("a[data-added]")) {
    const known = seen.albums[hash(card.pathname)] ?? seen.since;
    if (Number(card.dataset["added"]) <= known) continue;
    const mark = document.createElement("span");
    mark.className = "news";
    mark.textContent = text("new");
    (card.querySelector(".cover") ?? card).append(mark);
  }
}

/** FNV-1a (Fowler, Noll, Vo), 32 bits. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(36);
}
