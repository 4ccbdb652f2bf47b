// The edge function as Lambda@Edge calls it: it decides, and whatever goes wrong it denies.
//
// VERIFIER names the built addon, VERIFIER_THAT_PANICS one with the feature `panics`. Run by `make test`; the rehearsal has
// a packed addon alone, so what needs the other is skipped there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bundle, eventOf, headersOf, logged } from './bundle.mjs';
import { CONFIGURATION, made } from './tokens.mjs';

const { VERIFIER, VERIFIER_THAT_PANICS } = process.env;
const WITH_PANICS = { skip: VERIFIER_THAT_PANICS === undefined && 'VERIFIER_THAT_PANICS names no addon' };
const NOW = Math.floor(Date.now() / 1000);
const PICTURE = '/pics/Family/0123456789abcdef0123/00ff-360.jpg';

const token = (described = {}) => made({ scope: 'all', ...described }, NOW);
const event = (uri, headers = {}, more = {}) => eventOf({ uri, headers: headersOf({ host: 'gallery.example', ...headers }), ...more });
const signedIn = (uri, described) => event(uri, { cookie: `__Host-session=${token(described)}` });

/** A denial that tells nothing, with every header that the gate's own answers have. */
async function denied({ answer, log }) {
  const { handler } = await bundle(VERIFIER, CONFIGURATION);
  const own = await handler(event('//'));
  assert.equal(own.status, '400');
  assert.equal(answer.status, '503');
  assert.equal(answer.uri, undefined);
  assert.equal(answer.body, undefined);
  assert.deepEqual(answer.headers, own.headers);
  assert.match(log, /^the gate (denies|cannot be loaded)/);
}

test('a session goes on, rewritten and without its cookie', async () => {
  const { handler } = await bundle(VERIFIER, CONFIGURATION);
  const request = await handler(signedIn('/'));
  assert.equal(request.uri, '/home/all/index.html');
  assert.equal(request.headers.cookie, undefined);
});

test('a stranger is led to the login page, a picture is refused', async () => {
  const { handler } = await bundle(VERIFIER, CONFIGURATION);
  const page = await handler(event('/albums/Family/', { accept: 'text/html' }));
  assert.equal(page.status, '302');
  assert.equal(page.headers.location[0].value, '/auth/login?next=%2Falbums%2FFamily%2F');
  assert.equal((await handler(event(PICTURE))).status, '401');
});

test('a session that was seen ends all the same', async (t) => {
  const { handler } = await bundle(VERIFIER, CONFIGURATION);
  const { now } = Date;
  t.after(() => { Date.now = now; });
  for (const [later, status] of [[0, undefined], [899, undefined], [901, '401'], [2031, '401'], [0, undefined]]) {
    Date.now = () => (NOW + later) * 1000;
    const answer = await handler(signedIn(PICTURE, { rca: 600, exp: 2000 }));
    assert.equal(answer.status, status, `${later} seconds later`);
    assert.equal(answer.uri, status ? undefined : PICTURE, `${later} seconds later`);
  }
});

test('requirement 01: without an addon, or with what is none, it denies', async () => {
  for (const addon of [null, new URL('../index.mjs', import.meta.url)]) {
    await denied(await logged(async () => (await bundle(addon, CONFIGURATION)).handler(signedIn('/'))));
  }
});

test('requirement 01: with a configuration that is none, it denies', async () => {
  const { keys: [{ kid, x }] } = JSON.parse(CONFIGURATION);
  const configurations = ['', 'not JSON', '{}', '[]', '{"audience":"gallery"}',
    JSON.stringify({ audience: 'gallery', keys: [{ kid, x, d: x }] }),
    JSON.stringify({ audience: 'gallery', keys: [{ kid, x }], seed: x }),
    JSON.stringify({ audience: 'gallery', keys: [{ kid, x: 'AAAA' }] }),
    JSON.stringify({ audience: 1, keys: [{ kid, x }] })];
  for (const configuration of configurations) {
    await denied(await logged(async () => {
      const { handler } = await bundle(VERIFIER, configuration);
      return handler(signedIn('/'));
    }));
  }
});

test('requirement 01: what is no event is denied', async () => {
  const { handler } = await bundle(VERIFIER, CONFIGURATION);
  const good = () => signedIn('/');
  const changed = (change) => {
    const one = good();
    change(one.Records[0].cf);
    return one;
  };
  const events = [undefined, null, 'event', 7, [], {}, { Records: [] }, { Records: null }, { Records: [null] },
    { Records: [...good().Records, ...good().Records] },
    changed((cf) => { cf.config.eventType = 'origin-request'; }),
    changed((cf) => { delete cf.config.eventType; }),
    changed((cf) => { delete cf.request; }),
    changed((cf) => { delete cf.request.uri; }),
    changed((cf) => { cf.request.uri = 7; }),
    changed((cf) => { cf.request.uri = ['/']; }),
    changed((cf) => { cf.request.method = null; }),
    changed((cf) => { delete cf.request.headers; }),
    changed((cf) => { cf.request.headers.cookie = 'a=1'; }),
    changed((cf) => { cf.request.headers.cookie = [null]; })];
  for (const asked of events) {
    await denied(await logged(() => handler(asked)));
  }
});

