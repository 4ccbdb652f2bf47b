// The photos of each month, under its albums, as one comes near.

import { byTime, element, mayBeOf, photosOf, show, type Photo } from "./across";
import { text } from "./site";

/** So many photos of a month are shown before somebody asks for all. */
const FIRST = 60;

/** Adds photos to months whenever they come near. */
export function fill(months: Iterable<HTMLElement>): void {
  if (!("IntersectionObserver" in window)) return;
  // Not upwards: what grows above pushes what one looks at.
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        void one(target as HTMLElement);
      }
    },
    { rootMargin: "0px 0px 600px" },
  );
  for (const month of months) observer.observe(month);
}

async function one(section: HTMLElement): Promise<void> {
  const month = section.dataset["of"] ?? "";
  const albums = [...section.querySelectorAll<HTMLAnchorElement>(".strip a")].map(({ pathname }) => pathname);
  // An album that does not come leaves the others.
  const found = await Promise.all(
    albums.map((album) => photosOf(album, (months) => mayBeOf(months, month)).catch(() => [] as Photo[])),
  );
  // Of a year: those of which no more is known. The others stand under their months.
  const isOf = ({ taken }: Photo) => (month.length === 4 ? taken === month : taken.startsWith(month));
  const photos = found.flat().filter(isOf).sort(byTime);
  if (photos.length === 0) return;
  const around = element("div", "photos");
  const grid = element("div", "grid");
  around.append(grid);
  section.append(around);
  show(grid, photos.slice(0, FIRST));
  const rest = photos.slice(FIRST);
  if (rest.length === 0) return;
  const more = element("button", "", text("more_photos", { n: rest.length }));
  more.type = "button";
  more.addEventListener("click", () => {
    more.remove();
    const last = grid.lastElementChild;
    show(grid, rest);
    last?.nextElementSibling?.querySelector<HTMLElement>("a")?.focus();
  });
  section.append(more);
}
