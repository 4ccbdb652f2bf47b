// What the pages of another site can do to somebody who is signed in: nothing. There are two such sites: one on another host,
// and one on the same host at another port, which browsers take for the same site and give the cookies to.
//
// Settings beside those of stage.mjs: OTHER (a viewer whom the attacker knows), CODE (an open invitation), PICTURE (a path).
import { createServer } from 'node:http';
import { assert, browser, GALLERY, NAME, PASSWORD, signIn, step, visitor } from './stage.mjs';

const { OTHER, CODE, PICTURE } = process.env;
const SESSION = '__Host-session';

let shown = '';
const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(shown));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();
const SITES = { 'another host': `http://localhost:${port}/`, 'another port': `http://127.0.0.1:${port}/` };

const text = (value) => String(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** A page with a form that sends itself off. */
const form = (path, fields, more = '') => `<!doctype html><form method="post" action="${GALLERY}${path}" ${more}>
  ${Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${text(value)}">`).join('')}
  </form><script>document.forms[0].submit()</script>`;

/** Opens a page of another site, and returns the answer that the gallery gives to what it sends. */
async function lure(page, site, html, path) {
  shown = html;
  const answered = page.waitForResponse((answer) => answer.url().startsWith(`${GALLERY}${path}`), { timeout: 20_000 });
  await page.goto(site);
  return (await answered).status();
}

const session = async (context) => (await context.cookies(GALLERY)).find(({ name }) => name === SESSION)?.value;

const victim = await visitor();
await signIn(victim.page);
const mine = await session(victim.context);
assert.ok(mine, 'signed in');

for (const [where, site] of Object.entries(SITES)) {
  await step(`${where}: nobody is signed in as somebody else`, victim.page, async () => {
    const fresh = await visitor();
    for (const more of ['', 'enctype="text/plain"', 'referrerpolicy="no-referrer"']) {
      const fields = { name: OTHER, password: PASSWORD, next: '/' };
      const status = await lure(fresh.page, site, form('/auth/login', fields, more), '/auth/login');
      assert.equal(status, 422, more);
    }
    assert.equal(await session(fresh.context), undefined);
    await fresh.context.close();
    // Nor is a session replaced that is there.
    await lure(victim.page, site, form('/auth/login', { name: OTHER, password: PASSWORD }), '/auth/login');
    assert.equal(await session(victim.context), mine);
  });

  await step(`${where}: nobody is signed out`, victim.page, async () => {
    assert.equal(await lure(victim.page, site, form('/auth/logout', {}), '/auth/logout'), 422);
    assert.equal(await session(victim.context), mine);
  });

  await step(`${where}: nothing is uploaded`, victim.page, async () => {
    const wanted = JSON.stringify({ album: 'Family', files: [{ name: 'a.jpg', bytes: 3, sha256: 'A'.repeat(43) + '=' }] });
    assert.equal(await lure(victim.page, site, form('/auth/upload', { wanted }), '/auth/upload'), 422);
    shown = '<!doctype html>';
    // A script learns nothing of the answer, if the browser lets it ask at all.
    const told = await victim.page.goto(site).then(() => victim.page.evaluate(async ({ address, body }) => {
      const sent = fetch(address, { method: 'POST', mode: 'no-cors', credentials: 'include', body });
      return sent.then((answer) => answer.type, () => 'nothing');
    }, { address: `${GALLERY}/auth/upload`, body: wanted }));
    assert.ok(['nothing', 'opaque'].includes(told), told);
  });

  await step(`${where}: no invitation is used up`, victim.page, async () => {
    assert.equal(await lure(victim.page, site, form('/auth/invite', { code: CODE }), '/auth/invite'), 422);
    assert.equal(await session(victim.context), mine);
  });

  await step(`${where}: a renewal that was not asked for changes neither who it is nor its end`, victim.page, async () => {
    shown = `<!doctype html><img src="${GALLERY}/auth/renew?next=%2F"><iframe src="${GALLERY}/auth/renew?next=%2F"></iframe>`;
    await victim.page.goto(site, { waitUntil: 'load' });
    const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    const now = claims(await session(victim.context));
    const { sub, jti, exp } = claims(mine);
    assert.deepEqual([now.sub, now.jti, now.exp], [sub, jti, exp]);
  });

  await step(`${where}: nothing can be read`, victim.page, async () => {
    shown = '<!doctype html><title>elsewhere</title>';
    await victim.page.goto(site);
    const seen = await victim.page.evaluate(async ({ gallery, picture }) => {
      const read = async (path, options) => {
        try {
          const answer = await fetch(gallery + path, options);
          return answer.type === 'opaque' ? 'nothing' : `read ${answer.status}`;
        } catch {
          return 'nothing';
        }
      };
      const loads = (name, path) =>
        new Promise((resolve) => {
          const element = document.createElement(name);
          element.onload = () => resolve(`loaded ${element.naturalWidth ?? ''}`);
          element.onerror = () => resolve('nothing');
          element.src = gallery + path;
          document.body.append(element);
        });
      return {
        page: await read('/', { credentials: 'include' }),
        picture: await read(picture, { credentials: 'include', mode: 'no-cors' }),
        image: await loads('img', picture),
        script: await loads('script', '/albums/Family/'),
      };
    }, { gallery: GALLERY, picture: PICTURE });
    assert.deepEqual(seen, { page: 'nothing', picture: 'nothing', image: 'nothing', script: 'nothing' });
  });

  await step(`${where}: no page is shown in a frame or held by its opener`, victim.page, async () => {
    shown = `<!doctype html><iframe src="${GALLERY}/albums/Family/"></iframe><iframe src="${GALLERY}/auth/login"></iframe>`;
    await victim.page.goto(site, { waitUntil: 'load' });
    for (const frame of victim.page.frames().slice(1)) {
      assert.ok(!(await frame.content().catch(() => '')).includes('boathouse'), 'framed');
      assert.equal(await frame.locator('input[type=password]').count().catch(() => 0), 0, 'the login page is framed');
    }
    shown = '<!doctype html>';
    await victim.page.goto(site);
    const opened = victim.context.waitForEvent('page');
    await victim.page.evaluate((address) => { window.held = window.open(address); }, `${GALLERY}/albums/Family/`);
    const album = await opened;
    await album.waitForLoadState();
    assert.equal(await album.evaluate(() => window.opener), null);
    await victim.page.waitForFunction(() => window.held.closed);
    await album.close();
  });
}

await step('after all that the session is as it was', victim.page, async () => {
  await victim.page.goto(`${GALLERY}/albums/Family/`);
  assert.ok((await victim.page.content()).includes('boathouse'));
  assert.equal(new URL(victim.page.url()).pathname, '/albums/Family/');
});

await step('and the invitation still opens the gallery, for who presses its button', victim.page, async () => {
  const guest = await visitor();
  await guest.page.goto(`${GALLERY}/auth/invite?code=${encodeURIComponent(CODE)}`);
  await guest.page.locator('button[type=submit], button').first().click();
  await guest.page.waitForURL(`${GALLERY}/auth/invite`);
  assert.ok(await session(guest.context));
});

console.log(`${NAME} has seen it all`);
server.close();
await browser.close();
