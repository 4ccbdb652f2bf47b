// What the pages show and what they cost: videos, Live Photos, animations, paper, other directions of
// writing, no script; what axe-core finds; how much comes over the wire and whether anything moves.
//
// Settings besides those of stage.mjs: FILMS (the path of an album with a long video `film.mp4`, a Live Photo, an animation
// and a photo of 3000 pixels), LONG (that of an album in several chunks).
import { readFile } from 'node:fs/promises';
import { GALLERY, NAME, PASSWORD, assert, browser, cost, findings, screenshot, signIn, step, trickle, visitor, view, watchShifts } from './stage.mjs';

const { FILMS, LONG } = process.env;
const films = `${GALLERY}${FILMS}`;

const { context, page, complaints } = await visitor();
const { shown, openPhoto, close } = view(page);

await step('the login page speaks the reader’s language', page, async () => {
  for (const [locale, button] of [['de-AT', 'Anmelden'], ['ja-JP', 'サインイン'], ['pt-BR', 'Sign in']]) {
    const foreign = await visitor({ locale });
    await foreign.page.goto(`${GALLERY}/auth/login`);
    await foreign.page.getByRole('button', { name: button }).waitFor();
    await foreign.context.close();
  }
});

await step('axe finds nothing on the pages of signing in', page, async () => {
  await page.goto(`${GALLERY}/auth/login`);
  assert.deepEqual(await findings(page), []);
  await page.goto(`${GALLERY}/auth/login?signed-out`);
  assert.deepEqual(await findings(page), []);
  await page.goto(`${GALLERY}/auth/invite?code=nonsense`);
  assert.deepEqual(await findings(page), []);
  await screenshot(page, 'invitation-over');
});

await step('a link to one photo leads there, through the login page', page, async () => {
  const stranger = await visitor();
  await signIn(page);
  await page.goto(films);
  const id = (await page.locator('figure.film').getAttribute('id')).replace('p-', '');
  // As links were written once.
  await stranger.page.goto(`${films}#${id}`);
  assert.match(stranger.page.url(), /\/auth\/login\?/);
  await stranger.page.locator('#name').fill(NAME);
  await stranger.page.locator('#password').fill('that is not it');
  await stranger.page.keyboard.press('Enter');
  await stranger.page.getByRole('alert').waitFor();
  await stranger.page.locator('#name').fill(NAME);
  await stranger.page.locator('#password').fill(PASSWORD);
  await stranger.page.keyboard.press('Enter');
  await stranger.page.locator('.pswp--open .film-frame').waitFor();
  assert.equal(stranger.page.url(), `${films}#p-${id}`);
  await stranger.context.close();
});

await step('axe finds nothing on home, albums, a photo, a video and what is missing', page, async () => {
  // What fades has other colours on its way.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const path of ['/', FILMS, LONG, '/albums/Family/', '/albums/not-here/']) {
    await page.goto(`${GALLERY}${path}`);
    assert.deepEqual(await findings(page), [], path);
  }
  await page.goto(films);
  for (const figure of ['figure[data-full-width="3000"]', 'figure.film']) {
    await openPhoto(figure);
    assert.deepEqual(await findings(page), [], figure);
    await close();
  }
  await page.emulateMedia({ reducedMotion: 'no-preference' });
});

await step('axe finds nothing on a phone either', page, async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const path of ['/', FILMS, '/search/', '/timeline/']) {
    await page.goto(`${GALLERY}${path}`);
    assert.deepEqual(await findings(page), [], path);
  }
  await page.goto(films);
  await openPhoto('figure[data-movie]');
  assert.deepEqual(await findings(page), []);
  const [bar, last] = await page.evaluate(() => [document.querySelector('.pswp__top-bar'), document.querySelector('.pswp__button--close')]
    .map((element) => element.getBoundingClientRect().toJSON()));
  assert.ok(last.right <= 390 && last.bottom <= bar.bottom, 'the buttons stand in one line');
  await screenshot(page, 'photo-buttons-phone');
  await close();
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await page.setViewportSize({ width: 1440, height: 900 });
});

