// A link to one photo: the photo first, then all else.
//
// Settings beside those of stage.mjs: LONG (the path of an album in several chunks).
import { chromium } from 'playwright-core';
import { CHROMIUM, GALLERY, assert, browser, screenshot, signIn, step, visitor, watchShifts } from './stage.mjs';

const { LONG } = process.env;
const album = `${GALLERY}${LONG}`;

const { context, page } = await visitor();
await signIn(page);
await page.goto(album);
const ids = await page.locator('figure').evaluateAll((all) => all.map(({ id }) => id.slice(2)));
const state = await context.storageState();

/** A phone on which nothing is kept yet, and what it asked for, in order. */
async function phone() {
  const comer = await visitor({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true,
    serviceWorkers: 'block', storageState: state });
  const asked = [];
  comer.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  return { ...comer, asked };
}

await step('the photo is seen before the view’s code and the photos beside it are asked for', page, async () => {
  const { context, page: small, asked } = await phone();
  let go;
  const held = new Promise((done) => (go = done));
  await small.route('**/assets/viewer-*.js', async (route) => {
    await held;
    await route.continue();
  });
  await watchShifts(small);
  await small.addInitScript(() => {
    window.largest = [];
    new PerformanceObserver((list) => window.largest.push(...list.getEntries().map(({ element }) => element?.parentElement?.closest('.arriving, .pswp, .grid')?.className)))
      .observe({ type: 'largest-contentful-paint', buffered: true });
  });
  await small.goto(`${album}#${ids[2]}`);
  const picture = small.locator('.arriving img');
  await picture.waitFor();
  await small.waitForFunction(() => document.querySelector('.arriving img').naturalWidth > 0);
  const first = await picture.evaluate((img) => ({ box: img.getBoundingClientRect().toJSON(), source: img.currentSrc }));
  assert.equal(first.box.width <= 390 && Math.abs(first.box.left + first.box.right - 390) <= 1, true, JSON.stringify(first));
  await screenshot(small, 'arriving');
  // Of the others there is at most the small copy of the first, which the page itself begins with.
  const others = asked.filter((path) => path.startsWith('/pics/') && !path.includes(ids[2]));
  assert.ok(others.every((path) => path.includes(ids[0]) && /-\d{1,3}\.\w+$/.test(path)), others.join(' '));
  const at = asked.findIndex((path) => path.includes('/assets/viewer-'));
  const photo = asked.findIndex((path) => path === new URL(first.source).pathname);
  assert.ok(photo >= 0 && (at < 0 || photo < at), JSON.stringify(asked));
  go();
  await small.locator('.pswp--open .pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)').waitFor();
  await small.locator('.arriving').waitFor({ state: 'detached' });
  // The view shows the same bytes in the same place.
  const then = await small.locator('.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)')
    .evaluate((img) => ({ box: img.getBoundingClientRect().toJSON(), source: img.currentSrc }));
  assert.equal(then.source, first.source);
  for (const side of ['left', 'top', 'right', 'bottom']) assert.ok(Math.abs(then.box[side] - first.box[side]) <= 1, `${side}: ${JSON.stringify([first, then])}`);
  assert.deepEqual(await small.evaluate(() => window.shifted), []);
  assert.ok(!(await small.evaluate(() => window.largest)).includes('pswp'), 'the view paints nothing larger');
  await context.close();
});

await step('who does not want to wait for the view gets the album', page, async () => {
  const { context, page: small } = await phone();
  await small.route('**/assets/viewer-*.js', () => undefined);
  for (const leave of [() => small.keyboard.press('Escape'), () => small.locator('.arriving').tap()]) {
    await small.goto('about:blank');
    await small.goto(`${album}#${ids[1]}`);
    await small.locator('.arriving').waitFor();
    await leave();
    await small.locator('.arriving').waitFor({ state: 'detached' });
    assert.equal(await small.locator('figure').first().isVisible(), true);
    assert.equal(small.url(), album);
  }
  await context.close();
});

await step('where the view’s code does not come there is the album', page, async () => {
  const { context, page: small } = await phone();
  await small.route('**/assets/viewer-*.js', (route) => route.abort());
  await small.goto(`${album}#${ids[1]}`);
  await small.locator('figure').first().waitFor();
  assert.equal(await small.locator('.arriving').count(), 0);
  await context.close();
});

