// The map over somebody else's tiles, as `map_tiles` in gallery.yml asks for. The server is played here: nothing leaves this
// machine, and each square tells which one it is.
//
// Settings are those of stage.mjs. The gallery is the sample's, with positions.
import { GALLERY, assert, browser, findings, screenshot, signIn, step, visitor } from './stage.mjs';

const { page, complaints } = await visitor({ serviceWorkers: 'block' });
const asked = [];
await page.route('https://tiles.example.org/**', async (route) => {
  const { pathname } = new URL(route.request().url());
  asked.push({ pathname, ...await route.request().allHeaders() });
  const [, z, x, y] = /^\/(\d+)\/(\d+)\/(\d+)\.png$/.exec(pathname);
  const shade = (Number(x) + Number(y)) % 2 ? '#cfe0d2' : '#dbe7ee';
  await route.fulfill({ contentType: 'image/svg+xml', body: `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">
    <rect width="256" height="256" fill="${shade}"/><text x="12" y="30" font-size="18">${z}/${x}/${y}</text></svg>` });
});

const drawn = () => page.waitForFunction(() => {
  const tiles = [...document.querySelectorAll('.tiles img')];
  return tiles.length > 1 && tiles.every((tile) => tile.complete && tile.naturalWidth > 0);
});

/** Whether tiles lie edge to edge over the whole map. */
const covered = () => page.evaluate(() => {
  const map = document.querySelector('.map').getBoundingClientRect();
  const tiles = [...document.querySelectorAll('.tiles img')].map((tile) => tile.getBoundingClientRect());
  const at = (x, y) => tiles.some((tile) => tile.left <= x && x <= tile.right && tile.top <= y && y <= tile.bottom);
  return [0.01, 0.25, 0.5, 0.75, 0.99].every((across) => [0.2, 0.5, 0.8].every((down) => at(map.left + across * map.width, map.top + down * map.height)));
});

await step('the tiles are drawn under the photos', page, async () => {
  await signIn(page);
  await page.goto(`${GALLERY}/map/`);
  await page.locator('.pin').first().waitFor();
  await drawn();
  assert.ok(await covered(), 'some of the map has no tile');
  await page.getByText('Whoever drew them').waitFor();
  await screenshot(page, 'map-tiles');
});

await step('going nearer asks for finer ones', page, async () => {
  const level = () => Math.max(...asked.map(({ pathname }) => Number(pathname.split('/')[1])));
  const before = level();
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.waitForTimeout(100);
  await drawn();
  assert.equal(level(), before + 1);
  assert.ok(await covered(), 'some of the map has no tile');
});

await step('their server learns which squares were wanted and nothing else', page, async () => {
  assert.ok(asked.length > 3);
  for (const { cookie, referer } of asked) {
    assert.equal(cookie, undefined);
    assert.ok(!referer || referer === `${GALLERY}/`, referer);
  }
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(complaints, []);
});

await browser.close();
