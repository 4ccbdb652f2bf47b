// What somebody looks for: words, and dates in the ways that people write them.

import { holds, words } from "./words";

/** A part of what is looked for. All parts have to fit. */
export interface Term {
  /** A word without marks and case; none for a part that can only be a date. */
  word?: string;
  year?: number;
  month?: number;
  day?: number;
}

/** Reads what was typed. `languages` are those whose months are known; `reader` is the reader's own, with their country, which
    tells whether 12/08 is in December or in August. */
export function parse(text: string, languages: string[], reader = "en-GB"): Term[] {
  const terms: Term[] = [];
  const dated = (year: string | undefined, month: string | undefined, day?: string) => {
    if (year) terms.push({ year: Number(year) });
    if (month) terms.push({ month: Number(month) });
    if (day) terms.push({ day: Number(day) });
    return " ";
  };
  const rest = text
    .slice(0, 100)
    // 2024-05-06, 2024/5/6, 2024-05; 12/08/2023; 6.5.2024; 2024年5月6日
    .replace(/(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?(?!\d)/g, (_, year, month, day) => dated(year, month, day))
    .replace(/\b(\d{1,2})[-/](\d{1,2})[-/](\d{4})\b/g, (_, a, b, year) => {
      // What cannot be a month is none.
      const [month, day] = Number(b) > 12 || (Number(a) <= 12 && monthFirst(reader)) ? [a, b] : [b, a];
      return dated(year, month, day);
    })
    .replace(/\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})/g, (_, day, month, year) => dated(year, month, day))
    .replace(/(?:(\d{4})年)?(?:(\d{1,2})月(?:(\d{1,2})日)?)/g, (_, year, month, day) => dated(year, month, day))
    .replace(/(\d{4})年/g, (_, year) => dated(year, undefined));
  const months = monthsOf(languages);
  const found = words(rest);
  for (const [i, word] of found.entries()) {
    const month = months.get(word);
    const besideMonth = months.has(found[i - 1] ?? "") || months.has(found[i + 1] ?? "") || months.has(found[i + 2] ?? "");
    if (month) terms.push({ word, month });
    else if (/^(1[89]|20|21)\d\d$/.test(word)) terms.push({ word, year: Number(word) });
    else if (/^(\d|[12]\d|3[01])$/.test(word) && besideMonth) terms.push({ day: Number(word) });
    // The little words between: 6 de mayo, 6th of May.
    else if (!(besideMonth && /^(de|del|of|le|il|the)$/.test(word))) terms.push({ word });
  }
  return terms;
}

/** Whether people who read this language write the month before the day. */
function monthFirst(reader: string): boolean {
  const parts = new Intl.DateTimeFormat(reader, { dateStyle: "short" }).formatToParts(0).map(({ type }) => type);
  return parts.indexOf("month") < parts.indexOf("day");
}

function monthsOf(languages: string[]): Map<string, number> {
  const months = new Map<string, number>();
  for (const language of languages) {
    for (const length of ["long", "short"] as const) {
      const writer = new Intl.DateTimeFormat(language, { month: length, timeZone: "UTC" });
      for (let month = 1; month <= 12; month += 1) {
        const [name] = words(writer.format(Date.UTC(2024, month - 1, 1)));
        if (name && /^\D{3}/.test(name) && !months.has(name)) months.set(name, month);
      }
    }
  }
  return months;
}

/** Whether a part can be a date. */
export const isDate = ({ year, month, day }: Term): boolean => Boolean(year ?? month ?? day);

/** Whether a part fits these words, or a photo taken then, `2024-05-06T…`. */
export function fits(term: Term, there: string[], taken = ""): boolean {
  if (term.word !== undefined && holds(there, term.word)) return true;
  if (!isDate(term) || !taken) return false;
  const [year, month, day] = taken.slice(0, 10).split("-").map(Number);
  return (
    (term.year === undefined || term.year === year) &&
    (term.month === undefined || term.month === month) &&
    (term.day === undefined || term.day === day)
  );
}

/** Whether all that is from one day to another, `2024-05-06`, is of the year that a part names. */
export const isWithin = ({ year, month, day }: Term, first: string, last: string): boolean =>
  year !== undefined && month === undefined && day === undefined && [first, last].every((date) => Number(date.slice(0, 4)) === year);

/** Whether a part may be the date of something from one day or month to another, `2024-05-06` or `2024-05`. */
export function mayBeWithin(term: Term, first: string, last: string): boolean {
  if (!isDate(term) || !first) return false;
  const [from, to] = [first, last].map((day) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1) as [number, number];
  if (term.year !== undefined) return from <= term.year * 12 + 11 && term.year * 12 <= to;
  if (term.month === undefined || to - from >= 11) return true;
  const wanted = term.month - 1;
  return from % 12 <= to % 12 ? from % 12 <= wanted && wanted <= to % 12 : wanted >= from % 12 || wanted <= to % 12;
}