await step('a page does not stay dark for a script that does not come', page, async () => {
  const { context, page: small } = await phone();
  await small.route('**/assets/*.js', (route) => (/\/head-/.test(route.request().url()) ? route.continue() : route.abort()));
  await small.goto(`${album}#p-${ids[1]}`);
  await small.locator('figure').first().waitFor();
  assert.equal(await small.locator('html').getAttribute('class'), '');
  // Nor for one that it cannot read, as a tablet of 2018 sees it.
  await small.unroute('**/assets/*.js');
  const unreadable = { contentType: 'text/javascript', body: 'const of = 1 ?.. 2;' };
  await small.route('**/assets/*.js', (route) => (/\/head-/.test(route.request().url()) ? route.continue() : route.fulfill(unreadable)));
  await small.goto('about:blank');
  await small.goto(`${album}#p-${ids[1]}`);
  await small.waitForFunction(() => document.documentElement.className === '', undefined, { timeout: 3_000 });
  assert.equal(await small.locator('figure').first().isVisible(), true);
  await context.close();
});

await step('on a desktop nothing moves when the view takes over, and the bar at the side comes back', page, async () => {
  // As people have it, with a bar that takes room; without a worker, which would fetch the view past what holds it up here.
  const desk = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'], ignoreDefaultArgs: ['--hide-scrollbars'] });
  const there = await (await desk.newContext({ viewport: { width: 1280, height: 800 }, storageState: state, serviceWorkers: 'block' })).newPage();
  let go;
  const held = new Promise((done) => (go = done));
  await there.route('**/assets/viewer-*.js', (route) => held.then(() => route.continue()));
  await there.goto(`${album}#p-${ids[1]}`);
  const place = (selector) => there.locator(selector).evaluate((img) => img.getBoundingClientRect().left);
  await there.locator('.arriving img').waitFor();
  const before = await place('.arriving img');
  go();
  await there.locator('.arriving').waitFor({ state: 'detached' });
  const view = '.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)';
  await there.locator(view).waitFor();
  assert.equal(await place(view), before);
  // What is behind the view is neither fetched nor painted until it is closed.
  const bar = () => document.documentElement.scrollHeight > innerHeight && document.documentElement.clientWidth < innerWidth;
  assert.ok(!(await there.evaluate(bar)) && !(await there.locator('figure').first().isVisible()));
  await there.keyboard.press('Escape');
  await there.locator('.pswp').waitFor({ state: 'detached' });
  assert.ok((await there.evaluate(bar)) && (await there.locator(`#p-${ids[1]}`).isVisible()));
  await desk.close();
});

await step('without a script a link to one photo leads to it', page, async () => {
  const plain = await visitor({ viewport: { width: 390, height: 844 }, javaScriptEnabled: false, storageState: state });
  await plain.page.goto(`${album}#p-${ids.at(-1)}`);
  const { top, bottom } = await plain.page.locator(`#p-${ids.at(-1)}`).evaluate((figure) => figure.getBoundingClientRect().toJSON());
  assert.ok(top >= 0 && bottom <= 844, `${top} ${bottom}`);
  assert.notEqual(await plain.page.locator(`#p-${ids.at(-1)}`).evaluate((figure) => getComputedStyle(figure).outlineStyle), 'none');
  await plain.context.close();
});

await step('who comes back finds the page where it was, if it may still be seen', page, async () => {
  const desk = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'], ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  const context = await desk.newContext({ viewport: { width: 1280, height: 500 }, storageState: state, serviceWorkers: 'block' });
  const there = await context.newPage();
  const away = async () => {
    await there.evaluate(() => (window.kept = true));
    await there.goto(`${GALLERY}/timeline/`);
  };
  await there.goto(album, { waitUntil: 'load' });
  await there.evaluate(() => scrollTo(0, 700));
  await away();
  await there.goBack({ waitUntil: 'commit' });
  await there.waitForFunction(() => document.documentElement.style.visibility === '');
  assert.deepEqual(await there.evaluate(() => [window.kept, scrollY]), [true, 700], 'it was kept');
  await away();
  await context.clearCookies();
  await there.goBack({ waitUntil: 'commit' });
  await there.waitForURL(/\/auth\/login/);
  await desk.close();
});

await step('a link to a photo further on in a long album opens it, too', page, async () => {
  const { context, page: small } = await phone();
  await page.goto(album);
  const next = await page.locator('a[rel=next]').getAttribute('href');
  await page.goto(`${GALLERY}${next}`);
  const far = (await page.locator('figure').last().getAttribute('id')).slice(2);
  assert.ok(!ids.includes(far));
  await small.goto(`${album}#${far}`);
  await small.locator('.pswp--open .pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)').waitFor();
  assert.equal(small.url(), `${album}#p-${far}`);
  await context.close();
});

await browser.close();
