// Words and the filters over them, as builder/src/words.rs makes them; ../../test/words.json is what both are tested with.

const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/u;
const HASHES = 4;

/** The words of a text without marks and case, `Über's` being `uber` and `s`. */
export const words = (text: string): string[] =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .split(/[^\p{Alphabetic}\p{N}]+/u)
    .filter(Boolean);

/** What a filter would know of a word: all of it has to be there for the word to be. */
export function beginnings(word: string): string[] {
  const found: string[] = [];
  for (const run of runs(word)) {
    const letters = [...run];
    if (UNSPACED.test(letters[0] ?? "")) {
      found.push(...letters, ...letters.slice(1).map((letter, i) => (letters[i] ?? "") + letter));
    } else if (letters.length < 3) {
      found.push(run);
    } else {
      found.push(letters.slice(0, 3).join(""));
      if (letters.length >= 5) found.push(letters.slice(0, 5).join(""));
    }
  }
  return found;
}

function runs(word: string): string[] {
  const found: string[] = [];
  let last: boolean | undefined;
  for (const letter of word) {
    const unspaced = UNSPACED.test(letter);
    if (unspaced === last) found.push((found.pop() ?? "") + letter);
    else found.push(letter);
    last = unspaced;
  }
  return found;
}

/** Whether a filter, in base64, may hold a word. Without a filter there are no words. */
export function mayHold(filter: string | undefined, word: string): boolean {
  if (!filter || filter === "-") return false;
  const bytes = Uint8Array.from(atob(filter), (character) => character.charCodeAt(0));
  return beginnings(word).every((beginning) => {
    const utf8 = new TextEncoder().encode(beginning);
    const first = hash(utf8, 0);
    const step = (hash(utf8, 1) | 1) >>> 0;
    for (let n = 0; n < HASHES; n += 1) {
      const bit = ((first + Math.imul(step, n)) >>> 0) % (bytes.length * 8);
      if (!((bytes[bit >> 3] ?? 0) & (1 << (bit & 7)))) return false;
    }
    return true;
  });
}

/** FNV-1a (Fowler, Noll, Vo), 32 bits, begun with another byte for each `seed`. */
function hash(bytes: Uint8Array, seed: number): number {
  let value = 0x811c9dc5;
  for (const byte of [seed, ...bytes]) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

/** Whether one of these words begins with `wanted`; where words have no spaces between them, holds it. */
export const holds = (there: string[], wanted: string): boolean =>
  there.some((word) => word.startsWith(wanted) || (UNSPACED.test(wanted) && word.includes(wanted)));
