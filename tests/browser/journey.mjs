// One visit in a browser: sign in, look around, open a photo, leaf through, sign out, press back.
//
// Settings besides those of stage.mjs: ALBUM (the title of an album with at least three photos), AGED_SESSION (a token that
// was looked at half an hour ago).
import { readFile } from 'node:fs/promises';
import { GALLERY, NAME, PASSWORD, assert, browser, portraits as portraitsOf, screenshot, step as stepOn, visitor } from './stage.mjs';

const { ALBUM, AGED_SESSION } = process.env;
const { context, page, complaints } = await visitor();
const step = (name, action) => stepOn(name, page, action);
const portraits = (name) => portraitsOf(page, name);

/** Does something again and again, a few times a second, until it succeeds. */
async function untilTrue(attempt) {
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((done) => setTimeout(done, 250))) {
    if (await attempt()) return;
  }
  throw new Error('it never came true');
}

const open = page.locator('.pswp--open');
const shown = () => page.evaluate(() => location.hash);

await step('a stranger is led to the login page', async () => {
  await page.goto(`${GALLERY}/`);
  assert.match(page.url(), /\/auth\/login\?next=%2F$/);
  assert.equal(await page.locator('img').count(), 0);
  await portraits('login');
});

await step('a wrong password is told', async () => {
  await page.getByLabel(/name/i).first().fill(NAME);
  await page.getByLabel(/password/i).first().fill('this is not the password');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await portraits('login-refused');
});

await step('the right one leads home', async () => {
  await page.getByLabel(/name/i).first().fill(NAME);
  await page.getByLabel(/password/i).first().fill(PASSWORD);
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.waitForURL(`${GALLERY}/`);
  await portraits('home');
});

