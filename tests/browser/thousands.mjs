// An album of thousands beside one of fifty: what opening it costs, what scrolling to its end does, and the way through it
// without a script.
//
// Settings besides those of stage.mjs: FEW and MANY (the paths of the two albums), PHOTOS (how many the long one has), PAINTED
// (the path of an album of fifty photos of 12 megapixels).
import { GALLERY, assert, browser, cost, screenshot, signIn, step, trickle, visitor, watchShifts } from './stage.mjs';

const { FEW, MANY, PAINTED } = process.env;
const PHOTOS = Number(process.env.PHOTOS);
const { context, page, complaints } = await visitor();
await signIn(page);
const signedIn = await context.storageState();

await step('the first view of thousands costs what that of fifty costs', page, async () => {
  const few = await cost(FEW, signedIn);
  const many = await cost(MANY, signedIn);
  console.log(`   fifty: ${few.bytes} bytes; ${PHOTOS}: ${many.bytes} bytes`);
  assert.ok(many.bytes <= 150_000, `${many.bytes} bytes`);
  // What it has more is the rest of its first page, and where its other pages are.
  assert.ok(many.bytes <= few.bytes + 25_000, `${many.bytes} bytes, and ${few.bytes} for fifty`);
  assert.deepEqual([few.shifted, many.shifted], [[], []]);
});

