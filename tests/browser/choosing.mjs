// The map where many albums were taken at one place, with a finger on a phone, and with keys. The places are made up here.
//
// Settings are those of stage.mjs. The gallery has a map.
import { GALLERY, assert, browser, signIn, step, visitor } from './stage.mjs';

const { context, page, complaints } = await visitor({
  viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, serviceWorkers: 'block',
});

/** Opens the map with these albums, each at one place in hundredths of a degree. */
const show = async (places) => {
  const albums = places.map(([north, east], n) =>
    ({ at: `/albums/Family/${n}/`, title: `Christmas at home, year ${n} of many`, spots: [[north, east, null, `${n}`]] }));
  await page.route('**/places.json', (route) => route.fulfill({ json: { albums } }));
  await page.goto(`${GALLERY}/map/`);
  await page.locator('.pin').first().waitFor();
  await page.waitForLoadState('networkidle');
};

await step('all albums of one place can be reached with a finger, and left alone', page, async () => {
  await signIn(page);
  await show(Array.from({ length: 20 }, () => [4756, 1293]));
  await page.locator('.pin').tap();
  const choice = page.locator('.choice');
  await choice.waitFor();
  assert.equal(await choice.locator('a').count(), 20);
  const map = await page.locator('.map').boundingBox();
  const first = await choice.locator('a').first().boundingBox();
  assert.ok(first.y >= map.y, `the first lies ${map.y - first.y} pixels above the map`);
  const { x, y, width, height } = await choice.boundingBox();
  assert.ok(y + height <= map.y + map.height);
  assert.ok(await choice.evaluate((list) => list.scrollHeight > list.clientHeight), 'twenty are more than the map is high');
  const finger = await context.newCDPSession(page);
  const touch = (type, up) => finger.send('Input.dispatchTouchEvent',
    { type, touchPoints: up === undefined ? [] : [{ x: Math.round(x + width / 2), y: Math.round(y + height / 2 - up) }] });
  await touch('touchStart', 0);
  for (let up = 20; up <= 200; up += 20) await touch('touchMove', up);
  await touch('touchEnd');
  await page.waitForFunction(() => document.querySelector('.choice').scrollTop > 0);
  // The sea beside them.
  await page.touchscreen.tap(map.x + map.width - 20, map.y + 20);
  await choice.waitFor({ state: 'detached' });
  await page.locator('.pin').tap();
  await choice.waitFor();
  await page.keyboard.press('Escape');
  await choice.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.id), 'map');
});

await step('whoever goes nearer with keys stays on a photo', page, async () => {
  // Two a degree apart, and one so far away that they are shown as one.
  await show([[4000, -50], [4000, 50], [3000, 14350]]);
  await page.locator('button.pin').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('.pin').length === 2 && !document.querySelector('.many'));
  assert.ok(await page.evaluate(() => document.activeElement.matches('a.pin')), 'the keys lead nowhere');
  assert.deepEqual(complaints, []);
});

await browser.close();
