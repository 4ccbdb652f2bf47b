// Lighthouse 12 as a phone sees it, over each page that it is given: medians of several runs.
//
// Settings come from the environment: PAGES (JSON: [{name, url, cookie?, folder?}…]; a `folder` is served from here first),
// RUNS, CHROMIUM, OUT (where the figures are written). Prints a line a page. With CHECK=1 it runs once, without the slow
// network that Lighthouse imagines, and fails if accessibility or best practices are less than 100 or anything moves.
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

const { CHROMIUM, OUT, CHECK } = process.env;
const runs = CHECK ? 1 : Number(process.env.RUNS ?? 3);
const pages = JSON.parse(process.env.PAGES);
const CATEGORIES = CHECK ? ['accessibility', 'best-practices'] : ['performance', 'accessibility', 'best-practices'];

const KINDS = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.json': 'application/json',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg', '.webp': 'image/webp', '.woff2': 'font/woff2' };

/** A web server of the plainest kind for what the others build, with gzip as any server has it. */
async function serve(folder) {
  const server = createServer(async ({ url }, answer) => {
    const path = normalize(decodeURIComponent(new URL(url, 'http://x').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    const bytes = await readFile(file).catch(() => undefined);
    if (!bytes) return answer.writeHead(404).end();
    const kind = KINDS[extname(file).toLowerCase()] ?? 'application/octet-stream';
    const packed = /^(text|application\/json|image\/svg)/.test(kind);
    answer.writeHead(200, { 'content-type': kind, ...(packed ? { 'content-encoding': 'gzip' } : {}) });
    answer.end(packed ? gzipSync(bytes) : bytes);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function visit(url, cookie) {
  const chrome = await launch({ chromePath: CHROMIUM, chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu'] });
  try {
    const { lhr } = await lighthouse(url, {
      port: chrome.port, onlyCategories: CATEGORIES, logLevel: 'error', output: 'json',
      ...(CHECK ? { throttlingMethod: 'provided' } : {}),
      ...(cookie ? { extraHeaders: { Cookie: cookie } } : {}),
    });
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    const value = (audit) => lhr.audits[audit]?.numericValue ?? 0;
    const requests = lhr.audits['network-requests']?.details?.items ?? [];
    const bytes = (kind) => requests.filter((r) => !kind || r.resourceType === kind).reduce((sum, r) => sum + (r.transferSize ?? 0), 0);
    const failed = Object.values(lhr.categories).flatMap(({ auditRefs }) => auditRefs)
      .filter(({ id, weight }) => weight > 0 && (lhr.audits[id].score ?? 1) < 0.9).map(({ id }) => id);
    return {
      scores: Object.fromEntries(Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round(score * 100)])),
      lcp: value('largest-contentful-paint'), cls: value('cumulative-layout-shift'), tbt: value('total-blocking-time'),
      bytes: bytes(), scripts: bytes('Script'), failed: [...new Set(failed)],
    };
  } finally {
    await chrome.kill();
  }
}

const told = {};
const wrong = [];
for (const { name, url, cookie, folder } of pages) {
  const server = folder ? await serve(folder) : undefined;
  const visits = [];
  for (let run = 0; run < runs; run += 1) visits.push(await visit(server ? server.address + url : url, cookie));
  server?.close();
  const of = (pick) => median(visits.map(pick));
  const scores = Object.fromEntries(CATEGORIES.map((category) => [category, of(({ scores }) => scores[category])]));
  const figures = { ...scores, lcp: of(({ lcp }) => lcp), cls: of(({ cls }) => cls), tbt: of(({ tbt }) => tbt), bytes: of(({ bytes }) => bytes), scripts: of(({ scripts }) => scripts) };
  told[name] = figures;
  console.log(`${name.padEnd(18)} ${CATEGORIES.map((category) => `${category} ${scores[category]}`).join(', ')}; LCP ${(figures.lcp / 1000).toFixed(2)} s, `
    + `CLS ${figures.cls.toFixed(3)}, ${(figures.bytes / 1000).toFixed(0)} kB, scripts ${(figures.scripts / 1000).toFixed(1)} kB`
    + (visits[0].failed.length ? `; below 90: ${visits[0].failed.join(', ')}` : ''));
  if (CHECK && (scores.accessibility < 100 || scores['best-practices'] < 100 || figures.cls > 0.01)) wrong.push(name);
}
if (OUT) await writeFile(OUT, `${JSON.stringify(told, null, 2)}\n`);
if (wrong.length > 0) {
  console.error(`not as it should be: ${wrong.join(', ')}`);
  process.exit(1);
}
