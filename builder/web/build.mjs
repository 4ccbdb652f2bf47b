// Builds the web assets into dist/: names that hold a hash of their bytes, and manifest.json, which maps the name that
// the pages know to the name on the site. The builder crate embeds what it finds there.

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { favicon, png } from "./icon.mjs";
import { land } from "./land.mjs";

// The classes r40 to r300: a photo's width in hundredths of its height. The pages choose one, the grid uses it.
const proportions = {
  name: "proportions",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^proportions$/ }, () => ({ path: "proportions.css", namespace: "made" }));
    onLoad({ filter: /.*/, namespace: "made" }, () => ({
      loader: "css",
      contents: Array.from({ length: 261 }, (_, i) => `.r${i + 40}{--r:${(i + 40) / 100}}`).join(""),
    }));
  },
};

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dist = here("dist/");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

const pages = {
  absWorkingDir: here("."),
  outdir: "dist",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  plugins: [proportions],
  splitting: true,
  format: "esm",
  minify: true,
  legalComments: "inline",
  metafile: true,
  logLevel: "warning",
};
const script = await build({ ...pages, entryPoints: ["src/site.ts"], target: "es2020" });
// The script is for browsers with modules, the stylesheet for all: what a tablet of 2015 writes otherwise is written for
// it, too.
const sheet = await build({ ...pages, entryPoints: ["src/site.css"], target: ["es2020", "ios9"] });

// The service worker's address cannot hold a hash: where it lies says which pages are its own.
await build({
  absWorkingDir: here("."),
  entryPoints: ["src/worker/sw.ts"],
  outfile: "dist/sw.js",
  bundle: true,
  format: "iife",
  minify: true,
  target: "es2020",
  logLevel: "warning",
});

// What a page loads before a photo is opened.
const MOST = 30_000;
const outputs = { ...script.metafile.outputs, ...sheet.metafile.outputs };
const first = (path) => [path, ...outputs[path].imports.filter(({ kind }) => kind === "import-statement").flatMap((i) => first(i.path))];
const site = Object.keys(outputs).find((path) => outputs[path].entryPoint === "src/site.ts");
const scripts = await Promise.all([...new Set(first(site))].map((path) => readFile(here(path))));
const weight = scripts.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0);
if (weight > MOST) throw new Error(`the scripts of a page are ${weight} bytes gzipped, ${MOST} at most`);

const manifest = {};
for (const [path, output] of Object.entries(outputs)) {
  const name = basename(path);
  // Chunks are known to the script that loads them; the pages know the entry points alone.
  const logical = output.entryPoint && /^src\/site\./.test(output.entryPoint) ? basename(output.entryPoint) : name;
  manifest[logical.replace(/\.ts$/, ".js")] = name;
}

/** Writes one file under a name that holds its hash. */
async function hashed(logical, bytes) {
  const [stem, extension] = logical.split(".");
  const name = `${stem}-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}.${extension}`;
  await writeFile(dist + name, bytes);
  manifest[logical] = name;
}

await hashed("icon.svg", await readFile(here("src/icon.svg")));
await hashed("icon-180.png", png(180, { rounded: false }));
for (const size of [192, 512]) await hashed(`icon-${size}.png`, png(size, { rounded: true }));
await hashed("icon-maskable-512.png", png(512, { rounded: false, margin: 0.1 }));
await hashed("land.json", JSON.stringify(await land(here("node_modules/world-atlas/land-50m.json"))));
await writeFile(`${dist}favicon.ico`, favicon(32));
const sorted = Object.fromEntries(Object.entries(manifest).sort());
await writeFile(`${dist}manifest.json`, `${JSON.stringify(sorted, null, 2)}\n`);
