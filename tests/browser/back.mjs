// A page out of the browser's memory: whoever presses back after the session has ended sees the login page (requirement 18),
// and nobody is told that what they just looked at is new. And the login page takes a password as a password manager or a
// person pastes it (requirement 16).
//
// Its own browser, because the usual one keeps no pages in memory. Settings besides those of stage.mjs: ALBUM (an album's
// path).
import { chromium } from 'playwright-core';
import { CHROMIUM, GALLERY, NAME, PASSWORD, assert, browser, screenshot, step as stepOn } from './stage.mjs';

const { ALBUM } = process.env;
await browser.close();
const remembering = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
});
const context = await remembering.newContext();
const page = await context.newPage();
const shows = [];
await page.exposeFunction('shown', (persisted, path) => shows.push({ persisted, path }));
// Before the page's own script, which asks the server again.
await page.addInitScript(() => addEventListener('pageshow', ({ persisted }) => window.shown(persisted, location.pathname)));
const step = (name, action) => stepOn(name, page, action);

await step('a password that is pasted gets in', async () => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: GALLERY });
  await page.goto(`${GALLERY}/auth/login`);
  await page.evaluate((password) => navigator.clipboard.writeText(password), PASSWORD);
  await page.locator('#name').fill(NAME);
  await page.locator('#password').focus();
  await page.keyboard.press('ControlOrMeta+V');
  assert.equal(await page.locator('#password').inputValue(), PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${GALLERY}/`);
});

await step('what was looked at is no longer new on a page out of memory', async () => {
  await page.evaluate(() => localStorage.setItem('heirloom.seen', JSON.stringify({ since: 1, albums: {} })));
  // A page that came before its worker does not stay in memory.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload({ waitUntil: 'networkidle' });
  await page.locator('.news').first().waitFor();
  const marked = await page.locator('.news').count();
  await page.locator('main a[data-added]').first().click();
  await page.waitForURL(/\/albums\//);
  await page.waitForFunction(() => Object.keys(JSON.parse(localStorage.getItem('heirloom.seen')).albums).length > 0);
  shows.length = 0;
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction((marked) => location.pathname === '/' && document.querySelectorAll('.news').length < marked, marked);
  assert.ok(shows.some(({ persisted, path }) => persisted && path === '/'), `never out of memory: ${JSON.stringify(shows)}`);
  assert.equal(await page.locator('.news ~ .news').count(), 0);
});

await step('a page out of memory is asked for again', async () => {
  await page.goto(`${GALLERY}${ALBUM}`);
  await page.goto(`${GALLERY}/`);
  shows.length = 0;
  // Nothing is loaded: the page lies dark in memory until the server says that it may still be seen.
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.documentElement.style.visibility === '' && document.querySelector('main img'));
  assert.equal(new URL(page.url()).pathname, ALBUM);
  assert.ok(shows.some(({ persisted, path }) => persisted && path === ALBUM), `never out of memory: ${JSON.stringify(shows)}`);
});

await step('after the session nothing comes back out of memory', async () => {
  await page.goto(`${GALLERY}/`);
  await context.clearCookies();
  shows.length = 0;
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForURL(/\/auth\/login/);
  assert.ok(shows.some(({ persisted, path }) => persisted && path === ALBUM), `never out of memory: ${JSON.stringify(shows)}`);
  assert.equal(await page.locator('img').count(), 0);
  await screenshot(page, 'back-out-of-memory');
});

await remembering.close();
