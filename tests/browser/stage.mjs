// What every visit in a browser begins with. Settings come from the environment: GALLERY (address), NAME, PASSWORD, CHROMIUM
// (the browser), SCREENSHOTS (a folder). A visit prints a line a step; the first step that fails ends it.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';

export const { GALLERY, NAME, PASSWORD, CHROMIUM, SCREENSHOTS } = process.env;

await mkdir(SCREENSHOTS, { recursive: true });
export const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

/** A window of its own, and what its console complained about. */
export async function visitor(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { context, page, complaints };
}

/** Goes through the login form. */
export async function signIn(page) {
  await page.goto(`${GALLERY}/auth/login`);
  await page.locator('#name').fill(NAME);
  await page.locator('#password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${GALLERY}/`);
}

/** One step. `page` is the window whose picture tells what went wrong. */
export async function step(name, page, action) {
  try {
    await action();
    console.log(`ok ${name}`);
  } catch (error) {
    await page.screenshot({ path: join(SCREENSHOTS, 'failed.png') }).catch(() => undefined);
    console.error(`not ok ${name}\n${error.stack}\nat ${page.url()}`);
    await browser.close();
    process.exit(1);
  }
}

/** What opens photos of a page full screen and closes them again, and finds what is shown then. */
export function view(page) {
  const shown = (selector) => page.locator(`.pswp__item[aria-hidden="false"] ${selector}`);
  // Nothing closes what is still opening; a person would press again, too.
  const close = async () => {
    for (let tries = 0; tries < 40 && await page.locator('.pswp').count() > 0; tries += 1) {
      await page.keyboard.press('Escape');
      await page.waitForTimeout(250);
    }
    await page.locator('.pswp').waitFor({ state: 'detached' });
  };
  const openPhoto = async (selector) => {
    await page.locator(`${selector} a.open`).click();
    await page.locator('.pswp--open.pswp--ui-visible').waitFor();
  };
  return { shown, openPhoto, close };
}

const WIDTHS = { phone: [390, 844], tablet: [820, 1180], desktop: [1440, 900] };

/** Waits until every picture in view is there, and a photo that is open full screen lies in the middle. */
async function picturesShown(page) {
  await page.waitForFunction(() => [...document.images].every((image) => {
    const box = image.getBoundingClientRect();
    const inView = box.bottom > 0 && box.top < innerHeight && box.width > 0;
    return !inView || (image.complete && image.naturalWidth > 0);
  }));
  await page.waitForFunction(() => {
    const opened = [...document.querySelectorAll('.pswp--open .pswp__item[aria-hidden="false"] .pswp__img')];
    return opened.every((picture) => {
      const { left, right, width } = picture.getBoundingClientRect();
      return width === 0 || Math.abs(left + right - innerWidth) < 4;
    });
  });
}

/** A picture of the page as it is, on each width, light and dark. */
export async function portraits(page, name) {
  for (const [device, [width, height]] of Object.entries(WIDTHS)) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await picturesShown(page);
      await screenshot(page, `${name}-${device}-${colorScheme}`);
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
}

const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** What axe-core finds on a page, light and dark. */
export async function findings(page) {
  const found = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    // Not through the page's own scripts: its policy allows none of ours.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    found.push(...violations.map(({ id, nodes }) => `${colorScheme}: ${id}: ${nodes.map(({ html }) => html).join(' | ')}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

/** Tells what a page costs somebody with a phone who comes for the first time, and how far things move while it comes. */
export async function cost(path, storageState, options = {}) {
  const phone = await visitor({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, storageState, ...options });
  const session = await phone.context.newCDPSession(phone.page);
  await session.send('Network.enable');
  const kinds = new Map();
  let [bytes, scripts] = [0, 0];
  session.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    bytes += encodedDataLength;
    if (kinds.get(requestId) === 'Script') scripts += encodedDataLength;
  });
  await watchShifts(phone.page);
  await phone.page.goto(`${GALLERY}${path}`, { waitUntil: 'networkidle' });
  const shifted = await phone.page.evaluate(() => window.shifted);
  await phone.context.close();
  return { bytes, scripts, shifted };
}

/** From the next page on, `window.shifted` tells what moved by itself, how far by the measure of the browser, and from where. */
export const watchShifts = (page) => page.addInitScript(() => {
  window.shifted = [];
  const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
  const told = ({ node, previousRect, currentRect }) =>
    `${(node?.parentElement ?? node)?.outerHTML?.slice(0, 200)}: ${place(previousRect)} → ${place(currentRect)}`;
  new PerformanceObserver((list) => {
    for (const { value, startTime, sources } of list.getEntries()) window.shifted.push([value, Math.round(startTime), ...sources.map(told)].join(', '));
  }).observe({ type: 'layout-shift', buffered: true });
});

/** The same gallery at another address, where pages come `bytes` by `bytes` with as many milliseconds between them. */
export async function trickle(bytes, milliseconds) {
  const server = createServer((asked, answer) => {
    const headers = { ...asked.headers, 'accept-encoding': 'identity' };
    asked.pipe(request(`${GALLERY}${asked.url}`, { method: asked.method, headers }, async (told) => {
      answer.writeHead(told.statusCode, told.headers);
      if (!told.headers['content-type']?.startsWith('text/html')) return told.pipe(answer);
      for await (const piece of told) {
        for (let at = 0; at < piece.length; at += bytes) {
          answer.write(piece.subarray(at, at + bytes));
          await pause(milliseconds);
        }
      }
      answer.end();
    }));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

export const screenshot = (page, name, options = {}) =>
  page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), ...options });

export { assert };