await step('the view gives the original, the movie and a link to the photo', page, async () => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(films);
  await openPhoto('figure[data-full-width="3000"]');
  const original = page.getByRole('link', { name: 'Download the original', exact: true });
  const movie = page.getByRole('link', { name: 'Download the movie', exact: true });
  assert.match(await original.getAttribute('href'), /\/originals\/Family\/Films\/large\.jpg$/);
  assert.equal(await movie.isVisible(), false);
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByText('The link was copied.').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
  assert.match(page.url(), /#p-[0-9a-f]{20}$/);
  await close();
  await openPhoto('figure[data-movie]');
  assert.match(await movie.getAttribute('href'), /IMG_1\.MOV$/);
  const [download] = await Promise.all([page.waitForEvent('download'), movie.click()]);
  assert.equal(download.suggestedFilename(), 'IMG_1.MOV');
  await close();
});

await step('where a photo was taken is told on request, and found', page, async () => {
  await openPhoto('figure[data-full-width="3000"]');
  const facts = page.locator('.more-facts');
  assert.equal(await facts.isVisible(), false);
  await page.getByRole('button', { name: 'About this photo' }).click();
  assert.match(await facts.innerText(), /^Alfama · large\.jpg · /);
  await close();
  await page.goto(`${GALLERY}/search/`);
  await page.locator('#q').fill('alfama');
  await page.locator('.results figure').waitFor();
  assert.equal(await page.locator('.results figure img').getAttribute('alt'), 'The whole coast');
  await page.goto(films);
});

await step('a slideshow goes on without motion where none is wanted', page, async () => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openPhoto('figure[data-full-width="3000"]');
  const before = await page.evaluate(() => location.hash);
  await page.getByRole('button', { name: 'Slideshow' }).click();
  await page.waitForFunction((hash) => location.hash !== hash, before);
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction((hash) => location.hash === hash, before);
  await close();
  await page.emulateMedia({ reducedMotion: 'no-preference' });
});

await step('a video without a poster shows its length and its first picture', page, async () => {
  await page.goto(films);
  const tile = page.locator('figure.film');
  assert.equal(await tile.locator('.mark').innerText(), '0:08');
  await tile.locator('.blank video.here').waitFor({ state: 'attached' });
  assert.match(await page.locator('.title .facts').innerText(), /3 photos · 1 video/);
  await screenshot(page, 'album-films');
});

const ranges = [];
page.on('response', (response) => {
  const range = response.request().headers()['range'];
  if (range && response.url().endsWith('/film.mp4')) ranges.push([Number(/^bytes=(\d+)-/.exec(range)[1]), response.status()]);
});

// Not so fast that all of it is there before somebody seeks.
const line = await context.newCDPSession(page);
const atMost = (bytes) => line.send('Network.emulateNetworkConditions',
  { offline: false, latency: 0, downloadThroughput: bytes, uploadThroughput: -1 });
await line.send('Network.enable');

await step('a video plays in the page', page, async () => {
  await page.goto('about:blank');
  await atMost(1_000_000);
  await page.goto(films);
  await openPhoto('figure.film');
  await page.waitForFunction(() => document.querySelector('.film-frame video')?.currentTime > 0.2);
  const { controls, width } = await shown('video').evaluate((video) => ({ controls: video.controls, width: video.clientWidth }));
  assert.ok(controls && width > 700, `${width} wide`);
  await page.keyboard.press(' ');
  assert.equal(await shown('video').evaluate((video) => video.paused), true);
  await screenshot(page, 'video');
});

await step('seeking fetches just what is near', page, async () => {
  const before = ranges.length;
  await shown('video').evaluate((video) => new Promise((done) => {
    video.addEventListener('seeked', done, { once: true });
    video.currentTime = video.duration - 0.5;
  }));
  const far = ranges.slice(before).filter(([from]) => from > 20_000_000);
  assert.ok(far.length > 0, `ranges: ${JSON.stringify(ranges)}`);
  assert.ok(ranges.every(([, status]) => status === 206), JSON.stringify(ranges));
  await close();
  await atMost(-1);
});

