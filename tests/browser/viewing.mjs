// The full-screen view: how near one gets, how it is left, how more photos join it, and what becomes of a photo or a video
// that does not come.
//
// Settings besides those of stage.mjs: LONG (the path of an album of 130 photos in several chunks), FILMS and SCANS (of one
// with a video `film.mp4`, a Live Photo and a photo 3,000 pixels wide, and of one with a TIFF 2,600 wide).
import { GALLERY, assert, browser, signIn, step, view, visitor } from './stage.mjs';

const { FILMS, LONG, SCANS } = process.env;
const films = `${GALLERY}${FILMS}`;
const { context, page, complaints } = await visitor();
const { shown, openPhoto, close } = view(page);
/** What the view shows once it is open, and hears keys. */
const PICTURE = 'img.pswp__img:not(.pswp__img--placeholder)';
await signIn(page);

await step('going near shows every pixel of the original', page, async () => {
  const full = page.locator('.pswp__img.full');
  await page.goto(films);
  await openPhoto('figure[data-full-width="3000"]');
  await page.getByRole('button', { name: 'Zoom' }).click();
  await full.waitFor();
  assert.equal(await full.evaluate((image) => image.naturalWidth), 3000);
  await close();
  // Of what this browser cannot show, too.
  await page.goto(`${GALLERY}${SCANS}`);
  await openPhoto('figure[data-whole]');
  await page.getByRole('button', { name: 'Zoom' }).click();
  await full.waitFor();
  assert.match(await full.evaluate((image) => image.src), /\/pics\/.*-2600\.jpg$/);
  assert.equal(await full.evaluate((image) => image.naturalWidth), 2600);
  await close();
  // While the view still opens, by a hair and almost: the press waits until it is open.
  for (const wait of [0, 100, 200, 260]) {
    await page.goto(films);
    const opening = await page.evaluate((wait) => new Promise((done) => {
      const press = () => {
        document.querySelector('.pswp__button--zoom').click();
        done(document.querySelector('.pswp__img.full') === null);
      };
      const look = () => (document.querySelector('.pswp--ui-visible') ? setTimeout(press, wait) : requestAnimationFrame(look));
      document.querySelector('figure[data-full-width="3000"] a.open').click();
      look();
    }), wait);
    assert.ok(opening);
    await full.waitFor();
    await page.locator('.pswp--zoomed-in').waitFor();
    await close();
  }
});

await step('closing a photo leaves the page at that one, by whatever way', page, async () => {
  for (const leave of [() => page.keyboard.press('Escape'), () => page.goBack()]) {
    await page.goto(`${GALLERY}${LONG}`);
    await openPhoto('figure:first-of-type');
    // What is still opening hears no key.
    await page.waitForTimeout(500);
    for (let at = 1; at < 50; at += 1) {
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction((at) => document.querySelector('.pswp__counter').textContent.startsWith(`${at} `), at + 1);
    }
    await leave();
    await page.locator('.pswp').waitFor({ state: 'detached' });
    await page.waitForTimeout(300);
    const last = page.locator('figure').nth(49).locator('a.open');
    assert.equal(await last.evaluate((link) => document.activeElement === link), true, 'the keyboard is there');
    const { y, height } = await last.boundingBox();
    assert.ok(y >= 0 && y + height < 901, `at ${y}`);
    assert.equal(new URL(page.url()).hash, '');
    assert.equal(await page.evaluate(() => history.scrollRestoration), 'auto');
  }
});

await step('back closes a photo that still opens, and stays in the album', page, async () => {
  await page.goto(`${GALLERY}${LONG}`);
  await page.evaluate(() => new Promise((done) => {
    const look = () => {
      if (!location.hash) return requestAnimationFrame(look);
      history.back();
      done();
    };
    document.querySelector('a.open').click();
    look();
  }));
  await page.locator('.pswp').waitFor({ state: 'detached', timeout: 3_000 });
  assert.equal(page.url(), `${GALLERY}${LONG}`);
});

