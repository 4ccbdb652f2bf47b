// The edge function as Lambda@Edge calls it, with tokens that Node's own cryptography signs.
//
// VERIFIER names the built addon. Run by `make test`.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const NOW = Math.floor(Date.now() / 1000);
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const keys = [{ kid: 'k1', x: publicKey.export({ format: 'jwk' }).x }];

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** The function's handler out of a bundle of these files. */
async function handler({ addon = true, configuration = JSON.stringify({ audience: 'gallery', keys }) } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-edge-'));
  folders.push(folder);
  copyFileSync(new URL('index.mjs', import.meta.url), join(folder, 'index.mjs'));
  if (addon) copyFileSync(process.env.VERIFIER, join(folder, 'verifier.node'));
  writeFileSync(join(folder, 'configuration.json'), configuration);
  return (await import(pathToFileURL(join(folder, 'index.mjs')))).handler;
}

function event(uri, { cookie, ...headers } = {}) {
  const all = { host: 'gallery.example', ...headers, ...(cookie && { cookie }) };
  return { Records: [{ cf: {
    config: { distributionDomainName: 'd.cloudfront.net', distributionId: 'D', eventType: 'viewer-request', requestId: 'R' },
    request: {
      clientIp: '203.0.113.1', method: 'GET', querystring: '', uri,
      headers: Object.fromEntries(Object.entries(all).map(([key, value]) => [key, [{ key, value }]])),
    },
  } }] };
}

function token(changes = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: 'heirloom', aud: 'gallery', typ: 'session', sub: 'gerda', iat: NOW, exp: NOW + 3600, rca: NOW + 600,
    gen: 1, jti: Buffer.alloc(16, 7).toString('base64url'), scope: 'all', home: 'all', ...changes };
  const signed = `${part({ alg: 'EdDSA', typ: 'JWT', kid: 'k1' })}.${part(claims)}`;
  return `__Host-session=${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

test('a session goes on, rewritten and without its cookie', async () => {
  const request = await (await handler())(event('/', { cookie: token() }));
  assert.equal(request.uri, '/home/all/index.html');
  assert.equal(request.headers.cookie, undefined);
});

test('a stranger is led to the login page, a picture is refused', async () => {
  const decide = await handler();
  const page = await decide(event('/albums/Family/', { accept: 'text/html' }));
  assert.equal(page.status, '302');
  assert.equal(page.headers.location[0].value, '/auth/login?next=%2Falbums%2FFamily%2F');
  assert.equal((await decide(event('/pics/Family/00000000000000000000/0-1.jpg'))).status, '401');
});

test('a changed, foreign or expired token opens nothing', async () => {
  const decide = await handler();
  const good = token();
  for (const cookie of [good.slice(0, -4), `${good}; ${good}`, token({ aud: 'another' }), token({ exp: NOW - 60, rca: NOW - 90, iat: NOW - 100 }),
    token({ typ: 'invitation' }), good.replace('__Host-session', '__host-session')]) {
    assert.equal((await decide(event('/', { cookie }))).status, '401', cookie);
  }
});

test('whatever goes wrong is a denial', async () => {
  const good = event('/', { cookie: token() });
  const broken = [
    (await handler({ addon: false }))(good),
    (await handler({ configuration: '{}' }))(good),
    (await handler({ configuration: 'not JSON' }))(good),
    (await handler({ configuration: JSON.stringify({ audience: 'gallery', keys: [{ ...keys[0], d: 'secret' }] }) }))(good),
    (await handler())({}),
    (await handler())({ Records: [] }),
    (await handler())(null),
  ];
  for (const answer of await Promise.all(broken)) {
    assert.equal(answer.status, '503');
    assert.equal(answer.headers['cache-control'][0].value, 'no-store');
    assert.equal(answer.uri, undefined);
  }
});
