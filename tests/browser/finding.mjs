// Finding photos in a browser: the timeline, "on this day", search, the map, the feed, and what is left without a network
// and after signing out.
//
// Settings besides those of stage.mjs: OTHER (a viewer with the same password who may see the fairy wood alone). The gallery
// is the sample's, with a map and positions.
import { GALLERY, NAME, PASSWORD, assert, browser, findings, portraits as portraitsOf, screenshot, step as stepOn, visitor } from './stage.mjs';

const { OTHER } = process.env;
const { context, page, complaints } = await visitor({ locale: 'en-GB' });
const step = (name, action) => stepOn(name, page, action);
const portraits = (name) => portraitsOf(page, name);

// From the login page on, wherever it leads.
const signIn = async (where, name = NAME) => {
  await where.getByLabel(/name/i).first().fill(name);
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
  await page.waitForURL(/\/albums\/.*#p-[0-9a-f]{20}$/);
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
  await screenshot(day, 'on-this-day');
  assert.deepEqual(await findings(day), []);
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
  await results('12/8/2023');
  assert.match(await told.innerText(), /^4 photos$/);
  // One photo of an album that goes on for years, and an album of one year.
  await results('2012');
  assert.match(await told.innerText(), /^1 photo$/);
  await results('2024');
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

await step('an album that did not come is told of, and asked for again', async () => {
  // Without a worker, which would fetch it past what stands in the way here.
  const other = await visitor({ serviceWorkers: 'block', storageState: await context.storageState() });
  const reader = other.page;
  const album = '**/albums/Family/Lisbon_2024/**';
  await reader.route(album, (route) => route.fulfill({ status: 500, body: '' }));
  await reader.goto(`${GALLERY}/search/?q=sardines%20bakers`);
  const told = (words) => reader.waitForFunction((words) => document.querySelector('#told').textContent === words, words);
  await told('Nothing found. Try fewer or other words, or a year. Some albums could not be searched.');
  await reader.unroute(album);
  await reader.locator('#q').press('Enter');
  await told('1 photo');
  await other.context.close();
});

await step('signs without a word find nothing, and nothing is asked for', async () => {
  const asked = [];
  const note = (request) => asked.push(new URL(request.url()).pathname);
  page.on('request', note);
  await page.goto(`${GALLERY}/search/?q=%F0%9F%8E%82`);
  await page.waitForFunction(() => /\d|Nothing/.test(document.querySelector('#told').textContent));
  assert.match(await told.innerText(), /^Nothing found/);
  // What begins with a sign is still typed.
  await results('"');
  assert.match(await told.innerText(), /^Nothing found/);
  page.off('request', note);
  assert.equal(await page.locator('#found .card').count(), 0);
  assert.deepEqual(asked.filter((path) => path.startsWith('/albums/')), []);
  await page.locator('#q').fill('"lisbon"');
  await page.waitForFunction(() => /^1 album/.test(document.querySelector('#told').textContent));
});

await step('what was looked for is in the address, and the keyboard leads to what was found', async () => {
  await results('snow');
  await page.reload();
  await page.waitForFunction(() => /1 photo/.test(document.querySelector('#told').textContent));
  assert.equal(await page.locator('#q').inputValue(), 'snow');
  await page.locator('#q').focus();
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('href') ?? ''), /#p-[0-9a-f]{20}$/);
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

await step('axe finds nothing on the ways to photos', async () => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const path of ['/timeline/', '/timeline/2023/', '/search/', '/search/?q=lake', '/map/']) {
    await page.goto(`${GALLERY}${path}`, { waitUntil: 'networkidle' });
    assert.deepEqual(await findings(page), [], path);
  }
  await page.emulateMedia({ reducedMotion: 'no-preference' });
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
  await context.setOffline(true);
  await page.goto(GALLERY + ALBUM);
  await page.locator('.grid figure').first().waitFor();
  await page.locator('.offline').waitFor();
  assert.ok(await page.evaluate(() => [...document.images].some((image) => image.complete && image.naturalWidth > 0)));
  await screenshot(page, 'offline-album');
  await page.goto(`${GALLERY}/albums/Never/`);
  await page.getByText('You are not connected').first().waitFor();
  await page.getByRole('link', { name: 'Lisbon' }).waitFor();
  await portraits('offline');
  await context.setOffline(false);
});

await step('a network that goes and comes moves nothing', async () => {
  await page.goto(`${GALLERY}/`);
  const place = () => page.locator('h1').first().evaluate((title) => title.getBoundingClientRect().top);
  const before = await place();
  await context.setOffline(true);
  await page.locator('.offline').waitFor();
  assert.equal(await place(), before);
  await context.setOffline(false);
  await page.locator('.offline').waitFor({ state: 'detached' });
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

await step('who signs in after somebody else never sees what that one saw', async () => {
  const forHer = [ALBUM, '/timeline/', '/albums/Family/'];
  const caches = async () => (await kept()).filter((path) => path !== '/~/whose');
  const cutOff = async (path) => {
    await context.setOffline(true);
    await page.goto(GALLERY + path).catch(() => undefined);
    const seen = await page.evaluate(() => document.body.textContent + [...document.links].map(({ href }) => href).join(' '));
    await context.setOffline(false);
    return seen;
  };
  for (const change of ['through the login page', 'by another cookie alone']) {
    await context.clearCookies();
    await page.goto(`${GALLERY}/`);
    await page.waitForURL(/\/auth\/login/);
    await signIn(page);
    await page.waitForURL(`${GALLERY}/`);
    for (const path of [...forHer, '/']) await page.goto(GALLERY + path, { waitUntil: 'networkidle' });
    await page.waitForFunction((path) => window.caches.match(path), ALBUM);
    if (change === 'through the login page') {
      await context.clearCookies();
      await page.goto(`${GALLERY}/`);
      await signIn(page, OTHER);
      await page.waitForURL(`${GALLERY}/`);
    } else {
      const other = await visitor();
      await other.page.goto(`${GALLERY}/`);
      await signIn(other.page, OTHER);
      await other.page.waitForURL(`${GALLERY}/`);
      const cookies = await other.context.cookies();
      await other.context.close();
      await context.clearCookies();
      await context.addCookies(cookies);
    }
    await page.goto(`${GALLERY}/`, { waitUntil: 'networkidle' });
    await page.waitForFunction(() => window.caches.match('/'));
    assert.deepEqual((await caches()).filter((path) => forHer.includes(path) || path.startsWith('/pics/Family/')), [], change);
    for (const path of [...forHer, '/']) assert.doesNotMatch(await cutOff(path), /Lisbon|Family/, `${change}: ${path}`);
    assert.match(await cutOff('/'), /rchenwald/, change);
  }
  await context.clearCookies();
  await page.goto(`${GALLERY}/`);
  await signIn(page);
  await page.waitForURL(`${GALLERY}/`);
});

await step('after signing out there is nothing left, with or without a network', async () => {
  await page.goto(GALLERY + ALBUM);
  await page.waitForFunction(async (album) => Boolean(await caches.match(album)), ALBUM);
  await page.getByRole('button', { name: /sign out/i }).click();
  await page.waitForURL(/\/auth\/login/);
  assert.deepEqual(await kept(), []);
  await context.setOffline(true);
  await page.goto(GALLERY + ALBUM).catch(() => undefined);
  assert.equal(await page.locator('figure, .chip, .brand').count(), 0);
  await context.setOffline(false);
});

await step('nothing complained in the console', async () => {
  // What is cut off from the network, or refused on purpose, complains by itself.
  assert.deepEqual(complaints.filter((text) => !/40[14]|ERR_INTERNET_DISCONNECTED|503/.test(text)), []);
});

await browser.close();
