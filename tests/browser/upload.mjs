// A camera roll dropped into the upload page, over a slow line that is cut twice.
//
// Settings come from the environment: GALLERY (address), NAME, PASSWORD, CHROMIUM (the browser), SCREENSHOTS (a folder),
// PHOTOS (a folder of files to drop, the first LARGE of them large), ALBUM (where they go), PHONE_ALBUM (where a phone's go).
// Prints a line a step, and in the end what the page told.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { chromium } from 'playwright-core';

const { GALLERY, NAME, PASSWORD, CHROMIUM, SCREENSHOTS, PHOTOS, LARGE, ALBUM, PHONE_ALBUM } = process.env;
const PATIENCE = 240_000;

await mkdir(SCREENSHOTS, { recursive: true });
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: { width: 820, height: 1180 } });
// The pauses before another try are a thousandth of what they are: whoever counted tries while there is no line would be through.
await context.addInitScript(() => {
  const after = globalThis.setTimeout;
  globalThis.setTimeout = (action, time, ...more) => after(action, time > 200 && time <= 30_000 ? time / 1000 : time, ...more);
});
const page = await context.newPage();
page.setDefaultTimeout(PATIENCE);
const complaints = [];
page.on('pageerror', (error) => complaints.push(String(error)));
page.on('console', (message) => {
  if (/Content Security Policy|CORS/i.test(message.text())) complaints.push(message.text());
});

/** Which files the bucket has taken, as far as the page was told. */
const taken = [];
page.on('response', (response) => {
  if (response.request().method() === 'PUT' && response.status() === 200) taken.push(new URL(response.url()).pathname);
});

async function step(name, action) {
  try {
    await action();
    console.log(`ok ${name}`);
  } catch (error) {
    await page.screenshot({ path: join(SCREENSHOTS, 'upload-failed.png') });
    console.error(`not ok ${name}\n${error.stack}\nat ${page.url()}\n${await page.textContent('#told').catch(() => '')}`);
    await browser.close();
    process.exit(1);
  }
}

const left = () => page.evaluate(() => Number(document.getElementById('told').dataset.left ?? -1));
const finished = () => page.waitForFunction(() => document.getElementById('told').dataset.left === '0');

/** Drops files as a person does from a file manager. */
async function dropAll(files) {
  const bytes = await Promise.all(
    files.map(async (file) => ({ name: basename(file), base64: (await readFile(join(PHOTOS, file))).toString('base64') })),
  );
  const transfer = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of files) {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: 'image/jpeg' }));
    }
    return transfer;
  }, bytes);
  await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer });
}