await step('a Live Photo is one, and moves while it is held or asked to', page, async () => {
  assert.equal(await page.locator('figure').count(), 4);
  await page.locator('figure[data-movie] a.open').click();
  const button = page.getByRole('button', { name: 'Play the movement' });
  // At once, while the view still opens: the large picture is not in it yet.
  const early = await page.evaluate(() => new Promise((done) => {
    const press = () => {
      const button = document.querySelector('.pswp__button--motion');
      if (!button) return requestAnimationFrame(press);
      button.click();
      done(document.querySelector('.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)') === null);
    };
    press();
  }));
  assert.ok(early, 'the button was pressed while the view opened');
  await page.waitForFunction(() => document.querySelector('.movie.here')?.currentTime > 0);
  await page.waitForFunction(() => document.querySelector('.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)')?.naturalWidth);
  const [moving, resting] = await page.evaluate(() => ['.movie', '.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)']
    .map((selector) => JSON.stringify(document.querySelector(selector).getBoundingClientRect())));
  assert.equal(moving, resting, 'the movie lies on its picture');
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  // It ends by itself.
  await page.locator('.movie').waitFor({ state: 'detached' });
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  const { x, y, width, height } = await shown('img.pswp__img:not(.pswp__img--placeholder)').boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.locator('.movie.here').waitFor();
  await page.mouse.up();
  await page.locator('.movie').waitFor({ state: 'detached' });
  assert.ok(await page.locator('.pswp--open').isVisible(), 'letting go is no click');
  await close();
});