await step('an album opens', async () => {
  await page.getByRole('link', { name: new RegExp(ALBUM) }).first().click();
  await page.waitForURL(/\/albums\//);
  assert.ok(await page.locator('main img').count() >= 3);
  await portraits('album');
});

const album = page.url();

await step('a photo opens full screen', async () => {
  await page.locator('a[href^="/pics/"]').first().click();
  await open.waitFor();
  await page.waitForFunction(() => location.hash.length > 1);
  // The picture is there, and the opening has ended.
  await page.waitForFunction(() => {
    const pictures = [...document.querySelectorAll('.pswp__item img.pswp__img')];
    const opaque = getComputedStyle(document.querySelector('.pswp__bg')).opacity;
    return pictures.some((picture) => picture.naturalWidth > 0) && Number(opaque) > 0.95;
  });
  await portraits('photo');
});

await step('the arrow keys leaf through', async () => {
  const first = await shown();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((before) => location.hash !== before, first);
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction((before) => location.hash === before, first);
});

await step('who cannot see it hears what is shown', async () => {
  const view = page.getByRole('dialog');
  assert.equal(await view.getAttribute('aria-modal'), 'true');
  assert.match(await view.getAttribute('aria-label'), new RegExp(ALBUM));
  assert.match(await page.locator('.pswp__words[aria-live]').innerText(), /Photo 1 of \d+/);
  const nameless = await view.locator('button:visible, a:visible').evaluateAll((controls) =>
    controls.filter((control) => !(control.getAttribute('aria-label') || control.title || control.textContent.trim())));
  assert.equal(nameless.length, 0);
});

await step('the camera and the file are told on request', async () => {
  const facts = page.locator('.more-facts');
  assert.equal(await facts.isVisible(), false);
  await page.getByRole('button', { name: 'About this photo' }).click();
  await facts.waitFor();
  assert.match(await facts.innerText(), /\.jpg · [\d.]+ MB/);
  await page.getByRole('button', { name: 'About this photo' }).click();
});

await step('a slideshow goes on by itself until a key is pressed', async () => {
  const button = page.getByRole('button', { name: 'Slideshow' });
  const before = await shown();
  await button.click();
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  await page.waitForFunction((hash) => location.hash !== hash, before);
  await button.click();
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  await button.click();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  await page.waitForFunction((hash) => location.hash === hash, before);
});

await step('turning the phone while a photo opens leaves it in the middle', async () => {
  const other = await context.newPage();
  await other.setViewportSize({ width: 390, height: 844 });
  await other.goto(album);
  await other.locator('a[href^="/pics/"]').first().click();
  await other.locator('.pswp').waitFor();
  await other.setViewportSize({ width: 844, height: 390 });
  await other.waitForFunction(() => {
    const picture = document.querySelector('.pswp--open .pswp__item[aria-hidden="false"] img.pswp__img:not(.pswp__img--placeholder)');
    const { left, right, width } = picture?.getBoundingClientRect() ?? { width: 0 };
    return width > 0 && Math.abs(left + right - innerWidth) < 4;
  });
  await other.close();
});

await step('a link to a photo opens that photo', async () => {
  const link = page.url();
  const other = await context.newPage();
  await other.goto(link);
  await other.locator('.pswp--open').waitFor();
  assert.equal(other.url(), link);
  await other.close();
});

await step('escape closes it', async () => {
  await page.keyboard.press('Escape');
  await open.waitFor({ state: 'detached' });
  assert.equal(page.url().split('#')[0], album);
});

await step('a whole album comes as one file', async () => {
  const other = await context.newPage();
  // Where a browser can write to files it asks where to; a test cannot answer that.
  await other.addInitScript(() => delete window.showSaveFilePicker);
  await other.goto(album);
  const count = await other.locator('a.original').count();
  const [download] = await Promise.all([
    other.waitForEvent('download'),
    other.getByRole('button', { name: 'Download all' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /\.zip$/);
  const bytes = await readFile(await download.path());
  let entries = 0;
  for (let at = bytes.indexOf('PK\x01\x02'); at >= 0; at = bytes.indexOf('PK\x01\x02', at + 4)) entries += 1;
  assert.equal(entries, count);
  await other.close();
});

await step('albums with photos since the last visit are marked', async () => {
  const other = await context.newPage();
  await other.goto(`${GALLERY}/`);
  assert.equal(await other.locator('.news').count(), 0);
  await other.evaluate(() => localStorage.setItem('heirloom.seen', JSON.stringify({ since: 1, albums: {} })));
  await other.reload();
  await other.locator('.news').first().waitFor();
  const marked = await other.locator('.news').count();
  await other.goto(album);
  await other.goto(`${GALLERY}/`);
  await other.locator('.news').first().waitFor();
  assert.ok(await other.locator('.news').count() < marked);
  await screenshot(other, 'home-new');
  await other.close();
});

/** How each language calls signing out, how it counts photos, and the timeline in the window's title. */
const LANGUAGES = [
  ['en-GB', 'Sign out', /^\d+ photos$/, 'Timeline'],
  ['de-AT', 'Abmelden', /^\d+ Fotos$/, 'Zeitleiste'],
  ['fr-CH', 'Se déconnecter', /^\d+ photos$/, 'Chronologie'],
  ['es-MX', 'Cerrar sesión', /^\d+ fotos$/, 'Cronología'],
  ['it-IT', 'Esci', /^\d+ foto$/, 'Cronologia'],
  ['ja-JP', 'ログアウト', /^写真\d+枚$/, 'タイムライン'],
];

await step('readers get their own language', async () => {
  for (const [locale, leave, photos, timeline] of LANGUAGES) {
    const foreign = await browser.newContext({ locale, storageState: await context.storageState() });
    const read = await foreign.newPage();
    await read.goto(album);
    await read.getByRole('button', { name: leave }).waitFor();
    assert.equal(await read.locator('html').getAttribute('lang'), locale.slice(0, 2));
    assert.match(await read.locator('.title .facts [data-t=n_photos]').innerText(), photos);
    const taken = new Intl.DateTimeFormat(locale.slice(0, 2), { month: 'long', timeZone: 'UTC' });
    const first = await read.locator('.title .facts time').getAttribute('datetime');
    assert.ok((await read.locator('.title .facts time').innerText()).includes(taken.format(new Date(first))), locale);
    await read.goto(`${GALLERY}/timeline/`);
    await read.waitForFunction((title) => document.title.split(' · ')[0] === title, timeline);
    await foreign.close();
  }
});

await step('a finger leafs through on a phone', async () => {
  const phone = await browser.newContext({
    viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, storageState: await context.storageState(),
  });
  const touched = await phone.newPage();
  await touched.goto(album);
  await touched.locator('a[href^="/pics/"]').first().tap();
  await touched.locator('.pswp--open').waitFor();
  await touched.waitForFunction(() => location.hash.length > 1);
  const before = await touched.evaluate(() => location.hash);
  const session = await phone.newCDPSession(touched);
  const touch = (type, x) => session.send('Input.dispatchTouchEvent', {
    type, touchPoints: type === 'touchEnd' ? [] : [{ x, y: 420 }],
  });
  const swipe = async () => {
    await touch('touchStart', 340);
    for (let x = 330; x >= 60; x -= 10) await touch('touchMove', x);
    await touch('touchEnd', 0);
  };
  // A photo that is still opening does not follow the finger; a person would swipe again, too.
  await untilTrue(async () => {
    await swipe();
    return touched.evaluate((hash) => location.hash !== hash, before);
  });
  await screenshot(touched, 'photo-swiped-phone');
  await phone.close();
});

await step('the pages work without JavaScript', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
  const simple = await plain.newPage();
  await simple.goto(album);
  await simple.locator('a[href^="/pics/"]').first().click();
  await simple.waitForURL(/\/pics\/.*\.jpg$/);
  await plain.close();
});

await step('what is not there is told kindly', async () => {
  const answer = await page.goto(`${GALLERY}/albums/nothing-here/`);
  assert.equal(answer.status(), 404);
  await portraits('missing');
  await page.goto(album);
});

await step('a page that stayed open for half an hour goes on', async () => {
  const home = new URL('/', GALLERY).href;
  await page.goto(home);
  await page.getByRole('link', { name: new RegExp(ALBUM) }).first().click();
  await page.waitForSelector('.grid img');
  const [cookie] = (await context.cookies()).filter(({ name }) => name === '__Host-session');
  await context.addCookies([{ ...cookie, value: AGED_SESSION }]);
  const refused = [];
  const note = (response) => response.status() === 401 && refused.push(response.url());
  page.on('response', note);
  // A picture that the browser does not have yet, as one more that scrolls into view.
  const width = await page.evaluate(async () => {
    const [first] = document.querySelectorAll('.grid img');
    const picture = new Image();
    const shown = new Promise((done) => picture.addEventListener('load', done));
    picture.src = `${first.currentSrc || first.src}?again`;
    document.body.append(picture);
    await shown;
    picture.remove();
    return picture.naturalWidth;
  });
  page.off('response', note);
  assert.ok(width > 0);
  assert.equal(refused.length, 1, `refused: ${refused}`);
  const [renewed] = (await context.cookies()).filter(({ name }) => name === '__Host-session');
  assert.notEqual(renewed.value, AGED_SESSION);
});

await step('signing out leads back to the login page', async () => {
  await page.getByRole('button', { name: /sign out/i }).click();
  await page.waitForURL(/\/auth\/login/);
});

await step('the back button shows nothing', async () => {
  await page.goBack();
  await page.waitForURL(/\/auth\/login/);
  assert.equal(await page.locator('img').count(), 0);
  assert.doesNotMatch(await page.locator('body').innerText(), new RegExp(ALBUM));
  await screenshot(page, 'signed-out-and-back');
});

await step('nothing complained in the console', async () => {
  assert.deepEqual(complaints.filter((text) => !/40[14]/.test(text)), []);
});

await browser.close();
