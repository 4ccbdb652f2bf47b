// On this day: the photos of today's date in other years, by the reader's own calendar.

import { byTime, element, mayBeOf, photosOf, show } from "./across";
import { text, tongue } from "./site";

/** So many photos of one album are shown, and so many albums. */
const PHOTOS = 8;
const ALBUMS = 6;

/** So many are looked into for that. */
const LOOKED = 24;

/** Days from the first of January of the year 0 to that of 1970: builder/src/catalogue/days.rs counts from there. */
const TO_1970 = 719_528;

/** Fills the section if there is something for it. */
export async function remember(section: HTMLElement, today = new Date()): Promise<void> {
  const date = `-${two(today.getMonth() + 1)}-${two(today.getDate())}`;
  const albums = (section.dataset["albums"] ?? "").split(" ");
  const found = (section.dataset["days"] ?? "")
    .split(" ")
    .flatMap((days, i) => daysOf(days).map((day) => ({ album: `/albums/${albums[i]}/`, day })))
    .filter(({ day }) => day.endsWith(date) && Number(day.slice(0, 4)) < today.getFullYear())
    .sort((a, b) => (a.day < b.day ? 1 : a.day > b.day ? -1 : 0))
    .slice(0, LOOKED);
  let shown = 0;
  for (const { album, day } of found) {
    if (shown === ALBUMS) return;
    const photos = await photosOf(album, (months) => mayBeOf(months, day.slice(0, 7))).catch(() => []);
    const then = photos.filter(({ taken }) => taken.startsWith(day)).sort(byTime);
    const [first] = then;
    // The first of a month may stand for the month.
    if (!first) continue;
    shown += 1;
    const part = element("div", "then");
    const year = Number(day.slice(0, 4));
    const heading = element("h3", "", yearsAgo(today.getFullYear() - year) ?? String(year));
    const title = first.figure.closest<HTMLElement>(".grid")?.dataset["title"] ?? "";
    const link = element("a", "", title);
    link.href = album;
    link.dir = "auto";
    heading.append(" · ", link);
    const around = element("div", "photos");
    const grid = element("div", "grid");
    around.append(grid);
    part.append(heading, around);
    section.append(part);
    section.hidden = false;
    document.querySelector(".to-today")?.classList.add("there");
    show(grid, then.slice(0, PHOTOS));
    if (then.length > PHOTOS) {
      const all = element("a", "", text("more_photos", { n: then.length - PHOTOS }));
      all.href = album;
      const line = element("p", "all");
      line.append(all);
      part.append(line);
    }
  }
}

/** `3 years ago`. Made only where it is said: to begin with a language takes a phone longer than all else here. */
const yearsAgo = (years: number) =>
  "RelativeTimeFormat" in Intl ? new Intl.RelativeTimeFormat(tongue(), { numeric: "always" }).format(-years, "year") : undefined;

/** The days that the builder wrote shortly, as `2024-05-06`. */
function daysOf(text: string): string[] {
  let number = 0;
  return text
    .split(".")
    .filter(Boolean)
    .map((step) => {
      number += Number.parseInt(step, 36);
      return new Date((number - TO_1970) * 86_400_000).toISOString().slice(0, 10);
    });
}

const two = (number: number) => String(number).padStart(2, "0");