await step('a page that comes bit by bit shows its photos meanwhile, and none of them moves', page, async () => {
  const slow = await trickle(900, 25);
  for (const viewport of [{ width: 390, height: 844 }, { width: 820, height: 1180 }, { width: 1440, height: 900 }]) {
    const reader = await visitor({ storageState: signedIn, viewport });
    await watchShifts(reader.page);
    await reader.page.addInitScript(() => {
      window.meanwhile = 0;
      const look = () => {
        if (document.readyState !== 'loading') return;
        const seen = [...document.querySelectorAll('figure')].filter((figure) => getComputedStyle(figure).visibility === 'visible');
        window.meanwhile = Math.max(window.meanwhile, seen.length);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await reader.page.goto(`${slow.address}${MANY}`, { waitUntil: 'networkidle' });
    assert.deepEqual(await reader.page.evaluate(() => window.shifted), [], `${viewport.width} pixels across`);
    assert.ok(await reader.page.evaluate(() => window.meanwhile) > 5, `${viewport.width} pixels across`);
    const hidden = reader.page.locator('figure').evaluateAll((all) => all.filter((one) => getComputedStyle(one).visibility !== 'visible').length);
    assert.equal(await hidden, 0);
    await reader.context.close();
  }
  slow.close();
});

await step('the first view of fifty photos as cameras make them is light on every phone', page, async () => {
  for (const deviceScaleFactor of [1, 1.75, 2, 3]) {
    const { bytes, scripts, shifted } = await cost(PAINTED, signedIn, { deviceScaleFactor });
    console.log(`   ${deviceScaleFactor} pixels for one: ${bytes} bytes`);
    assert.ok(bytes <= 150_000, `${bytes} bytes at ${deviceScaleFactor}`);
    assert.ok(scripts <= 30_000, `${scripts} bytes of scripts`);
    assert.deepEqual(shifted, []);
  }
});

await step('the rest of an album waits for somebody to move', page, async () => {
  const asked = [];
  const note = (request) => /\/~/.test(request.url()) && asked.push(request.url());
  page.on('request', note);
  await page.goto(`${GALLERY}${FEW}`, { waitUntil: 'networkidle' });
  const first = await page.locator('figure').count();
  assert.ok(first < 50 && (await page.locator('nav.chunks').boundingBox()).y > 900, `${first} are the screenful`);
  assert.deepEqual(asked, []);
  await page.mouse.wheel(0, 100);
  await page.waitForFunction(() => document.querySelectorAll('figure').length === 50);
  page.off('request', note);
});

await step('no more pictures are asked for than come near', page, async () => {
  const asked = new Set();
  const note = (request) => /\/pics\//.test(request.url()) && asked.add(request.url());
  page.on('request', note);
  await page.goto(`${GALLERY}${MANY}`, { waitUntil: 'networkidle' });
  page.off('request', note);
  assert.ok(asked.size < 60, `${asked.size} pictures`);
});

await step('scrolling to the end brings every photo, and nothing moves by itself', page, async () => {
  const scroller = await visitor({ storageState: signedIn, viewport: { width: 390, height: 844 } });
  const { page } = scroller;
  await watchShifts(page);
  await page.goto(`${GALLERY}${MANY}`);
  const memory = await scroller.context.newCDPSession(page);
  await memory.send('Performance.enable');
  const count = () => page.locator('figure').count();
  const first = await count();
  assert.ok(first <= 60, `${first} at first`);
  // As fast as chunks come, what is not there yet is waited for: nobody sees anything move. A frame in which a chunk joins
  // is not scrolled, too: the browser would count from where the end stood before both.
  const walked = await page.evaluate((wanted) => new Promise((done) => {
    const end = Date.now() + 60_000;
    let before = 0;
    const on = () => {
      const near = (document.querySelector('nav.chunks')?.getBoundingClientRect().top ?? Infinity) < innerHeight + 800;
      const there = document.querySelectorAll('figure').length;
      if (!near && there === before) scrollBy({ top: 500, behavior: 'instant' });
      before = there;
      if (there >= wanted || Date.now() > end) done(there >= wanted);
      else requestAnimationFrame(on);
    };
    on();
  }), 600);
  assert.ok(walked, `${await count()} came`);
  assert.deepEqual(await page.evaluate(() => window.shifted), []);
  // And as one who pulls the bar down, faster than chunks come.
  const far = await page.evaluate((wanted) => new Promise((done) => {
    const end = Date.now() + 150_000;
    const on = () => {
      scrollBy({ top: 5000, behavior: 'instant' });
      const there = document.querySelectorAll('figure').length >= wanted && scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
      if (there || Date.now() > end) done(there);
      else setTimeout(on, 30);
    };
    on();
  }), PHOTOS);
  assert.ok(far, `${await count()} of ${PHOTOS} came`);
  assert.equal(await count(), PHOTOS);
  assert.equal(await page.evaluate(() => new Set([...document.querySelectorAll('figure')].map(({ id }) => id)).size), PHOTOS);
  assert.equal(await page.locator('nav.chunks').count(), 0);
  const { metrics } = await memory.send('Performance.getMetrics');
  const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize').value;
  console.log(`   ${PHOTOS} photos: ${(heap / 1e6).toFixed(0)} MB of script memory`);
  assert.ok(heap < 150e6, `${heap} bytes of script memory`);
  await screenshot(page, 'thousands-end');
  await scroller.context.close();
});

await step('the last photo opens by its own link', page, async () => {
  const chunk = await page.locator('.grid').evaluate((grid) => grid.dataset.chunks.split(' ').at(-1));
  await page.goto(`${GALLERY}${MANY}${chunk}/`);
  const id = (await page.locator('figure').last().getAttribute('id')).slice(2);
  await page.goto(`${GALLERY}${MANY}#${id}`);
  await page.locator('.pswp--open').waitFor();
  const count = PHOTOS.toLocaleString('en');
  assert.equal(await page.locator('.pswp__counter').innerText(), `${count} of ${count}`);
});

await step('what was put between the photos meanwhile is not left out', page, async () => {
  await page.goto(`${GALLERY}${MANY}`);
  // As the page knew its chunks before one of them was parted.
  const last = await page.locator('.grid').evaluate((grid) => {
    const names = grid.dataset.chunks.split(' ');
    grid.dataset.chunks = names.filter((_, at) => at !== 2).join(' ');
    return names.at(-1);
  });
  const answer = await page.request.get(`${GALLERY}${MANY}${last}/`, { headers: { accept: 'text/html' } });
  const [, id] = [...(await answer.text()).matchAll(/id="(p-[0-9a-f]{20})"/g)].at(-1);
  await page.evaluate((id) => (location.hash = id), id);
  await page.locator('.pswp--open').waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('figure').count(), PHOTOS);
});

await step('without a script, links lead through all of it', page, async () => {
  const plain = await visitor({ javaScriptEnabled: false, storageState: signedIn });
  await plain.page.goto(`${GALLERY}${MANY}`);
  const pages = await plain.page.locator('.chunks ol a').count();
  const seen = new Set();
  for (let page = 0; page <= pages; page += 1) {
    for (const id of await plain.page.locator('figure').evaluateAll((all) => all.map(({ id }) => id))) seen.add(id);
    const next = plain.page.locator('a[rel="next"]');
    if (await next.count() === 0) break;
    await plain.page.goto(GALLERY + await next.getAttribute('href'), { waitUntil: 'domcontentloaded' });
  }
  assert.equal(seen.size, PHOTOS);
  await plain.context.close();
});

await step('nothing complained in the console', page, async () => {
  assert.deepEqual(complaints, []);
});

await browser.close();
