// The search: from the collections down, through the albums that may hold what is looked for, to single photos. What an
// album's card denies is not loaded.

import { page, photosOf, type Photo } from "../across";
import { type Term, fits, isDate, isWithin, mayBeWithin } from "./query";
import { mayHold, words } from "./words";

/** So many albums are looked into at once. */
const AT_ONCE = 4;

/** What is told of as it is found. */
export interface Finder {
  terms: Term[];
  album(card: HTMLElement): void;
  photos(photos: Photo[]): void;
  /** Resolves when more is wanted; to false when nobody looks any more. */
  goOn(): Promise<boolean>;
}

/** Searches a collection or an album and all that lies in it. `card` is what stands for it among the albums found. Fails when
    some of it did not come, after all the rest was searched. */
export async function walk(finder: Finder, address: string, card: HTMLElement, above: string[]): Promise<void> {
  if (!(await finder.goOn())) return;
  const read = await page(address);
  const own = [...above, ...wordsOf(read)];
  const span = card.querySelector<HTMLElement>("[data-first]")?.dataset ?? days(read.querySelector<HTMLTimeElement>(".title time"));
  const unmet = finder.terms.filter((term) => !isMet(term, own, span));
  let failed: unknown;
  const fail = (reason: unknown) => void (failed ??= reason ?? new Error(`${address} did not come`));
  if (unmet.length === 0) finder.album(faced(card, read));
  else if (read.querySelector(".grid")) {
    const wants = (months: string, filter: string) => {
      const [first = "", last = ""] = months === "-" ? [] : months.split("/");
      return unmet.every((term) => mayBeIn(term, filter, first, last));
    };
    const photos = await photosOf(address, wants).catch((reason: unknown) => (fail(reason), []));
    finder.photos(photos.filter((photo) => unmet.every((term) => fits(term, wordsOfPhoto(photo.figure), photo.taken))));
  }
  // What lies in an album that was found for its own words has to be found for its own, too.
  const inherited = unmet.length === 0 ? [] : own;
  const cards = [...read.querySelectorAll<HTMLAnchorElement>(".albums .card")];
  const inside: (() => Promise<void>)[] = [];
  for (const child of cards) {
    const known = [...inherited, ...words(child.querySelector(".name")?.textContent ?? "")];
    const dates = child.querySelector<HTMLElement>("[data-first]")?.dataset;
    const open = finder.terms.filter((term) => !isMet(term, known, dates));
    const may = open.every((term) => mayBeIn(term, child.dataset["words"], dates?.["first"] ?? "", dates?.["last"] ?? ""));
    if (child.dataset["albums"] || may) {
      const copy = document.importNode(child, true);
      inside.push(() => walk(finder, child.getAttribute("href") ?? "", copy, inherited));
    }
  }
  while (inside.length > 0) {
    await Promise.all(inside.splice(0, AT_ONCE).map((look) => look().catch(fail)));
  }
  if (failed !== undefined) throw failed;
}

/** The days that an album's own page tells. */
const days = (time: HTMLTimeElement | null): DOMStringMap | undefined =>
  time ? { first: time.dateTime, last: time.dataset["last"] ?? time.dateTime } : undefined;

/** The card with a picture, out of its album if it had none. */
function faced(card: HTMLElement, read: Document): HTMLElement {
  const face = read.querySelector<HTMLElement>(".albums .card .cover") ?? read.querySelector<HTMLElement>(".grid figure");
  if (face && !card.querySelector(".cover")) {
    const cover = document.createElement("span");
    cover.className = "cover";
    Object.assign(cover.dataset, { colour: face.dataset["colour"] ?? "", thumb: face.dataset["thumb"] ?? "" });
    const picture = face.querySelector("picture, img");
    if (picture) cover.append(document.importNode(picture, true));
    cover.querySelectorAll("img").forEach((img) => (img.alt = ""));
    card.prepend(cover);
  }
  return card;
}

/** Whether a whole album is of this part: of a year, if all of it is. Months and days are for single photos. */
function isMet(term: Term, known: string[], span?: DOMStringMap): boolean {
  if (fits(term, known)) return true;
  const first = span?.["first"] ?? "";
  return isWithin(term, first, span?.["last"] ?? first);
}

const mayBeIn = (term: Term, filter: string | undefined, first: string, last: string): boolean =>
  (isDate(term) && mayBeWithin(term, first, last)) || (term.word !== undefined && mayHold(filter, term.word));

/** What a page says of its album. */
function wordsOf(read: Document): string[] {
  const said = read.querySelectorAll(".title h1, .title .lead, .title .note, .title .text, .crumbs [aria-current]");
  return [...said].flatMap((part) => words(part.textContent ?? ""));
}

/** What is said of a photo. */
function wordsOfPhoto(figure: HTMLElement): string[] {
  const said = [
    figure.querySelector(".caption")?.textContent,
    figure.querySelector("img")?.alt,
    // What a video without a poster is called.
    figure.querySelector(".blank + .unseen")?.textContent,
    figure.dataset["camera"],
    figure.dataset["keywords"],
    figure.dataset["place"],
  ];
  return said.flatMap((part) => words(part ?? ""));
}
