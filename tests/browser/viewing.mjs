// The full-screen view: how near one gets, how it is left, and what becomes of a photo or a video that does not come.
//
// Settings besides those of stage.mjs: LONG (the path of an album of 130 photos), FILMS and SCANS (of one
// with a video `film.mp4` and a photo 3,000 pixels wide, and of one with a TIFF 2,600 wide).
import { GALLERY, assert, browser, signIn, step, view, visitor } from './stage.mjs';

const { FILMS, LONG, SCANS } = process.env;
const films = `${GALLERY}${FILMS}`;
const { context, page, complaints } = await visitor();
const { openPhoto, close } = view(page);
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

await step('a slideshow passes a video that cannot be played', page, async () => {
  const other = await visitor({ serviceWorkers: 'block', storageState: await context.storageState() });
  const reader = other.page;
  await reader.route('**/originals/**/film.mp4', (route) => route.fulfill({ contentType: 'video/mp4', body: 'no' }));
  await reader.goto(films);
  await view(reader).openPhoto('figure.film');
  await reader.locator('.film-failed').waitFor();
  // It was to play, and nobody stopped it.
  assert.equal(await reader.locator('.film-frame video').evaluate((video) => video.paused), false);
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
