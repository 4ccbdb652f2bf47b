// What is written from right to left, in pages that are written from left to right: it must not turn around what stands
// beside it.
//
// Settings beside those of stage.mjs: ALBUM (a path), WORD (of its title).
import { GALLERY, assert, browser, findings, screenshot, signIn, step, visitor } from './stage.mjs';

const { ALBUM, WORD } = process.env;
const { page } = await visitor();

/** Texts from right to left that share what keeps texts apart with others; and how many there are in all. */
const shared = () => page.evaluate(() => {
  const fromTheRight = /[\u0590-\u08ff]/;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = { all: 0, mixed: [] };
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (!fromTheRight.test(text.data)) continue;
    found.all += 1;
    let around = text.parentElement;
    while (!/isolate|plaintext/.test(getComputedStyle(around).unicodeBidi) && around !== document.body) around = around.parentElement;
    // A paragraph of the owner's own is written as they wrote it.
    if (around.textContent.trim() !== text.data.trim()) found.mixed.push(around.outerHTML.slice(0, 200));
  }
  return found;
});

/** Holds what is on the page now. */
async function holds(atLeast) {
  const { all, mixed } = await shared();
  assert.deepEqual(mixed, []);
  assert.ok(all >= atLeast, `${all} texts`);
}

await step('the album: title, comments, breadcrumbs, captions, the window’s title', page, async () => {
  await signIn(page);
  await page.goto(`${GALLERY}${ALBUM}`);
  await holds(6);
  assert.match(await page.title(), /^\u2068[^\u2069]+\u2069 · Heirloom$/);
  const labels = await page.locator('a.original').evaluateAll((all) => all.map((link) => link.getAttribute('aria-label')));
  for (const label of labels) assert.match(label, /^Download the original of \u2068[^\u2069]+\u2069$/);
  // Each paragraph begins on its own side.
  const [first, second] = await page.locator('.title .text p').evaluateAll((all) => all.map((paragraph) => {
    const range = document.createRange();
    range.selectNodeContents(paragraph);
    const [text, box] = [range.getBoundingClientRect(), paragraph.getBoundingClientRect()];
    return { left: text.left - box.left, right: box.right - text.right };
  }));
  assert.ok(first.right < 2 && first.left > 2 && second.left < 2, JSON.stringify([first, second]));
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    await page.setViewportSize({ width, height });
    await screenshot(page, `from-the-right-${width}`);
  }
});

await step('the photo: caption, date and facts', page, async () => {
  await page.locator('figure a.open').first().click();
  await page.locator('.pswp--open.pswp--ui-visible').waitFor();
  await page.getByRole('button', { name: 'About this photo' }).click();
  for (const number of ['1', '2']) {
    // A key that is pressed while the view still opens does nothing.
    for (let tries = 0; tries < 40 && !(await page.locator('.pswp__counter').textContent()).startsWith(number); tries += 1) {
      await page.keyboard.press('ArrowRight');
      await page.waitForTimeout(250);
    }
    await holds(7);
    // The size is written after the file's name, wherever that begins.
    const boxes = await page.locator('.more-facts bdi').evaluateAll((all) => all.map((part) => part.getBoundingClientRect().left));
    assert.ok(boxes.length >= 2 && boxes.every((left, i) => i === 0 || left > boxes[i - 1]), JSON.stringify(boxes));
    await screenshot(page, `from-the-right-photo-${number}`);
  }
});

await step('the lists: home’s and the collection’s albums, the timeline', page, async () => {
  await page.goto(`${GALLERY}/albums/Family/`);
  await holds(1);
  await page.goto(`${GALLERY}/`);
  await shared().then(({ mixed }) => assert.deepEqual(mixed, []));
  await page.goto(`${GALLERY}/timeline/`);
  await shared().then(({ mixed }) => assert.deepEqual(mixed, []));
});

await step('what is found', page, async () => {
  await page.goto(`${GALLERY}/search/?q=${encodeURIComponent(WORD)}`);
  await page.locator('.results .card').first().waitFor();
  await holds(1);
  await screenshot(page, 'from-the-right-found');
});

await step('and axe finds nothing', page, async () => {
  await page.goto(`${GALLERY}${ALBUM}`);
  assert.deepEqual(await findings(page), []);
});

await browser.close();
