// The language of the pages: they are written in the one that the owner named first, and put into the reader's own here if the
// gallery offers it.

import type {} from "./head";
import en, { type Spoken, type Text, type Texts } from "./texts/en";

const LOADERS: Record<string, () => Promise<{ default: Partial<Texts> }>> = {
  en: () => import("./texts/written"),
  de: () => import("./texts/de"),
  fr: () => import("./texts/fr"),
  es: () => import("./texts/es"),
  it: () => import("./texts/it"),
  ja: () => import("./texts/ja"),
};

/** The language that the page is written in. */
const native = document.documentElement.lang || "en";

let language = native;
let texts: Partial<Texts> = en;

interface Fillings {
  n?: number;
  m?: number;
  of?: string;
}

/** The tag of the reader's language. */
export const tongue = (): string => language;

/** A text in the reader's language. */
export const text = (key: Spoken, fillings: Fillings = {}): string => filled(texts[key] ?? en[key], fillings);

/** What a page says under this name; or nothing, where it is newer than this script. */
const said = (key: string | undefined, fillings: Fillings = {}): string | undefined => {
  const found = texts[key as keyof Texts];
  return found && filled(found, fillings);
};

function filled(found: Text, { n, m, of }: Fillings): string {
  const words = typeof found === "string" ? found : n !== undefined && isOne(n) ? found.one : found.other;
  const fill: Record<string, string> = { n: digits(n), m: digits(m), of: isolated(of ?? "") };
  return words.replace(/\{(\w+)\}/g, (_, name: string) => fill[name] ?? "");
}

const isOne = (n: number): boolean => new Intl.PluralRules(language).select(n) === "one";

/** A number as people write it. Small ones are written alike in all our languages, and what writes the others takes a phone
    long to make. */
const digits = (n: number | undefined): string =>
  n === undefined ? "" : n < 1_000 ? String(n) : new Intl.NumberFormat(language).format(n);

/** The same, kept from turning around what is written beside it (UAX #9, FSI and PDI) if it is written from right to left. */
export const isolated = (words: string): string => (/[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/.test(words) ? `\u2068${words}\u2069` : words);

/** Puts the page into the language that the reader wants most of those that are offered. */
export async function speak(): Promise<void> {
  const { classList } = document.documentElement;
  const tag = window.wanted ?? native;
  try {
    // Who reads English on pages in English needs nothing that is not here.
    const load = tag === "en" && tag === native ? undefined : LOADERS[tag];
    if (load) texts = { ...en, ...(await load()).default };
    language = tag;
    if (tag === native) return;
    document.documentElement.lang = tag;
    name();
    translate(document);
  } catch {
    // There is what the page is written in.
  } finally {
    // It was hidden so that nobody sees it in two languages.
    classList.remove("foreign");
  }
}

/** Puts the window's title into that language: what the page is called stands before the gallery's own. */
function name(): void {
  const word = document.querySelector("title")?.dataset["word"];
  if (!word) return;
  const [, ...site] = document.title.split(" · ");
  document.title = [said(word) ?? span(word, word, false), ...site].join(" · ");
}

/** The same for what came later. */
export function translate(root: ParentNode): void {
  if (language === native) return;
  for (const element of root.querySelectorAll<HTMLElement>("[data-t]")) {
    element.textContent = said(element.dataset["t"], number(element)) ?? element.textContent;
  }
  for (const element of root.querySelectorAll<HTMLInputElement>("[data-hint]")) {
    element.placeholder = said(element.dataset["hint"]) ?? element.placeholder;
  }
  for (const element of root.querySelectorAll<HTMLElement>("[data-month]")) {
    element.textContent = format({ month: "long" }).format(new Date(element.dataset["month"] ?? ""));
  }
  for (const element of root.querySelectorAll<HTMLElement>("[data-span]")) {
    const first = element.dataset["first"] ?? element.getAttribute("datetime") ?? "";
    element.textContent = span(first, element.dataset["last"] ?? first, element.dataset["span"] === "days");
  }
  for (const element of root.querySelectorAll<HTMLElement>("[data-alt]")) {
    const kind = said(element.dataset["alt"]) ?? "";
    const time = element.closest("figure")?.querySelector("figcaption time")?.getAttribute("datetime");
    const words = time && !element.dataset["n"] ? `${kind}, ${moment(time)}` : `${kind} ${element.dataset["n"] ?? ""}`;
    if (element instanceof HTMLImageElement) element.alt = words;
    else element.textContent = words;
    for (const link of element.closest("figure")?.querySelectorAll<HTMLElement>("[data-of]") ?? []) link.dataset["of"] = words;
  }
  for (const element of root.querySelectorAll<HTMLElement>("[data-label]")) {
    const of = element.dataset["of"] ?? "";
    const label = said(element.dataset["label"], { of });
    if (label) element.setAttribute("aria-label", label);
  }
  for (const element of root.querySelectorAll("figcaption time")) {
    element.textContent = moment(element.getAttribute("datetime") ?? "");
  }
}

/** When a photo was taken, as people write it. */
const moment = (time: string) =>
  // A day and a time, a day, a month, or a year.
  time.includes("T")
    ? format({ dateStyle: "long", timeStyle: "short" }).format(new Date(`${time}Z`))
    : format(precision[time.length] ?? { dateStyle: "long" }).format(new Date(time));

const precision: Record<number, Intl.DateTimeFormatOptions> = {
  4: { year: "numeric" },
  7: { month: "long", year: "numeric" },
};

function number(element: HTMLElement): Fillings {
  const n = element.dataset["n"];
  return n === undefined ? {} : { n: Number(n) };
}

// Dates are those of the place where a photo was taken; no time zone of the reader's may move them. In English they are written
// as the pages write them.
const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { ...options, timeZone: "UTC" });

/** The days or months from one day to another, each part said once. */
function span(first: string, last: string, days: boolean): string {
  const [from, to] = [new Date(first), new Date(last)];
  const years = to.getUTCFullYear() - from.getUTCFullYear();
  const after = new Date(to.getTime() + 86_400_000);
  const wholeMonths = from.getUTCDate() === 1 && after.getUTCDate() === 1;
  const wholeYear = wholeMonths && years === 0 && from.getUTCMonth() === 0 && to.getUTCMonth() === 11;
  if (wholeYear) return format({ year: "numeric" }).format(from);
  if (days ? years > 1 : years > 0) return `${from.getUTCFullYear()} – ${to.getUTCFullYear()}`;
  const month = years === 0 && from.getUTCMonth() === to.getUTCMonth();
  const parts: Intl.DateTimeFormatOptions =
    days && !(month && wholeMonths)
      ? { day: "numeric", month: "long", year: "numeric" }
      : { month: "long", year: "numeric" };
  const writer = format(parts) as Intl.DateTimeFormat & { formatRange?: (from: Date, to: Date) => string };
  return writer.formatRange?.(from, to) ?? `${writer.format(from)} – ${writer.format(to)}`;
}