test('requirement 01: a gate that answers nonsense is not believed', async () => {
  const { decide } = await bundle(VERIFIER, CONFIGURATION);
  const answers = ['', 'nonsense', 'null', '7', '"/"', '[]', '{}', '{"uri":7}', '{"status":200}', undefined, null, 7, {}, Promise.resolve('{"uri":"/"}')];
  for (const nonsense of answers) {
    const gate = { object: () => null, decide: () => nonsense };
    await denied(await logged(() => decide(gate, signedIn('/'), NOW)));
  }
  await denied(await logged(() => decide(undefined, signedIn('/'), NOW)));
  await denied(await logged(() => decide({}, signedIn('/'), NOW)));
});

test('requirement 01: a gate that throws is not believed, and its words are not repeated', async () => {
  const { decide } = await bundle(VERIFIER, CONFIGURATION);
  const asked = signedIn('/');
  const secret = asked.Records[0].cf.request.headers.cookie[0].value;
  const thrown = [new Error(secret), new TypeError(secret), secret, null, undefined, Object.assign(new Error(secret), { code: 'InvalidArg' })];
  for (const error of thrown) {
    const fails = () => { throw error; };
    for (const gate of [{ object: fails }, { object: () => null, decide: fails }]) {
      const result = await logged(() => decide(gate, asked, NOW));
      await denied(result);
      assert.ok(!result.log.includes(secret), result.log);
    }
  }
});

test('requirement 23: an event that cannot be read is not repeated', async () => {
  const { handler } = await bundle(VERIFIER, CONFIGURATION);
  const secret = token();
  const spoiled = [
    (cf) => { cf.request.headers.cookie = `__Host-session=${secret}`; },
    (cf) => { cf.request.headers.cookie = [{ key: 'cookie', value: [secret] }]; cf.request.method = [secret]; },
    (cf) => { cf.request.querystring = [secret]; cf.request.uri = '/auth/login'; },
    (cf) => { cf.request.clientIp = { secret }; cf.request.uri = '/auth/login'; },
    (cf) => { cf.request.body = secret; cf.request.uri = '/auth/login'; },
    (cf) => { cf.config.eventType = secret; },
  ];
  for (const spoil of spoiled) {
    const asked = event('/');
    spoil(asked.Records[0].cf);
    const result = await logged(() => handler(asked));
    await denied(result);
    assert.ok(!result.log.includes(secret) && !JSON.stringify(result.answer).includes(secret), result.log);
  }
});

test('requirement 01: a panic is a denial, on the short way and the long, and the next request is decided', WITH_PANICS, async () => {
  const { handler } = await bundle(VERIFIER_THAT_PANICS, CONFIGURATION);
  for (const asked of [signedIn('/albums/panic/'), event('/albums/panic/'), event('/albums/panic/', { accept: 'text/html' })]) {
    const result = await logged(() => handler(asked));
    await denied(result);
    assert.match(result.log, /the gate panicked/);
  }
  assert.equal((await handler(signedIn('/'))).uri, '/home/all/index.html');
  assert.equal((await handler(event('/'))).status, '401');
});

test('a gate that is packed does not panic on request', async () => {
  const { handler } = await bundle(VERIFIER, CONFIGURATION);
  assert.equal((await handler(signedIn('/albums/panic/'))).uri, '/albums/panic/index.html');
  assert.ok(!readFileSync(VERIFIER).includes('asked to panic'));
});

test('a gate that panics on request is told by its words', WITH_PANICS, () => {
  assert.ok(readFileSync(VERIFIER_THAT_PANICS).includes('asked to panic'));
});

/** AWS, "Quotas on Lambda@Edge": 40 KB for a response that a viewer-request function generates, headers and body. */
test('generated answers are small', async () => {
  const { handler } = await bundle(VERIFIER, CONFIGURATION);
  const page = { 'sec-fetch-mode': 'navigate', cookie: ['__Host-session=a', '__Host-session=b'] };
  for (const asked of [event('/', page), event('//'), event(`/albums/${'a'.repeat(120)}/${'b'.repeat(300)}/`, { 'sec-fetch-mode': 'navigate' })]) {
    assert.ok(JSON.stringify(await handler(asked)).length < 4096);
  }
});
