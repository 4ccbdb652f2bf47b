// Photos across albums: the pages of the albums are all there is to know of them, and are read as they are needed.

import { ask, naming, paint, translate } from "./site";

/** So many pages are remembered. */
const REMEMBERED = 60;

const pages = new Map<string, Promise<Document>>();

/** A page of the gallery, without its scripts. */
export function page(address: string): Promise<Document> {
  const known = pages.get(address);
  if (known) return known;
  const coming = ask(address, "text/html").then(async (answer) => {
    if (!answer.ok) throw new Error(`${address} was answered ${answer.status}`);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  });
  pages.set(address, coming);
  coming.catch(() => pages.delete(address));
  const [oldest] = pages.keys();
  if (pages.size > REMEMBERED && oldest !== undefined) pages.delete(oldest);
  return coming;
}

/** A photo on the page where it was found. */
export interface Photo {
  figure: HTMLElement;
  page: string;
  /** When it was taken, `2024-05-06T07:08:09`; empty when nobody knows. */
  taken: string;
}

/** The photos of an album, from those of its chunks that `wants` them by their months and their words. */
export async function photosOf(
  album: string,
  wants: (months: string, filter: string) => boolean,
): Promise<Photo[]> {
  const own = await page(album);
  const grid = own.querySelector<HTMLElement>(".grid");
  const list = (name: string) => (grid?.dataset[name] ?? "").split(" ").filter(Boolean);
  const [months, filters] = [list("months"), list("filters")];
  const chunks = list("chunks")
    .filter((_, i) => wants(months[i] ?? "-", filters[i] ?? "-"))
    .map((name) => `${album}${name}/`);
  const all = [album, ...chunks];
  const read = await Promise.all(all.map(page));
  return read.flatMap((document, i) =>
    [...document.querySelectorAll<HTMLElement>(".grid figure")].map((figure) => ({
      figure,
      page: all[i] ?? album,
      taken: figure.querySelector("time")?.getAttribute("datetime") ?? "",
    })),
  );
}

/** Whether photos of a month, `2024-05`, or of a year of which no more is known, may be in a chunk with these. */
export const mayBeOf = (months: string, month: string): boolean => {
  const [first = "", last = ""] = months.split("/");
  return months !== "-" && first.slice(0, month.length) <= month && month <= last;
};

/** A photo elsewhere, which leads to where it is. */
function tile({ figure, page }: Photo): HTMLElement {
  const copy = document.importNode(figure, true);
  copy.removeAttribute("id");
  for (const original of copy.querySelectorAll(".original")) original.remove();
  copy.querySelector("a.open")?.setAttribute("href", page + naming(figure.id.replace(/^p-/, "")));
  const picture = copy.querySelector("img");
  picture?.setAttribute("loading", "lazy");
  picture?.removeAttribute("fetchpriority");
  return copy;
}

/** Puts photos at the end of a grid. */
export function show(grid: HTMLElement, photos: Photo[]): void {
  const tiles = document.createDocumentFragment();
  tiles.append(...photos.map(tile));
  paint(tiles);
  translate(tiles);
  grid.append(tiles);
}

/** An element with a class and a text. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = "",
  text = "",
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

export const byTime = (a: Photo, b: Photo): number => (a.taken < b.taken ? -1 : a.taken > b.taken ? 1 : 0);
