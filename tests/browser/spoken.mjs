// A gallery whose owner names German before English and Japanese: what the pages say without a script, and to whom a script
// says something else.
//
// Settings are those of stage.mjs. The gallery is the sample's.
import { GALLERY, NAME, PASSWORD, assert, browser, cost, screenshot, step, visitor } from './stage.mjs';

const ALBUM = '/albums/Family/Lisbon_2024/';
const ENGLISH = /\b(Sign out|Photos?|Albums?|Timeline|Search|Download|Print|Latest|Home|photos|May)\b/;

const tablet = await visitor({ viewport: { width: 768, height: 1024 }, javaScriptEnabled: false });

await step('without a script the pages speak the owner’s first language', tablet.page, async () => {
  const { page } = tablet;
  await page.goto(`${GALLERY}/auth/login`);
  await page.locator('#name').fill(NAME);
  await page.locator('#password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Abmelden' }).waitFor();
  for (const path of ['/', '/albums/Family/', ALBUM, '/timeline/', '/timeline/2024/', '/search/']) {
    await page.goto(`${GALLERY}${path}`);
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    assert.doesNotMatch(await page.locator('body').innerText(), ENGLISH, path);
    if (path === '/') await screenshot(page, 'home-german-without-script', { fullPage: true });
  }
  assert.match(await page.locator('noscript').innerText(), /braucht es JavaScript/);
  assert.equal(await page.locator('#q').getAttribute('placeholder'), 'Wort, Ort, Datum oder Kamera');
  await page.goto(`${GALLERY}${ALBUM}`);
  assert.match(await page.locator('.title .facts').innerText(), /^Mai 2024 · 6 Fotos$/);
});

const storageState = await tablet.context.storageState();

await step('who reads it sees it at once', tablet.page, async () => {
  const { context, page } = await visitor({ locale: 'de-AT', storageState });
  await page.addInitScript(() => {
    window.hidden = 0;
    new MutationObserver(() => (window.hidden += document.documentElement?.classList.contains('foreign') ? 1 : 0))
      .observe(document, { attributes: true, subtree: true, attributeFilter: ['class'] });
  });
  await page.goto(`${GALLERY}${ALBUM}`, { waitUntil: 'networkidle' });
  assert.equal(await page.evaluate(() => window.hidden), 0);
  await page.locator('a.open').first().click();
  await page.getByRole('button', { name: 'Über dieses Foto' }).waitFor();
  assert.match(await page.locator('.pswp__words .taken').innerText(), /^\d+\. Mai 2024 um \d\d:\d\d$/);
  await context.close();
});

await step('other readers get theirs, if it is offered', tablet.page, async () => {
  for (const [locale, lang, leave, facts, timeline] of [
    ['en-US', 'en', 'Sign out', /^May 2024 · 6 photos$/, 'Timeline'],
    ['ja-JP', 'ja', 'ログアウト', /^2024年5月 · 写真6枚$/, 'タイムライン'],
    ['fr-CH', 'de', 'Abmelden', /^Mai 2024 · 6 Fotos$/, 'Zeitleiste'],
  ]) {
    const { context, page, complaints } = await visitor({ locale, storageState });
    await page.goto(`${GALLERY}${ALBUM}`);
    await page.getByRole('button', { name: leave }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), lang);
    assert.match(await page.locator('.title .facts').innerText(), facts);
    await page.goto(`${GALLERY}/timeline/`);
    await page.waitForFunction((title) => document.title.split(' · ')[0] === title, timeline);
    if (lang === 'en') assert.match(await page.locator('.months').first().innerText(), /May/);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

await step('nothing moves when a page is put into another language, and scripts stay as light', tablet.page, async () => {
  for (const locale of ['en-GB', 'de-AT']) {
    for (const path of ['/', ALBUM]) {
      const { scripts, shifted } = await cost(path, storageState, { locale });
      assert.deepEqual(shifted, [], `${locale}: ${path}`);
      assert.ok(scripts <= 30_000, `${locale}: ${path} takes ${scripts} bytes of scripts`);
    }
  }
});

await browser.close();
