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

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const steps = JSON.parse(await readFile(here("src/proportions.json"), "utf8"));

// The classes r40 to r300: a photo's width in hundredths of its height. The pages choose the nearest, the grid uses it.
const proportions = {
  name: "proportions",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^proportions$/ }, () => ({ path: "proportions.css", namespace: "made" }));
    onLoad({ filter: /.*/, namespace: "made" }, () => ({
      loader: "css",
      contents: steps.map((step) => `.r${step}{--r:${step / 100}}`).join(""),
    }));
  },
};

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
  mangleProps: /^_[a-z]/,
  legalComments: "inline",
  metafile: true,
  logLevel: "warning",
};
// The scripts are for browsers with modules, the stylesheets for all, and so is what is looked at before anything is painted:
// what a tablet of 2015 writes otherwise is written for it, too.
const SHEETS = ["site", "across", "viewer", "paper"];
const sheets = await build({ ...pages, entryPoints: SHEETS.map((name) => `src/${name}.css`), target: ["es2020", "ios9"] });
const made = ({ metafile }, source) => Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint === source);
const script = await build({
  ...pages,
  entryPoints: ["src/site.ts"],
  target: "es2020",
  define: { VIEWER_SHEET: JSON.stringify(`/assets/${basename(made(sheets, "src/viewer.css"))}`) },
});
const TAGS = ["de", "fr", "es", "it", "ja"];
const TEXTS = { en: "written", ...Object.fromEntries(TAGS.map((tag) => [tag, tag])) };
const languages = Object.entries(TEXTS).map(([tag, file]) => [tag, `/assets/${basename(made(script, `src/texts/${file}.ts`))}`]);
const head = await build({
  ...pages,
  splitting: false,
  format: "iife",
  entryPoints: ["src/head.ts"],
  target: "ios9",
  define: { TEXTS: JSON.stringify(Object.fromEntries(languages)) },
});

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

// What a page loads before a photo is opened: one file. All that is fetched later takes from it, so it is a chunk of its own,
// and the entry point would only load it.
const MOST = 30_000;
const outputs = { ...script.metafile.outputs, ...sheets.metafile.outputs, ...head.metafile.outputs };
const entry = Object.keys(outputs).find((path) => outputs[path].entryPoint === "src/site.ts");
const loaded = (path) => outputs[path].imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
const [site, ...more] = loaded(entry);
if (!site || more.length > 0 || loaded(site).length > 0) throw new Error("what a page begins with is more than one file");
const packed = await Promise.all([site, made(head, "src/head.ts")].map(async (path) => gzipSync(await readFile(here(path))).length));
const weight = packed.reduce((sum, bytes) => sum + bytes);
if (weight > MOST) throw new Error(`the script of a page is ${weight} bytes gzipped, ${MOST} at most`);
delete outputs[entry];
await rm(here(entry));

const manifest = {};
for (const [path, { entryPoint }] of Object.entries(outputs)) {
  const name = basename(path);
  // Other chunks are known to the script that loads them alone.
  const logical = SHEETS.find((sheet) => entryPoint === `src/${sheet}.css`);
  manifest[path === site ? "site.js" : entryPoint === "src/head.ts" ? "head.js" : logical ? `${logical}.css` : name] = name;
}

/** Writes one file under a name that holds its hash. */
async function hashed(logical, bytes) {
  const [stem, extension] = logical.split(".");
  const name = `${stem}-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}.${extension}`;
  await writeFile(dist + name, bytes);
  manifest[logical] = name;
}

// All texts in each language, which the builder writes the pages with.
const { outputFiles } = await build({
  stdin: {
    contents: `import en from "./src/texts/en";
      import written from "./src/texts/written";
      ${TAGS.map((tag) => `import ${tag} from "./src/texts/${tag}";`).join("")}
      export default { en: { ...en, ...written }, ${TAGS} };`,
    resolveDir: here("."),
  },
  bundle: true,
  format: "esm",
  write: false,
});
const { default: texts } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
await writeFile(`${dist}texts.json`, `${JSON.stringify(texts, null, 2)}\n`);

await hashed("icon.svg", await readFile(here("src/icon.svg")));
await hashed("icon-180.png", png(180, { rounded: false }));
for (const size of [192, 512]) await hashed(`icon-${size}.png`, png(size, { rounded: true }));
await hashed("icon-maskable-512.png", png(512, { rounded: false, margin: 0.1 }));
await hashed("land.json", JSON.stringify(await land(here("node_modules/world-atlas/land-50m.json"))));
await writeFile(`${dist}favicon.ico`, favicon(32));
const sorted = Object.fromEntries(Object.entries(manifest).sort());
await writeFile(`${dist}manifest.json`, `${JSON.stringify(sorted, null, 2)}\n`);
