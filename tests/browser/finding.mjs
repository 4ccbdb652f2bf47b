// Finding photos in a browser: the timeline, "on this day", search, the map, the feed, and what is left without a network
// and after signing out.
//
// Settings come from the environment, as for journey.mjs: GALLERY, NAME, PASSWORD, CHROMIUM, SCREENSHOTS. The gallery is the
// sample's, with a map and positions.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { GALLERY, NAME, PASSWORD, CHROMIUM, SCREENSHOTS } = process.env;
const WIDTHS = { phone: [390, 844], tablet: [820, 1180], desktop: [1440, 900] };

await mkdir(SCREENSHOTS, { recursive: true });
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
const page = await context.newPage();
const complaints = [];
let online = true;
page.on('console', (message) => {
  if (message.type() === 'error' && online && !message.text().includes('401')) complaints.push(message.text());
});
page.on('pageerror', (error) => complaints.push(String(error)));

async function step(name, action) {
  try {
    await action();
    console.log(`ok ${name}`);
  } catch (error) {
    await page.screenshot({ path: join(SCREENSHOTS, 'failed.png') });
    console.error(`not ok ${name}\n${error.stack}\nat ${page.url()}`);
    await browser.close();
    process.exit(1);
  }
}

/** A picture of the page as it is, on each width, light and dark. */
async function portraits(name, fullPage = false) {
  for (const [device, [width, height]] of Object.entries(WIDTHS)) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.waitForFunction(() => [...document.images].every((image) => {
        const box = image.getBoundingClientRect();
        return box.bottom <= 0 || box.top >= innerHeight || box.width === 0 || (image.complete && image.naturalWidth > 0);
      }));
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${device}-${colorScheme}.png`), fullPage });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
}

const signIn = async (where) => {
  await where.getByLabel(/name/i).first().fill(NAME);
  await where.getByLabel(/password/i).first().fill(PASSWORD);
  await where.getByRole('button', { name: /sign in/i }).click();
};

/** What the browser keeps of the gallery, the site's own assets aside. */
const kept = () => page.evaluate(async () => {
  const paths = [];
  for (const name of await caches.keys()) {
    if (name.includes('assets')) continue;
    for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname);
  }
  return paths;
});

await step('a link into the timeline comes back to it after signing in', async () => {
  await page.goto(`${GALLERY}/timeline/`);
  await page.waitForURL(/\/auth\/login\?next=%2Ftimeline%2F/);
  await signIn(page);
  await page.waitForURL(`${GALLERY}/timeline/`);
  const years = await page.locator('.year h2').allInnerTexts();
  assert.deepEqual(years.slice(0, 3), ['2024', '2023', '2022']);
  await portraits('timeline');
});

await step('a year shows its months with their photos, and each photo leads to its album', async () => {
  await page.getByRole('link', { name: '2023', exact: true }).click();
  await page.waitForURL(/\/timeline\/2023\/$/);
  assert.ok(await page.locator('#m08 .chip').count() >= 3);
  await page.locator('#m08 .grid figure').nth(8).waitFor();
  const times = await page.locator('#m08 .grid time').evaluateAll((all) => all.map((time) => time.dateTime));
  assert.deepEqual(times, [...times].sort());
  assert.ok(times.every((time) => time.startsWith('2023-08')));
  await portraits('timeline-year');
  await page.locator('#m08 .grid a.open').nth(3).click();
  await page.waitForURL(/\/albums\/.*#[0-9a-f]{20}$/);
  await page.locator('.pswp--open').waitFor();
  await page.keyboard.press('Escape');
});

await step('on this day, other years come back', async () => {
  const day = await context.newPage();
  await day.clock.setFixedTime(new Date('2026-05-08T12:00:00'));
  await day.goto(`${GALLERY}/`);
  await day.locator('.today figure').first().waitFor();
  assert.match(await day.locator('.then h3').first().innerText(), /2 years ago · Lisbon/);
  await day.getByRole('link', { name: 'On this day' }).click();
  await day.waitForTimeout(300);
  await day.screenshot({ path: join(SCREENSHOTS, 'on-this-day.png') });
  await day.clock.setFixedTime(new Date('2026-02-03T12:00:00'));
  await day.reload();
  await day.waitForLoadState('networkidle');
  assert.equal(await day.locator('.today').isVisible(), false);
  assert.equal(await day.getByRole('link', { name: 'On this day' }).isVisible(), false);
  await day.close();
});

const told = page.locator('#told');
const results = async (words) => {
  await page.locator('#q').fill(words);
  await page.waitForFunction((words) => new URLSearchParams(location.search).get('q') === words
    && /\d|Nothing/.test(document.querySelector('#told').textContent), words);
};

await step('a word of a caption finds its photo, and loads no album that it is not in', async () => {
  await page.goto(`${GALLERY}/search/`);
  await page.locator('#q').waitFor();
  await portraits('search-empty');
  const asked = [];
  const note = (request) => asked.push(new URL(request.url()).pathname);
  page.on('request', note);
  await results('sardines bakers');
  page.off('request', note);
  assert.match(await told.innerText(), /^1 photo$/);
  assert.match(await page.locator('.results figure img').getAttribute('alt'), /bakers/);
  const albums = asked.filter((path) => path.startsWith('/albums/'));
  assert.ok(albums.includes('/albums/Family/Lisbon_2024/'), albums.join());
  assert.ok(!albums.some((path) => /old_house|Nebel|Day_/.test(path)), albums.join());
  assert.match(page.url(), /\?q=sardines%20bakers$/);
});

await step('accents, cameras, months and years are found', async () => {
  await results('marchen');
  assert.match(await told.innerText(), /album/);
  await results('nikon');
  assert.match(await told.innerText(), /^6 photos$/);
  await results('August 2023');
  assert.match(await told.innerText(), /^9 photos$/);
  await results('12.8.2023');
  assert.match(await told.innerText(), /^4 photos$/);
  await results('2012');
  assert.match(await told.innerText(), /1 album/);
  await results('xylophone');
  assert.match(await told.innerText(), /^Nothing found/);
  await results('lisbon');
  assert.match(await told.innerText(), /^1 album/);
  await results('lake');
  assert.match(await told.innerText(), /album/);
  await page.waitForTimeout(300);
  await portraits('search');
});

await step('what was looked for is in the address, and the keyboard leads to what was found', async () => {
  await results('snow');
  await page.reload();
  await page.waitForFunction(() => /1 photo/.test(document.querySelector('#told').textContent));
  assert.equal(await page.locator('#q').inputValue(), 'snow');
  await page.locator('#q').focus();
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('href') ?? ''), /#[0-9a-f]{20}$/);
  await page.keyboard.press('Enter');
  await page.locator('.pswp--open').waitFor();
  await page.keyboard.press('Escape');
});

await step('the map shows where photos were taken, and asks nobody else for pictures', async () => {
  const foreign = [];
  const note = (request) => !request.url().startsWith(GALLERY) && !request.url().startsWith('data:') && foreign.push(request.url());
  page.on('request', note);
  await page.goto(`${GALLERY}/map/`);
  await page.locator('.pin').first().waitFor();
  await page.waitForLoadState('networkidle');
  assert.ok(await page.locator('.pin').count() >= 2);
  await portraits('map');
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.getByRole('button', { name: 'Zoom out' }).click();
  assert.deepEqual(foreign, []);
  page.off('request', note);
});

await step('the feed is Atom, and the pages name it', async () => {
  await page.goto(`${GALLERY}/`);
  const read = await page.evaluate(async () => {
    const link = document.querySelector('link[type="application/atom+xml"]');
    const answer = await fetch(link.href);
    const feed = new DOMParser().parseFromString(await answer.text(), 'application/xml');
    return { type: answer.headers.get('content-type'), root: feed.documentElement.namespaceURI, entries: feed.querySelectorAll('entry').length };
  });
  assert.match(read.type, /^application\/atom\+xml/);
  assert.equal(read.root, 'http://www.w3.org/2005/Atom');
  assert.equal(read.entries, 6);
});

await step('without a script the timeline and the search page are still ways to the photos', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
  const simple = await plain.newPage();
  await simple.goto(`${GALLERY}/timeline/`);
  await simple.getByRole('link', { name: 'May', exact: true }).first().click();
  await simple.locator('#m05 .chip').first().click();
  await simple.waitForURL(/\/albums\/Family\/Lisbon_2024\/$/);
  await simple.goto(`${GALLERY}/search/`);
  // (What switches scripts off here does not let `noscript` be seen.)
  assert.match(await simple.content(), /<noscript>.*Searching needs JavaScript/s);
  await simple.getByRole('link', { name: 'The family' }).click();
  await simple.waitForURL(/\/albums\/Family\/$/);
  await plain.close();
});

await step('it can be installed', async () => {
  // A page of its own: who asks about the manifest this way cannot be cut off from the network afterwards.
  const other = await context.newPage();
  await other.goto(`${GALLERY}/`);
  const session = await context.newCDPSession(other);
  const { errors, data } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const manifest = JSON.parse(data);
  assert.equal(manifest.display, 'standalone');
  for (const { src } of manifest.icons) assert.equal((await page.request.get(GALLERY + src)).status(), 200, src);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
  await other.close();
});

const ALBUM = '/albums/Family/Lisbon_2024/';

await step('what was seen is there without a network', async () => {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.goto(GALLERY + ALBUM);
  await page.waitForLoadState('networkidle');
  await page.goto(`${GALLERY}/`);
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(async (album) => Boolean(await caches.match(album)) && Boolean(await caches.match('/')), ALBUM);
  online = false;
  await context.setOffline(true);
  await page.goto(GALLERY + ALBUM);
  await page.locator('.grid figure').first().waitFor();
  await page.locator('.offline').waitFor();
  assert.ok(await page.evaluate(() => [...document.images].some((image) => image.complete && image.naturalWidth > 0)));
  await page.screenshot({ path: join(SCREENSHOTS, 'offline-album.png') });
  await page.goto(`${GALLERY}/albums/Never/`);
  await page.getByText('You are not connected').first().waitFor();
  await page.getByRole('link', { name: 'Lisbon' }).waitFor();
  await portraits('offline');
  await context.setOffline(false);
  online = true;
});

await step('neither refusals nor redirects nor originals nor what concerns signing in is kept', async () => {
  const cookies = await context.cookies();
  await page.goto(GALLERY + ALBUM);
  // One's own browser, without the session: every request is refused or redirected.
  const before = await kept();
  await page.evaluate(() => fetch(document.querySelector('a.original').href));
  await context.clearCookies();
  const statuses = await page.evaluate(async () => {
    const pages = ['/albums/Family/', '/timeline/', '/'];
    return Promise.all(pages.map(async (path) => (await fetch(path, { headers: { accept: 'text/html' } })).status));
  });
  assert.deepEqual(statuses, [401, 401, 401]);
  await context.addCookies(cookies);
  await page.goto(`${GALLERY}/`);
  const after = await kept();
  assert.ok(!after.some((path) => path.startsWith('/originals/') || path.startsWith('/auth/')), after.join());
  assert.ok(before.filter((path) => path.startsWith('/albums/')).every((path) => after.includes(path)));
  for (const path of after.filter((path) => !path.startsWith('/pics/') && path !== '/~/whose')) {
    assert.ok(await page.evaluate(async (path) => {
      const text = await (await caches.match(path)).text();
      return text.includes('/auth/logout') && !text.includes('type="password"');
    }, path), path);
  }
});

await step('a session goes on being looked at with the worker between', async () => {
  const answers = await page.evaluate(async () => {
    const renewal = await fetch('/auth/renew?next=%2F', { redirect: 'manual' });
    const head = await fetch('/', { method: 'HEAD', cache: 'no-store' });
    return [renewal.type, head.status];
  });
  assert.deepEqual(answers, ['opaqueredirect', 200]);
  assert.ok((await context.cookies()).some(({ name }) => name === '__Host-session'));
});

await step('who is sent to the login page leaves nothing for whoever comes next', async () => {
  assert.ok((await kept()).length > 0);
  await context.clearCookies();
  await page.goto(`${GALLERY}/`);
  await page.waitForURL(/\/auth\/login/);
  await page.waitForFunction(async () => (await caches.keys()).every((name) => name.includes('assets')));
  await signIn(page);
  await page.waitForURL(`${GALLERY}/`);
});

await step('after signing out there is nothing left, with or without a network', async () => {
  await page.goto(GALLERY + ALBUM);
  await page.waitForFunction(async (album) => Boolean(await caches.match(album)), ALBUM);
  await page.getByRole('button', { name: /sign out/i }).click();
  await page.waitForURL(/\/auth\/login/);
  assert.deepEqual(await kept(), []);
  online = false;
  await context.setOffline(true);
  await page.goto(GALLERY + ALBUM).catch(() => undefined);
  assert.equal(await page.locator('figure, .chip, .brand').count(), 0);
  await context.setOffline(false);
  online = true;
});

await step('nothing complained in the console', async () => {
  assert.deepEqual(complaints, []);
});

await browser.close();
