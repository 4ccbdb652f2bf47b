// The browser's side of what builder/src/words.rs tests on the builder's: the same words, the same filters.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("../src/search/words.ts", import.meta.url))],
  bundle: true,
  format: "esm",
  write: false,
});
const { words, mayHold, holds } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
const { texts } = JSON.parse(await readFile(new URL("words.json", import.meta.url), "utf8"));

test("the browser and the builder agree on words and filters", () => {
  assert.ok(texts.length >= 8);
  for (const [text, expected, filter] of texts) {
    assert.deepEqual(words(text), expected);
    for (const word of expected) assert.ok(mayHold(filter, word), `${word} in ${text}`);
  }
});

test("a filter denies most of what is not there", () => {
  const [, , filter] = texts.find(([text]) => text.startsWith("Lisbon"));
  const others = Array.from({ length: 500 }, (_, i) => `q${(i * 7919).toString(36)}z`);
  assert.ok(others.filter((word) => mayHold(filter, word)).length < 50);
  assert.equal(mayHold("", "lisbon"), false);
  assert.equal(mayHold("-", "lisbon"), false);
});

test("words are found by their beginnings, and within where there are no spaces", () => {
  assert.ok(holds(["lisbon"], "lis"));
  assert.ok(!holds(["lisbon"], "bon"));
  assert.ok(holds(["東京の夏"], "京の"));
});