await step('an animation runs, unless little motion is wanted', page, async () => {
  const source = () => shown('img.pswp__img:not(.pswp__img--placeholder)').evaluate((image) => image.currentSrc || image.src);
  await openPhoto('figure[data-animation]');
  await page.waitForFunction(() => document.querySelector('.pswp__item[aria-hidden="false"] img[src$=".gif"]'));
  assert.match(await source(), /\.gif$/);
  await close();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openPhoto('figure[data-animation]');
  assert.match(await source(), /\/pics\//);
  await page.getByRole('button', { name: 'Play the movement' }).click();
  assert.match(await source(), /\.gif$/);
  await close();
  await page.emulateMedia({ reducedMotion: 'no-preference' });
});

await step('the album as one file holds both halves of a Live Photo', page, async () => {
  // As on an iPad: nothing that writes to files, no service worker.
  const pad = await visitor({ serviceWorkers: 'block', storageState: await context.storageState() });
  const other = pad.page;
  await other.addInitScript(() => delete window.showSaveFilePicker);
  await other.goto(films);
  const [download] = await Promise.all([
    other.waitForEvent('download'),
    other.getByRole('button', { name: 'Download all' }).click(),
  ]);
  const names = (await readFile(await download.path())).toString('latin1');
  for (const name of ['film.mp4', 'IMG_1.JPG', 'IMG_1.MOV', 'moving.gif']) assert.ok(names.includes(name), name);
  assert.match(await other.locator('.told').innerText(), /\d MB/);
  await pad.context.close();
});

await step('on paper an album is a contact sheet', page, async () => {
  await page.goto(films);
  await page.emulateMedia({ media: 'print' });
  for (const chrome of ['.top', '.foot', '.along', '.mark']) assert.equal(await page.locator(chrome).first().isVisible(), false, chrome);
  assert.equal(await page.locator('figcaption .caption').first().isVisible(), true);
  assert.equal(await page.locator('figcaption .original').first().isVisible(), false);
  await screenshot(page, 'paper', { fullPage: true });
  await page.emulateMedia({ media: 'screen' });
  // The button has everything there before it asks the printer.
  await page.goto(`${GALLERY}${LONG}`);
  await page.evaluate(() => (window.print = () => (window.printed = document.querySelectorAll('figure').length)));
  await page.getByRole('button', { name: 'Print' }).click();
  await page.waitForFunction(() => window.printed);
  assert.equal(await page.evaluate(() => window.printed), 130);
});

await step('a long album comes as one scrolls', page, async () => {
  await page.goto(`${GALLERY}${LONG}`);
  const first = await page.locator('figure').count();
  assert.ok(first < 130, `${first} at first`);
  for (let tries = 0; tries < 60 && await page.locator('figure').count() < 130; tries += 1) {
    await page.mouse.wheel(0, 4_000);
    await page.waitForTimeout(100);
  }
  assert.equal(await page.locator('figure').count(), 130);
});

await step('written from right to left nothing sticks out', page, async () => {
  for (const [name, path] of [['home', '/'], ['album', FILMS]]) {
    for (const [width, height] of [[390, 844], [1440, 900]]) {
      await page.setViewportSize({ width, height });
      await page.goto(`${GALLERY}${path}`);
      await page.evaluate(() => (document.documentElement.dir = 'rtl'));
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${path} is ${over} pixels too wide at ${width}`);
      const brand = await page.locator('.brand:visible, .crumbs').first().boundingBox();
      assert.ok(brand.x + brand.width > width / 2, 'it begins at the right');
      const [first, last] = await page.locator('.along button').evaluateAll((all) => [all[0], all.at(-1)].map((button) => button?.getBoundingClientRect().toJSON()));
      if (first && width > 700) assert.ok(first.right > last.right, 'the first button is at the right of the second');
      await screenshot(page, `${name}-rtl-${width}`);
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
});

await step('buttons stand on the line that the photos end on', page, async () => {
  await page.goto(films);
  for (const width of [390, 820, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const [left, right, main] = await page.evaluate(() => {
      const edges = (selector) => [...document.querySelectorAll(selector)].map((element) => element.getBoundingClientRect());
      const buttons = edges('.along button');
      const { left, right } = edges('.title')[0];
      return [buttons[0].left, buttons.at(-1).right, { left, right }];
    });
    if (width < 700) assert.equal(left, main.left);
    else assert.equal(right, main.right);
  }
});

await step('who wants more contrast gets it', page, async () => {
  await page.emulateMedia({ contrast: 'more' });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, contrast: 'more' });
    await page.goto(films);
    const [soft, paper] = await page.evaluate(() => [getComputedStyle(document.querySelector('.title .facts')).color, getComputedStyle(document.body).backgroundColor]);
    assert.deepEqual([soft, paper], colorScheme === 'light' ? ['rgb(0, 0, 0)', 'rgb(255, 255, 255)'] : ['rgb(255, 255, 255)', 'rgb(0, 0, 0)']);
    assert.deepEqual(await findings(page), []);
    await screenshot(page, `album-contrast-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light', contrast: 'no-preference' });
});

await step('without a script everything can be reached', page, async () => {
  const plain = await visitor({ javaScriptEnabled: false, storageState: await context.storageState() });
  await plain.page.goto(films);
  assert.equal(await plain.page.locator('figure.film a.open').getAttribute('href'), `${FILMS.replace('/albums/', '/originals/')}film.mp4`);
  assert.equal(await plain.page.locator('.along').isVisible(), false, 'what needs a script is not offered');
  await plain.page.goto(`${GALLERY}${LONG}`);
  const before = await plain.page.locator('figure').first().getAttribute('id');
  await plain.page.getByRole('link', { name: 'More photos' }).click();
  assert.notEqual(await plain.page.locator('figure').first().getAttribute('id'), before);
  await plain.context.close();
});

await step('pages are light and hold still', page, async () => {
  for (const path of ['/auth/login', '/', FILMS, LONG]) {
    const { bytes, scripts, shifted } = await cost(path, path.startsWith('/auth/') ? undefined : await context.storageState());
    console.log(`   ${path}: ${bytes} bytes, of which scripts ${scripts}`);
    assert.ok(bytes <= 150_000, `${path} takes ${bytes} bytes`);
    assert.ok(scripts <= 30_000, `${path} takes ${scripts} bytes of scripts`);
    assert.deepEqual(shifted, [], path);
  }
});

await step('a page that comes bit by bit holds still, too', page, async () => {
  const slow = await trickle(300, 20);
  const moved = [];
  for (const viewport of [{ width: 390, height: 844 }, { width: 1440, height: 900 }]) {
    for (const path of ['/auth/login', '/', FILMS, '/albums/Family/', '/timeline/', '/search/', '/albums/not-here/']) {
      const storageState = path.startsWith('/auth/') ? undefined : await context.storageState();
      const reader = await visitor({ storageState, viewport });
      await watchShifts(reader.page);
      await reader.page.goto(`${slow.address}${path}`, { waitUntil: 'networkidle' });
      const shifted = await reader.page.evaluate(() => window.shifted);
      moved.push(...shifted.map((shift) => `${path}, ${viewport.width} pixels across: ${shift}`));
      await reader.context.close();
    }
  }
  slow.close();
  assert.deepEqual(moved, []);
});

await step('nothing moves when a page is put into the reader’s language', page, async () => {
  for (const locale of ['de-AT', 'ja-JP']) {
    for (const path of ['/', FILMS, LONG]) {
      const { shifted } = await cost(path, await context.storageState(), { locale });
      assert.deepEqual(shifted, [], `${locale}: ${path}`);
    }
  }
});

await step('nothing complained in the console', page, async () => {
  assert.deepEqual(complaints.filter((text) => !/40[149]|410/.test(text)), []);
});

await browser.close();