await step('photos that join the view, and a held key, do not wear out a browser’s patience with its history', page, async () => {
  // Without a worker, which would fetch them past what holds them up here.
  const other = await visitor({ serviceWorkers: 'block', storageState: await context.storageState() });
  const reader = other.page;
  const there = view(reader);
  // As WebKit and Firefox do, which allow a few more.
  await reader.addInitScript(() => {
    window.changes = [];
    for (const name of ['pushState', 'replaceState']) {
      const change = history[name].bind(history);
      history[name] = (...to) => {
        const now = performance.now();
        window.changes.push(now);
        const often = window.changes.filter((then) => now - then < 10_000).length > 50;
        if (often || window.refusing) throw new DOMException('too often', 'SecurityError');
        change(...to);
      };
    }
  });
  let go;
  const held = new Promise((done) => (go = done));
  await reader.route(/\/~[0-9a-f]{20}\/$/, (route) => held.then(() => route.continue()));
  await reader.goto(`${GALLERY}${LONG}`);
  const first = await reader.locator('figure').count();
  assert.ok(first < 130, `${first} at first`);
  await reader.evaluate((id) => (location.hash = id), await reader.locator('figure').nth(first - 8).getAttribute('id'));
  await reader.locator('.pswp--open.pswp--ui-visible').waitFor();
  for (let at = first - 7; at < first; at += 1) {
    await reader.keyboard.press('ArrowRight');
    await reader.waitForFunction((at) => document.querySelector('.pswp__counter').textContent.startsWith(`${at} `), at + 1);
  }
  // At the last one that is there, where the next one is put in its place.
  const next = reader.locator('.pswp__button--arrow--next');
  assert.equal(await next.isDisabled(), true);
  const changes = () => reader.evaluate(() => window.changes.length);
  const before = await changes();
  go();
  await reader.locator('.pswp__button--arrow--next:enabled').waitFor({ state: 'attached' });
  const agree = () => reader.waitForFunction(() => {
    const figures = [...document.querySelectorAll('figure')];
    const at = figures.findIndex(({ id }) => `#${id}` === location.hash);
    return document.querySelector('.pswp__counter').textContent.startsWith(`${at + 1} `)
      && document.querySelector('.pswp__button--download').href === figures[at]?.querySelector('a.original').href;
  });
  await agree();
  await reader.keyboard.press('ArrowRight');
  await reader.waitForFunction((at) => document.querySelector('.pswp__counter').textContent.startsWith(`${at} `), first + 1);
  await agree();
  assert.ok(await changes() - before < 10, `${await changes() - before} changes`);
  for (let times = 0; times < 60; times += 1) await reader.keyboard.down('ArrowRight');
  await reader.keyboard.up('ArrowRight');
  await agree();
  // Where it refuses all the same, everything but the address goes on.
  await reader.evaluate(() => (window.refusing = true));
  await there.close();
  await there.openPhoto('figure:first-of-type');
  await there.shown(PICTURE).waitFor();
  await reader.keyboard.press('ArrowRight');
  await reader.waitForFunction(() => document.querySelector('.pswp__counter').textContent.startsWith('2 '));
  await there.close();
  assert.equal(new URL(reader.url()).pathname, LONG);
  assert.deepEqual(other.complaints.filter((text) => /SecurityError/.test(text)), []);
  await other.context.close();
});

await step('photos that join the view stop no movie, and nothing is said twice', page, async () => {
  await page.goto(films);
  // As if what follows the Live Photo were in the next chunk.
  await page.evaluate(() => {
    document.querySelector('.grid').dataset.total = document.querySelectorAll('figure').length;
    window.later = [...document.querySelectorAll('figure[data-movie] ~ figure')];
    for (const figure of window.later) figure.remove();
  });
  await openPhoto('figure[data-movie]');
  await shown(PICTURE).waitFor();
  await page.getByRole('button', { name: 'Play the movement' }).click();
  const left = await page.evaluate(() => new Promise((done) => {
    const join = () => {
      const movie = document.querySelector('.movie.here');
      if (!movie) return requestAnimationFrame(join);
      const words = document.querySelector('.pswp__words').firstChild;
      const grid = document.querySelector('.grid');
      grid.append(...window.later);
      grid.dispatchEvent(new CustomEvent('photos'));
      done([movie.isConnected, words.isConnected]);
    };
    join();
  }));
  assert.deepEqual(left, [true, true]);
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.querySelector('.pswp__counter').textContent === '3 of 4');
  assert.equal(await page.locator('.movie').count(), 0);
  await close();
});

await step('a slideshow passes a video that cannot be played', page, async () => {
  const other = await visitor({ serviceWorkers: 'block', storageState: await context.storageState() });
  const reader = other.page;
  await reader.route('**/originals/**/film.mp4', (route) => route.fulfill({ contentType: 'video/mp4', body: 'no' }));
  await reader.goto(films);
  await view(reader).openPhoto('figure.film');
  await reader.locator('.film-failed').waitFor();
  // Chromium says of such a video that it is paused; by the HTML standard, and so elsewhere, it is not.
  await reader.locator('.film-frame video').evaluate((video) => Object.defineProperty(video, 'paused', { value: false }));
  const film = await reader.evaluate(() => location.hash);
  await reader.getByRole('button', { name: 'Slideshow' }).click();
  await reader.waitForFunction((film) => location.hash !== film, film, { timeout: 13_000 });
  await other.context.close();
});

await step('a photo that did not come is asked for again', page, async () => {
  // Without a worker, which would fetch it past what stands in the way here.
  const other = await visitor({ serviceWorkers: 'block', storageState: await context.storageState() });
  const reader = other.page;
  await page.goto(`${GALLERY}${LONG}`);
  const second = await page.locator('figure').nth(1).getAttribute('id');
  const its = `**/pics/**/${second.slice(2)}/**`;
  await reader.route(its, (route) => route.abort());
  await reader.goto(`${GALLERY}${LONG}`);
  await reader.locator('figure a.open').first().click();
  await reader.locator('.pswp--open.pswp--ui-visible').waitFor();
  await reader.waitForTimeout(500);
  await reader.keyboard.press('ArrowRight');
  const failed = reader.locator('.pswp__item[aria-hidden="false"] .pswp__error-msg');
  await failed.waitFor();
  await reader.unroute(its);
  await reader.keyboard.press('ArrowLeft');
  await reader.keyboard.press('ArrowRight');
  await reader.waitForFunction(() => {
    const picture = document.querySelector('.pswp__item[aria-hidden="false"] img.pswp__img:not(.pswp__img--placeholder)');
    return picture?.complete && picture.naturalWidth > 0;
  });
  assert.equal(await failed.count(), 0);
  await other.context.close();
});

await step('nothing complained in the console', page, async () => {
  assert.deepEqual(complaints, []);
});

await browser.close();
