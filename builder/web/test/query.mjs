// What somebody types into the search, and what an album's dates say about it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("../src/search/query.ts", import.meta.url))],
  bundle: true,
  format: "esm",
  write: false,
});
const { isWithin, mayBeWithin, parse } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

const dated = (text, reader) => Object.assign({}, ...parse(text, ["en"], reader).map(({ year, month, day }) =>
  ({ ...(year && { year }), ...(month && { month }), ...(day && { day }) })));

test("dates are read in the ways that people write them", () => {
  const august = { year: 2023, month: 8, day: 12 };
  for (const text of ["2023-08-12", "2023/08/12", "2023/8/12", "12.8.2023", "12. 08. 2023", "2023年8月12日", "12 August 2023"]) {
    assert.deepEqual(dated(text), august, text);
  }
  assert.deepEqual(dated("2023/08"), { year: 2023, month: 8 });
  assert.deepEqual(dated("12/08/2023", "en-GB"), august);
  assert.deepEqual(dated("12/08/2023", "de-AT"), august);
  assert.deepEqual(dated("12/08/2023", "en-US"), { year: 2023, month: 12, day: 8 });
  // Where only one reading is a date it is that one.
  assert.deepEqual(dated("31/08/2023", "en-US"), { year: 2023, month: 8, day: 31 });
  assert.deepEqual(dated("08/31/2023", "en-GB"), { year: 2023, month: 8, day: 31 });
  assert.deepEqual(parse("Lake 12/08/2023 tram", ["en"], "en-GB").filter(({ word }) => word).map(({ word }) => word), ["lake", "tram"]);
});

test("signs are no words", () => {
  for (const text of ["🎂", '"', "?", "– …"]) assert.deepEqual(parse(text, ["en"]), [], text);
  assert.deepEqual(parse('🎂 "Oma"', ["en"]), [{ word: "oma" }]);
});

test("an album is of a year when all of it is", () => {
  const [year] = parse("2021", ["en"]);
  assert.ok(isWithin(year, "2021-01-01", "2021-12-31"));
  assert.ok(!isWithin(year, "2019-05-01", "2024-05-01"));
  assert.ok(mayBeWithin(year, "2019-05-01", "2024-05-01"), "some of it may be");
  assert.ok(!isWithin(year, "", "") && !isWithin({ year: 2021, month: 5 }, "2021-05-01", "2021-05-02"));
});