// The last ones are a HEIC, a film, and two that are both called image.jpg.
const files = (await readdir(PHOTOS, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(PHOTOS.length + 1)).sort();

await step('who is not signed in is sent to sign in, and back', async () => {
  await page.goto(`${GALLERY}/auth/upload`);
  await page.fill('#name', NAME);
  await page.fill('#password', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForURL(`${GALLERY}/auth/upload`);
  assert.ok((await page.$$eval('#albums option', (all) => all.map((one) => one.value))).includes('Family/Lake'));
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(SCREENSHOTS, `upload-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
});

await step('nothing is sent before an album is named, and nothing is forgotten', async () => {
  assert.equal(await left(), -1);
  await dropAll(['image.jpg']);
  assert.equal(await left(), 1);
  await page.waitForTimeout(300);
  assert.equal(await left(), 1);
  await page.fill('#album', ALBUM);
  await page.press('#album', 'Tab');
  await finished();
  assert.match(await page.textContent('#told'), /^1 file uploaded\./);
});

await step('a folder that cannot be read is told', async () => {
  await page.evaluate(() => {
    const broken = { isFile: false, name: 'DCIM', createReader: () => ({ readEntries: (_, failed) => failed(new Error('no')) }) };
    const event = new Event('drop', { cancelable: true });
    event.dataTransfer = { items: [{ webkitGetAsEntry: () => broken }], files: [] };
    dispatchEvent(event);
  });
  await page.waitForFunction(() => document.getElementById('problems').textContent.includes('DCIM: It could not be read.'));
});

await step('a slow line that is cut twice', async () => {
  const devtools = await context.newCDPSession(page);
  const line = (offline) => devtools.send('Network.emulateNetworkConditions', {
    offline, latency: 20, downloadThroughput: 1_000_000, uploadThroughput: 1_000_000,
  });
  await devtools.send('Network.enable');
  await line(false);
  await page.fill('#album', ALBUM);
  await dropAll(files);
  // Nearly all bytes are a few large files', so the line is cut in the middle of them.
  for (const share of [0.2, 0.6]) {
    await page.waitForFunction((least) => document.getElementById('bar').value > least, share);
    await line(true);
    await page.screenshot({ path: join(SCREENSHOTS, 'upload-cut.png') });
    // Longer than what was signed is good for.
    await new Promise((resolve) => setTimeout(resolve, 4500));
    assert.ok((await left()) > 0, 'it was cut before it was done');
    assert.equal(await page.isVisible('#again'), false, 'nobody is asked while there is no line');
    await line(false);
  }
  await finished();
  assert.equal(await page.isVisible('#again'), false, await page.textContent('#problems'));
  await page.screenshot({ path: join(SCREENSHOTS, 'upload-done.png') });
  const told = await page.textContent('#told');
  console.log(`told ${told}`);
  // One was there before; others are when the line was cut behind them, and the answer was lost.
  const [, uploaded, there] = told.match(/^(\d+) files uploaded, (\d+) files? there already\.$/) ?? assert.fail(told);
  assert.equal(Number(uploaded) + Number(there) - 1, files.length, told);
  assert.ok(Number(there) <= 1 + 2 * 3, `more answers were lost than files were on their way: ${told}`);
  // The one of before is among them, and none was taken twice.
  assert.ok(taken.length >= Number(uploaded) && taken.length <= files.length, `${taken.length} taken: ${told}`);
  assert.equal(new Set(taken).size, taken.length);
});

await step('a file that is too large is refused before it is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'heirloom-'));
  const huge = join(folder, 'film.mp4');
  await writeFile(huge, '');
  // Nothing but its length: it takes no room.
  await truncate(huge, 512 * 2 ** 20 + 1);
  await page.evaluate(() => {
    globalThis.digests = 0;
    const digest = crypto.subtle.digest.bind(crypto.subtle);
    crypto.subtle.digest = (...all) => {
      globalThis.digests += 1;
      return digest(...all);
    };
  });
  await page.setInputFiles('#files', huge);
  await page.waitForFunction(() => document.getElementById('problems').textContent.includes('film.mp4: It is larger than 512 MB'));
  await finished();
  assert.equal(await page.evaluate(() => globalThis.digests), 0);
  await rm(folder, { recursive: true });
});

await step('after a reload everything is there already', async () => {
  await page.reload();
  await page.fill('#album', ALBUM);
  const before = taken.length;
  await page.setInputFiles('#files', files.map((name) => join(PHOTOS, name)));
  await finished();
  const told = await page.textContent('#told');
  assert.match(told, /^0 files uploaded, /);
  assert.ok(told.includes(`${files.length} files there already`), told);
  assert.equal(taken.length, before);
});

await step('a phone sends from its camera roll over a line that is slower still', async () => {
  const phone = await browser.newContext({
    viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, storageState: await context.storageState(),
  });
  const there = await phone.newPage();
  there.setDefaultTimeout(PATIENCE);
  await there.goto(page.url());
  await there.fill('#album', PHONE_ALBUM);
  const devtools = await phone.newCDPSession(there);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false, latency: 300, downloadThroughput: 50_000, uploadThroughput: 25_000,
  });
  const some = files.filter((_, at) => at >= Number(LARGE)).slice(-24);
  const [roll] = await Promise.all([there.waitForEvent('filechooser'), there.tap('#drop')]);
  assert.ok(roll.isMultiple());
  await roll.setFiles(some.map((file) => join(PHOTOS, file)));
  await there.waitForFunction(() => document.getElementById('told').dataset.left === '0');
  assert.equal(await there.textContent('#told'), `${some.length} files uploaded.`);
  assert.equal(await there.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'it fits a phone');
  await there.screenshot({ path: join(SCREENSHOTS, 'upload-phone.png') });
  await phone.close();
});

await step('the page speaks the reader’s language, also of what goes wrong', async () => {
  const german = await browser.newContext({ locale: 'de-AT', storageState: await context.storageState() });
  const there = await german.newPage();
  await there.goto(page.url());
  assert.equal(await there.getAttribute('html', 'lang'), 'de');
  await there.fill('#album', ALBUM);
  await there.setInputFiles('#files', [{ name: 'notes.html', mimeType: 'text/html', buffer: Buffer.from('<p>') }]);
  await there.waitForFunction(() => document.getElementById('told').dataset.left === '0');
  assert.equal(await there.textContent('#told'), '0 Dateien hochgeladen, 1 Datei nicht hochgeladen.');
  assert.match(await there.textContent('#problems'), /^notes\.html: Sie ist weder ein Foto noch ein Video/);
  await there.screenshot({ path: join(SCREENSHOTS, 'upload-german.png') });
  await german.close();
});

await step('what is no photo is told', async () => {
  await page.reload();
  await page.fill('#album', ALBUM);
  await page.setInputFiles('#files', [{ name: 'notes.html', mimeType: 'text/html', buffer: Buffer.from('<p>') }]);
  await finished();
  assert.match(await page.textContent('#problems'), /notes\.html: It is neither a photo nor a video/);
  assert.deepEqual(complaints, []);
});

await step('pages show owners the way here', async () => {
  await page.goto(`${GALLERY}/`);
  await page.click('.leave a[href="/auth/upload"]');
  await page.waitForURL(`${GALLERY}/auth/upload`);
  assert.deepEqual(complaints, []);
});

await browser.close();
