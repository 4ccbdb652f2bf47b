// Lighthouse 12 as a phone sees it, over each page that it is given: medians of several runs.
//
// Settings come from the environment: PAGES (JSON: [{name, url, cookie?, folder?, most?}…]; a `folder` is served from here
// first), RUNS, CHROMIUM, OUT (where the figures are written). Prints a line a page. `most` names budgets: the page is
// `light` (what it sends before anything is opened) or `opened` (as many bytes as it wants, but no more scripts).
//
// With CHECK=1 the budgets of our own pages are held, and what breaks one ends it with status 1. What is counted (bytes,
// scripts, layout shift, accessibility, best practices) is held strictly. What hangs on how busy this machine is has
// headroom (HEADROOM), and medians of three have a second try.
import { writeFile } from 'node:fs/promises';
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';
import { serve } from './serve.mjs';

const { CHROMIUM, OUT, CHECK } = process.env;
const runs = Number(process.env.RUNS ?? 3);
const pages = JSON.parse(process.env.PAGES);
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];

/** What our pages may cost; bytes as they come over the wire, milliseconds as Lighthouse simulates them. */
const BUDGET = { performance: 100, lcp: 1500, bytes: 150_000, scripts: 30_000 };
const HEADROOM = { performance: 95, lcp: 1800 };
const TRIES = 2;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function visit(url, cookie) {
  const chrome = await launch({ chromePath: CHROMIUM, chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu'] });
  try {
    const { lhr } = await lighthouse(url, {
      port: chrome.port, onlyCategories: CATEGORIES, logLevel: 'error', output: 'json', disableFullPageScreenshot: true,
      ...(cookie ? { extraHeaders: { Cookie: cookie } } : {}),
    });
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    const value = (audit) => lhr.audits[audit]?.numericValue ?? 0;
    const requests = lhr.audits['network-requests']?.details?.items ?? [];
    const bytes = (kind) => requests.filter((r) => !kind || r.resourceType === kind).reduce((sum, r) => sum + (r.transferSize ?? 0), 0);
    const failed = Object.values(lhr.categories).flatMap(({ auditRefs }) => auditRefs)
      .filter(({ id, weight }) => weight > 0 && (lhr.audits[id].score ?? 1) < 0.9).map(({ id }) => id);
    return {
      ...Object.fromEntries(Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round(score * 100)])),
      lcp: value('largest-contentful-paint'), cls: value('cumulative-layout-shift'), tbt: value('total-blocking-time'),
      bytes: bytes(), scripts: bytes('Script'), failed: [...new Set(failed)],
    };
  } finally {
    await chrome.kill();
  }
}

/** What a page's figures break, as words. */
function broken({ most }, figures, { performance, lcp }) {
  const words = [];
  const hold = (what, is, may, holds) => holds || words.push(`${what} is ${is}, not ${may}`);
  if (!most) return words;
  hold('accessibility', figures.accessibility, 100, figures.accessibility === 100);
  hold('best practices', figures['best-practices'], 100, figures['best-practices'] === 100);
  hold('layout shift', figures.cls, 0, figures.cls === 0);
  hold('performance', figures.performance, `${performance} or more`, figures.performance >= performance);
  hold('LCP', `${Math.round(figures.lcp)} ms`, `less than ${lcp}`, figures.lcp < lcp);
  hold('scripts', `${figures.scripts} bytes`, `${BUDGET.scripts} at most`, figures.scripts <= BUDGET.scripts);
  if (most === 'light') hold('the first view', `${figures.bytes} bytes`, `${BUDGET.bytes} at most`, figures.bytes <= BUDGET.bytes);
  return words;
}

/** The same, twice more where the browser itself failed, as it does on machines that have too much to do. */
const visited = (url, cookie) => visit(url, cookie).catch(() => visit(url, cookie)).catch(() => visit(url, cookie));

const told = {};
const wrong = [];
for (const page of pages) {
  const server = page.folder ? await serve(page.folder) : undefined;
  const url = server ? server.address + page.url : page.url;
  let [visits, figures, faults] = [[], {}, []];
  for (let tries = 0; tries < (CHECK ? TRIES : 1); tries += 1) {
    visits = [];
    for (let run = 0; run < runs; run += 1) visits.push(await visited(url, page.cookie));
    const names = [...CATEGORIES, 'lcp', 'cls', 'tbt', 'bytes', 'scripts'];
    figures = Object.fromEntries(names.map((name) => [name, median(visits.map((visit) => visit[name]))]));
    faults = broken(page, figures, CHECK ? HEADROOM : BUDGET);
    if (faults.length === 0) break;
  }
  server?.close();
  told[page.name] = figures;
  console.log(`${page.name.padEnd(18)} ${CATEGORIES.map((category) => `${category} ${figures[category]}`).join(', ')}; `
    + `LCP ${(figures.lcp / 1000).toFixed(2)} s, CLS ${figures.cls.toFixed(3)}, TBT ${figures.tbt.toFixed(0)} ms, `
    + `${(figures.bytes / 1000).toFixed(0)} kB, scripts ${(figures.scripts / 1000).toFixed(1)} kB`
    + (visits[0].failed.length ? `; below 90: ${visits[0].failed.join(', ')}` : '')
    + (faults.length ? `\n${' '.repeat(19)}over budget: ${faults.join('; ')}` : ''));
  if (faults.length > 0) wrong.push(page.name);
}
if (OUT) await writeFile(OUT, `${JSON.stringify(told, null, 2)}\n`);
if (CHECK && wrong.length > 0) {
  console.error(`over budget: ${wrong.join(', ')}`);
  process.exit(1);
}
