// An album as one file: how far it is, stopping it, what goes wrong; in a browser that writes to files, and in one that only
// downloads, as those on iOS.
//
// Settings beside those of stage.mjs: FILMS (the path of an album with a description).
import { readFile } from 'node:fs/promises';
import { GALLERY, assert, browser, signIn, step, visitor } from './stage.mjs';

const films = `${GALLERY}${process.env.FILMS}`;
const first = await visitor();
await signIn(first.page);
const storageState = await first.context.storageState();

/** As on an iPad: nothing that writes to files, no service worker. */
const { page } = await visitor({ serviceWorkers: 'block', storageState });
await page.addInitScript(() => delete window.showSaveFilePicker);
const all = page.getByRole('button', { name: 'Download all' });
const stop = page.getByRole('button', { name: 'Stop' });
const told = page.locator('.told');
const downloads = [];
page.on('download', (download) => downloads.push(download));

// Slow enough that somebody can change their mind.
const line = await page.context().newCDPSession(page);
await line.send('Network.enable');
const atMost = (bytes) => line.send('Network.emulateNetworkConditions',
  { offline: false, latency: 0, downloadThroughput: bytes, uploadThroughput: -1 });

await step('how far it is, is told within a file, too', page, async () => {
  await page.goto(films);
  await atMost(3_000_000);
  await all.click();
  const seen = new Set();
  await page.waitForFunction(() => /^[1-9][\d.]* MB \/ [\d.]+ MB$/.test(document.querySelector('.told').textContent));
  for (let looks = 0; seen.size < 3 && looks < 100; looks += 1) {
    seen.add(await told.textContent());
    await page.waitForTimeout(100);
  }
  // The film alone is nearly all of it.
  assert.ok(seen.size >= 3, [...seen].join(', '));
});

await step('it can be stopped, and nothing is saved', page, async () => {
  await stop.click();
  await all.waitFor();
  assert.equal(await told.textContent(), '');
  await page.waitForTimeout(300);
  assert.equal(downloads.length, 0);
  await atMost(-1);
});

