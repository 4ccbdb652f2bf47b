// One table of a TOML file, asked for its settings one by one. Whatever is wrong becomes a sentence; what nobody asked
// for is an error too, because a misspelt setting would otherwise silently be none.

/** A table under examination. */
export class Section {
  readonly #values: Record<string, unknown>;
  readonly #path: string;
  readonly #file: string;
  readonly #problems: string[];
  readonly #asked = new Set<string>();

  constructor(values: Record<string, unknown>, path: string, file: string, problems: string[]) {
    this.#values = values;
    this.#path = path;
    this.#file = file;
    this.#problems = problems;
  }

  /** Notes what is wrong with a setting. */
  wrong(name: string, what: string): void {
    this.#problems.push(`${this.#file}: \`${this.#path}${name}\` ${what}`);
  }

  /** A text that has to be there. `line` shows how it is written. */
  required(name: string, form: RegExp, meant: string, line: string): string | undefined {
    if (this.#values[name] === undefined) {
      this.#asked.add(name);
      this.wrong(name, `is missing: add a line such as ${line}`);
      return undefined;
    }
    return this.text(name, form, meant);
  }

  /** A text of this form. */
  text(name: string, form: RegExp, meant: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && form.test(value)) return value;
    this.wrong(name, `is ${shown(value)}, but should be ${meant}`);
    return undefined;
  }

  /** A list of texts of this form, none twice. */
  texts(name: string, form: RegExp, meant: string): string[] | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string' && form.test(entry))) {
      return [...new Set<string>(value)];
    }
    this.wrong(name, `is ${shown(value)}, but should be a list of ${meant}`);
    return undefined;
  }

  /** A whole number between two others. */
  whole(name: string, least: number, most: number): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    this.wrong(name, `is ${shown(value)}, but should be a whole number from ${least} to ${most}`);
    return undefined;
  }

  /** True or false. */
  truth(name: string): boolean | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    this.wrong(name, `is ${shown(value)}, but should be true or false`);
    return undefined;
  }

  /** One of a few words. */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const found = words.find((word) => word === value);
    if (found === undefined)
      this.wrong(name, `is ${shown(value)}, but should be ${words.map((word) => `"${word}"`).join(' or ')}`);
    return found;
  }

  /** A table inside this one. */
  section(name: string): Section | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)) {
      return new Section(value as Record<string, unknown>, `${this.#path}${name}.`, this.#file, this.#problems);
    }
    this.wrong(name, `is ${shown(value)}, but should be a table: write [${name}] on a line of its own`);
    return undefined;
  }

  /** Refuses what was not asked for. */
  nothingElse(): void {
    for (const name of Object.keys(this.#values)) {
      if (this.#asked.has(name)) continue;
      const near = [...this.#asked].find((known) => distance(known, name) <= 2);
      this.wrong(
        name,
        near === undefined
          ? `is no setting: the settings here are ${[...this.#asked].sort().join(', ')}`
          : `is no setting: did you mean \`${near}\`?`,
      );
    }
  }

  #value(name: string): unknown {
    this.#asked.add(name);
    return this.#values[name];
  }
}

function shown(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

/** Levenshtein's distance: how many letters to change to get from one name to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
