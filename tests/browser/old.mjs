// The pages as an iPad of 2015 has them: no script (it knows no modules), no WebP, and a stylesheet of which it understands
// what Safari 9 understood. The real one cannot be had here, so this browser is given what that one would make of the pages.
//
// Settings are those of stage.mjs. The gallery is the sample's.
import { GALLERY, NAME, PASSWORD, assert, browser, screenshot, step, visitor } from './stage.mjs';

/** What Safari 9 took for a mistake and left out, with the year in which Safari learnt it. */
const UNKNOWN = [
  /^(row-|column-)?gap:/, // between flexible boxes, 2021
  /^aspect-ratio:/, // 2021
  /^(margin|padding|inset|border)-(inline|block)/, // 2019
  /^inset:/, // 2020
  /^(grid|place)-?[a-z-]*:/, // 2017
  /^display:(grid|contents|flow-root)/, // 2017
  /^(content-visibility|contain|overscroll|touch-action|text-wrap|text-underline-offset|text-decoration-thickness|accent-color)/,
  /[:,( ](min|max|clamp|env)\(/, // 2018 to 2020
  /:-webkit-fill-available|:revert\b/,
];
const isKnown = (declaration) => !UNKNOWN.some((unknown) => unknown.test(declaration));

/** Whether Safari 9 answers a condition of `@supports` with yes. */
const holds = (condition) => {
  const negated = /^not\s*\(/.test(condition);
  const asked = condition.replace(/^not\s*/, '').replace(/^\(/, '').replace(/\)$/, '').replace(/:\s+/, ':');
  return isKnown(asked) !== negated;
};

/** A minified stylesheet as Safari 9 read it. */
function aged(css) {
  let [out, at] = ['', 0];
  const text = css.replace(/\/\*.*?\*\//gs, '');
  const block = () => {
    const from = at;
    for (let depth = 0; at < text.length; at += 1) {
      if (text[at] === '{') depth += 1;
      if (text[at] === '}' && (depth -= 1) === 0) return text.slice(from + 1, at++);
    }
    throw new Error('a block has no end');
  };
  while (at < text.length) {
    const start = at;
    while (at < text.length && text[at] !== '{' && text[at] !== ';') at += 1;
    const head = text.slice(start, at).trim();
    if (text[at] !== '{') { at += 1; continue; }
    const inside = block();
    if (head.startsWith('@supports')) out += holds(head.slice(9).trim()) ? aged(inside) : '';
    else if (head.startsWith('@media')) out += /hover:|prefers-/.test(head) ? '' : `${head}{${aged(inside)}}`;
    else if (head.startsWith('@')) out += `${head}{${inside}}`;
    // One selector that is not understood spoils its rule.
    else if (!/:focus-visible|:focus-within|:is\(|:where\(|:has\(/.test(head)) out += `${head}{${inside.split(';').filter(isKnown).join(';')}}`;
  }
  return out;
}

const tablet = { viewport: { width: 768, height: 1024 }, javaScriptEnabled: false, serviceWorkers: 'block' };
const { context, page } = await visitor(tablet);
let asked = 0;
await page.route('**/*', async (route) => {
  const { pathname } = new URL(route.request().url());
  const isPage = route.request().resourceType() === 'document' && route.request().method() === 'GET';
  if (!isPage && !pathname.endsWith('.css')) return route.continue();
  const answer = await route.fetch({ maxRedirects: 0 });
  if (answer.status() !== 200) return route.fulfill({ response: answer });
  const text = await answer.text();
  asked += 1;
  // A source of a type that is not known is passed over.
  const body = isPage ? text.replace(/<source[^>]*>/g, '') : aged(text);
  return route.fulfill({ response: answer, body });
});

/** Boxes of what a selector finds, in the order of the page. */
const boxes = (selector) => page.locator(selector).evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));

/** Nothing sticks out, every picture in view is there as JPEG and has a size, nothing lies on something else. */
async function stands(selector) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${over} pixels too wide`);
  const found = await boxes(selector);
  assert.ok(found.length > 1, `${found.length} of ${selector}`);
  for (const [i, one] of found.entries()) {
    assert.ok(one.width > 60 && one.height > 60, `${selector} ${i} is ${one.width} by ${one.height}`);
    for (const other of found.slice(i + 1)) {
      const apart = one.right <= other.left + 1 || other.right <= one.left + 1 || one.bottom <= other.top + 1 || other.bottom <= one.top + 1;
      assert.ok(apart, `${selector} ${i} lies on another`);
    }
  }
  await page.waitForFunction(() => [...document.images].filter((image) => image.getBoundingClientRect().top < innerHeight)
    .every((image) => image.complete && image.naturalWidth > 0));
  const pictures = await page.locator('img').evaluateAll((all) => all.map((image) => image.currentSrc).filter(Boolean));
  // Pictures are painted when they are decoded, which is later than they are there.
  await page.waitForTimeout(500);
  assert.ok(pictures.length > 0 && pictures.every((address) => /\.(jpg|png)$/.test(address)), pictures.join());
}

await step('signing in is a form', page, async () => {
  await page.goto(`${GALLERY}/auth/login`);
  await screenshot(page, 'old-login');
  await page.locator('#name').fill(NAME);
  await page.locator('#password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${GALLERY}/`);
});

await step('home stands', page, async () => {
  await page.goto(`${GALLERY}/`);
  assert.ok(asked > 1, 'the page and its stylesheet came aged');
  await stands('.card');
  const [{ left }] = await boxes('.card');
  assert.ok(left >= 16, 'the page keeps off the edges');
  const rows = new Set((await boxes('.card')).slice(0, 2).map(({ top }) => Math.round(top)));
  assert.equal(rows.size, 1, 'cards stand beside each other');
  await screenshot(page, 'old-home');
});

await step('an album stands', page, async () => {
  await page.goto(`${GALLERY}/albums/Family/Lisbon_2024/`);
  await stands('figure');
  const figures = await boxes('figure');
  const [first, second] = figures;
  assert.equal(Math.round(first.top), Math.round(second.top), 'photos stand in rows');
  assert.equal(await page.locator('.along').isVisible(), false, 'what needs a script is not offered');
  const pictures = await boxes('figure img');
  for (const [i, { width, height }] of pictures.entries()) {
    assert.deepEqual([Math.round(width), Math.round(height)], [Math.round(figures[i].width), Math.round(figures[i].height)], 'a photo fills its frame');
  }
  await screenshot(page, 'old-album');
});

await step('a photo opens as a picture', page, async () => {
  await page.locator('a.open').first().click();
  await page.waitForURL(/\/pics\/.*\.jpg$/);
});

await step('the timeline stands', page, async () => {
  await page.goto(`${GALLERY}/timeline/`);
  await stands('.year .face');
  await screenshot(page, 'old-timeline');
});

await step('held upright in a hand, home and an album stand as well', page, async () => {
  await page.setViewportSize({ width: 375, height: 667 });
  await page.goto(`${GALLERY}/`);
  await stands('.card');
  await screenshot(page, 'old-home-phone');
  await page.goto(`${GALLERY}/albums/Family/Lisbon_2024/`);
  await stands('figure');
});

await context.close();
await browser.close();