/** How many files are in a zip: its end of central directory (APPNOTE.TXT, 4.3.16) says so. */
const files = async (download) => {
  const bytes = await readFile(await download.path());
  return bytes.readUInt16LE(bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1')) + 10);
};

await step('what is not there is left out and told, and it can be tried again', page, async () => {
  for (const status of [404, 503]) {
    await page.route('**/originals/**/moving.gif', (route) => route.fulfill({ status }));
    const [download] = await Promise.all([page.waitForEvent('download'), all.click()]);
    assert.equal(await files(download), 4);
    await page.getByText(/^4 photos saved, \d/).waitFor();
    assert.equal(await page.locator('.left-out').textContent(), 'Left out, because they did not come: moving.gif');
    await page.unroute('**/originals/**/moving.gif');
  }
  await page.route('**/originals/**', (route) => route.fulfill({ status: 404 }));
  await all.click();
  await page.getByText('The download did not work. Please try again.').waitFor();
  await page.unroute('**/originals/**');
  assert.equal(downloads.length, 2);
  const [download] = await Promise.all([page.waitForEvent('download'), all.click()]);
  assert.equal(await files(download), 5);
  assert.equal(download.suggestedFilename(), 'Films.zip');
  await page.getByText(/^5 photos saved, \d/).waitFor();
  assert.equal(await page.locator('.left-out').textContent(), '');
});

await step('what is told covers no word of the album, and the buttons keep their place', page, async () => {
  await page.setViewportSize({ width: 820, height: 900 });
  const missing = (url) => url.pathname.startsWith('/originals/') && !url.pathname.endsWith('/moving.gif');
  const place = async () => Object.values(await page.getByRole('button', { name: 'Print' }).boundingBox()).map(Math.round);
  const before = await place();
  await page.route(missing, (route) => route.fulfill({ status: 404 }));
  await Promise.all([page.waitForEvent('download'), all.click()]);
  await page.getByText(/^1 photo saved, \d/).waitFor();
  await all.waitFor();
  const [words, beside] = await page.evaluate(() => ['.told', '.title > :not(.along)'].map((selector) =>
    [...document.querySelectorAll(selector)].flatMap((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return [...range.getClientRects()].map((at) => at.toJSON());
    })));
  assert.ok(words.length > 0 && beside.length > 0);
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  for (const word of words) assert.ok(!beside.some((other) => meet(word, other)), JSON.stringify([word, beside]));
  const [title, names] = [await page.locator('.title').boundingBox(), page.locator('.left-out')];
  for (const name of ['film.mp4', 'IMG_1.JPG', 'IMG_1.MOV', 'large.jpg']) assert.ok((await names.textContent()).includes(name), name);
  assert.ok((await names.boundingBox()).y >= title.y + title.height);
  assert.deepEqual(await place(), before);
  await page.unroute(missing);
  await page.setViewportSize({ width: 1440, height: 900 });
});

/** Breaks the line somewhere in the second chunk of the film. `window.tried` counts what is asked for from then on, in vain until
 *  `window.mend()`. */
const breakOff = () => page.evaluate(() => {
  const real = window.fetch;
  delete window.tried;
  window.mend = () => (window.fetch = real);
  window.fetch = async (address, options) => {
    const answer = await real(address, options);
    if (!String(address).endsWith('/film.mp4')) return answer;
    const reader = answer.body.getReader();
    let chunks = 0;
    const body = new ReadableStream({
      pull: async (into) => {
        if ((chunks += 1) === 1) return into.enqueue((await reader.read()).value);
        void reader.cancel();
        window.tried = 0;
        window.fetch = async () => {
          window.tried += 1;
          throw new TypeError('network error');
        };
        into.error(new TypeError('network error'));
      },
    }, { highWaterMark: 0 });
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
});

/** Mends it, and the browser says that there is a network. */
const mend = () => page.evaluate(() => {
  window.mend();
  delete navigator.onLine;
  dispatchEvent(new Event('online'));
});

await step('what breaks off goes on where it was, even when it takes a while', page, async () => {
  const ranges = [];
  const note = (request) => request.headers()['range'] && ranges.push(request.headers()['range']);
  page.on('request', note);
  await breakOff();
  const mended = async () => {
    // As often as a photo is asked for that was not begun.
    await page.waitForFunction(() => window.tried >= 3);
    await mend();
  };
  const [download] = await Promise.all([page.waitForEvent('download'), all.click(), mended()]);
  page.off('request', note);
  assert.equal(await files(download), 5);
  assert.ok(ranges.some((range) => /^bytes=[1-9]\d*-$/.test(range)), ranges.join(' '));
  await page.getByText(/^5 photos saved, 3\d\.\d MB$/).waitFor();
});

await step('while there is no network nothing is tried, and it can be stopped at once', page, async () => {
  const begin = async () => {
    await breakOff();
    await page.evaluate(() => Object.defineProperty(navigator, 'onLine', { value: false, configurable: true }));
    await all.click();
    await page.waitForFunction(() => window.tried === 0);
  };
  await begin();
  // Longer than all tries took that there once were.
  await page.waitForTimeout(6_000);
  assert.equal(await page.evaluate(() => window.tried), 0);
  await stop.click();
  await all.waitFor({ timeout: 1_000 });
  assert.equal(await told.textContent(), '');
  await mend();
  await begin();
  const [download] = await Promise.all([page.waitForEvent('download'), mend()]);
  assert.equal(await files(download), 5);
});

await step('a browser that writes to files writes as it comes, and leaves nothing when it is stopped', page, async () => {
  const { page: desk, context } = await visitor({ storageState });
  await desk.addInitScript(() => {
    window.written = 0;
    window.ended = '';
    window.showSaveFilePicker = async () => ({
      createWritable: async () => new WritableStream({
        write: (chunk) => void (window.written += chunk.byteLength),
        close: () => void (window.ended = 'closed'),
        abort: () => void (window.ended = 'thrown away'),
      }),
    });
  });
  await desk.goto(films);
  const slow = await context.newCDPSession(desk);
  await slow.send('Network.enable');
  await slow.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: 3_000_000, uploadThroughput: -1 });
  await desk.getByRole('button', { name: 'Download all' }).click();
  await desk.waitForFunction(() => window.written > 100_000);
  await desk.getByRole('button', { name: 'Stop' }).click();
  await desk.waitForFunction(() => window.ended === 'thrown away');
  await slow.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await desk.getByRole('button', { name: 'Download all' }).click();
  await desk.waitForFunction(() => window.ended === 'closed');
  assert.ok(await desk.evaluate(() => window.written) > 30_000_000);
  await context.close();
});

await browser.close();
