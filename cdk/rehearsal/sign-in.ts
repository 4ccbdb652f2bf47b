// Signing in through function-URL events, with the viewer that `make viewer` makes and the key that the deploy made.

import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../deploy/commands.ts';
import headers from '../delivery/headers.json' with { type: 'json' };
import type { Journey } from './gallery.test.ts';
import { SESSION_DAYS, type Stage } from './stage.ts';
import { viewerRequest } from './viewer-request.ts';

const PASSWORD = 'correct-horse-battery-staple-of-mine';
const HOST = 'photos.example.com';

/** What a function URL gets back (AWS, "Invoking Lambda function URLs", payload format 2.0). */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | null;
  readonly cookies?: readonly string[];
}

/** The event of a request that came through CloudFront and the gate. */
export function urlEvent(
  method: string,
  path: string,
  { query = '', form, cookie }: { query?: string; form?: Record<string, string>; cookie?: string } = {},
): object {
  const body = form && new URLSearchParams(form).toString();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookie === undefined ? {} : { cookies: [cookie] }),
    headers: {
      host: 'abcdefghij.lambda-url.us-east-1.on.aws',
      'x-forwarded-host': HOST,
      'x-forwarded-for': '203.0.113.9',
      'user-agent': 'Amazon CloudFront',
      'sec-fetch-site': 'same-origin',
      origin: `https://${HOST}`,
      ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'abcdefghij',
      domainName: 'abcdefghij.lambda-url.us-east-1.on.aws',
      domainPrefix: 'abcdefghij',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.9', userAgent: 'Amazon CloudFront' },
      requestId: '00000000-0000-4000-8000-000000000000',
      routeKey: '$default',
      stage: '$default',
      time: '23/Nov/2026:15:00:00 +0000',
      timeEpoch: 1795446000000,
    },
    ...(body === undefined
      ? { isBase64Encoded: false }
      : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
  };
}

/** Signs in, and returns the cookie as the browser sends it back. */
export async function signIn(
  stage: Stage,
  name: string,
  password: string,
): Promise<{ answer: Answer; cookie: string | undefined }> {
  const answer = await stage.call<Answer>(
    'login',
    urlEvent('POST', '/auth/login', { form: { name, password, next: '/albums/Family/' } }),
  );
  return { answer, cookie: answer.cookies?.[0]?.split(';')[0] };
}

/** Signing in, staying in. */
export function signInJourneys(journey: Journey): void {
  journey('the login page is there, and guards itself', async (stage) => {
    const page = await stage.call<Answer>('login', urlEvent('GET', '/auth/login'));
    assert.equal(page.statusCode, 200);
    assert.match(page.body ?? '', /<form[^>]+method="post"/);
    assert.match(page.body ?? '', /Rehearsal/);
    for (const name of Object.keys(headers.security)) assert.ok(page.headers[name] !== undefined, name);
    assert.equal(page.headers['cache-control'], 'no-store');
  });

  journey('a viewer signs in, a wrong password and an unknown name get the same answer', async (stage) => {
    await stage.letIn('gerda', PASSWORD);
    const { answer, cookie } = await signIn(stage, 'gerda', PASSWORD);
    assert.deepEqual([answer.statusCode, answer.headers['location']], [303, '/albums/Family/']);
    assert.match(answer.cookies?.[0] ?? '', /^__Host-session=[^;]+;.*HttpOnly/);
    assert.ok(signedBy(stage, cookie ?? ''), 'the token is signed by the key that the deploy made');
    const refused = [
      await signIn(stage, 'gerda', 'wrong-horse-battery-staple'),
      await signIn(stage, 'nobody', PASSWORD),
    ];
    for (const { answer: one, cookie: none } of refused) assert.deepEqual([one.statusCode, none], [401, undefined]);
    assert.equal(refused[0]?.answer.body, refused[1]?.answer.body);
  });

  journey('a session lasts as long as the owner says', async (stage) => {
    const { cookie } = await signIn(stage, 'gerda', PASSWORD);
    const { iat, exp } = JSON.parse(Buffer.from(cookie?.split('.')[1] ?? '', 'base64url').toString());
    assert.equal(exp - iat, SESSION_DAYS * 86_400);
  });

  journey('renewal, which reads the viewer again, renews', async (stage) => {
    const { cookie } = await signIn(stage, 'gerda', PASSWORD);
    assert.ok(cookie !== undefined);
    const renewed = await stage.call<Answer>(
      'renewal',
      urlEvent('GET', '/auth/renew', { query: 'next=%2Falbums%2FFamily%2F', cookie }),
    );
    assert.deepEqual([renewed.statusCode, renewed.headers['location']], [303, '/albums/Family/']);
    assert.ok(signedBy(stage, renewed.cookies?.[0]?.split(';')[0] ?? ''));
  });

  journey('the session opens the gate that was packed for this gallery', async (stage) => {
    const { cookie } = await signIn(stage, 'gerda', PASSWORD);
    const { handler } = await gate(stage);
    const host = [{ key: 'Host', value: HOST }];
    const opened = await handler(viewerRequest('/', { host, cookie: [{ key: 'Cookie', value: cookie ?? '' }] }));
    assert.equal(opened.uri, '/home/all/index.html');
    const navigates = { 'sec-fetch-mode': [{ key: 'Sec-Fetch-Mode', value: 'navigate' }] };
    const closed = await handler(viewerRequest('/', { host, ...navigates }));
    assert.deepEqual([closed.status, closed.headers.location[0].value], ['302', '/auth/login?next=%2F']);
    // What it opened is there.
    assert.ok((await stage.read('web', opened.uri.slice(1)))?.includes('<html'));
  });
}

function signedBy(stage: Stage, cookie: string): boolean {
  const [header, claims, signature] = cookie.replace('__Host-session=', '').split('.');
  const { kid } = JSON.parse(Buffer.from(header ?? '', 'base64url').toString());
  const { aud } = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString());
  const known = stage.keys.keys.find((key) => key.kid === kid);
  if (known === undefined || aud !== stage.keys.audience) return false;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: known.x }, format: 'jwk' });
  return verify(null, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature ?? '', 'base64url'));
}

/** The edge function, with the keys of this gallery, around the addon that was built. */
async function gate(stage: Stage) {
  const addon = process.env['REHEARSAL_ADDON'] ?? '';
  assert.ok(existsSync(addon), `REHEARSAL_ADDON is to name the gate's addon, not "${addon}": run \`make rehearsal\``);
  const folder = join(stage.folder, 'edge');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(ROOT, 'edge-auth', 'verifier', 'index.mjs'), join(folder, 'index.mjs'));
  copyFileSync(addon, join(folder, 'verifier.node'));
  writeFileSync(join(folder, 'configuration.json'), JSON.stringify(stage.keys));
  return import(pathToFileURL(join(folder, 'index.mjs')).href);
}
