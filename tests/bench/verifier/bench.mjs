// The edge function against its budget, side by side in one run:
//
//     node bench.mjs verifier.zip RAW_VERIFICATION
//
// RAW_VERIFICATION is the example `raw_verification` of `session`. Everything that is compared takes turns, round by
// round, so that a machine with other things to do is unfair to all alike; ratios are medians of each round's ratio.
// Leaves with an error when a budget is missed.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { JwtVerifier } from 'aws-jwt-verify';

const [zip, raw] = process.argv.slice(2);
const ROUNDS = 31;
const TOKENS = 200;
const TIMES_SEEN = 5000;
const NOW = Math.floor(Date.now() / 1000);

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const { x } = publicKey.export({ format: 'jwk' });
const bundle = mkdtempSync(join(tmpdir(), 'heirloom-bench-'));
process.on('exit', () => rmSync(bundle, { recursive: true }));
execFileSync('python3', ['-m', 'zipfile', '--extract', zip, bundle]);
writeFileSync(join(bundle, 'configuration.json'), JSON.stringify({ audience: 'gallery', keys: [{ kid: 'k1', x }] }));
const index = pathToFileURL(join(bundle, 'index.mjs')).href;
const { handler } = await import(index);

const aws = JwtVerifier.create({ issuer: 'heirloom', audience: 'gallery', jwksUri: 'https://gallery.example/jwks.json' });
aws.cacheJwks({ keys: [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', kid: 'k1', x }] });

let minted = 0;
function token() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jti = Buffer.alloc(16);
  jti.writeUInt32LE((minted += 1));
  const claims = { iss: 'heirloom', aud: 'gallery', typ: 'session', sub: 'gerda', iat: NOW, exp: NOW + 86_400, rca: NOW + 86_400,
    gen: 1, jti: jti.toString('base64url'), scope: 'all', home: 'all' };
  const message = `${part({ alg: 'EdDSA', typ: 'JWT', kid: 'k1' })}.${part(claims)}`;
  return `${message}.${sign(null, Buffer.from(message), privateKey).toString('base64url')}`;
}

/** A picture's request as CloudFront tells it, with the headers that a browser sends. */
function event(cookie) {
  const headers = { host: 'gallery.example', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    accept: 'image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5', 'accept-language': 'de,en-US;q=0.7,en;q=0.3',
    'accept-encoding': 'gzip, deflate, br, zstd', referer: 'https://gallery.example/albums/Family/Lisbon_2024/', dnt: '1',
    'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': 'same-origin', cookie: `theme=dark; __Host-session=${cookie}` };
  return { Records: [{ cf: {
    config: { distributionDomainName: 'd111111abcdef8.cloudfront.net', distributionId: 'EDFDVBD6EXAMPLE', eventType: 'viewer-request',
      requestId: '4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==' },
    request: { clientIp: '203.0.113.178', method: 'GET', querystring: '', uri: '/pics/Family/0123456789abcdef0123/00ff-360.jpg',
      headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, [{ key, value }]])) },
  } }] };
}

const of = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/**
 * Microseconds for each, one after the other: the median of small portions, each well below a millisecond or two, so that
 * other programs that get the processor in between make a few portions long and not all.
 */
async function time(list, portion, work) {
  const times = [];
  for (let at = 0; at < list.length; at += portion) {
    const some = list.slice(at, at + portion);
    const since = process.hrtime.bigint();
    for (const each of some) await work(each);
    times.push(Number(process.hrtime.bigint() - since) / 1000 / some.length);
  }
  return of(times);
}

const passes = async (asked) => {
  if ((await handler(asked)).uri === undefined) throw new Error('the gate refused a session');
};
const times = { strict: [], plain: [], addon: [], seen: [], aws: [], node: [], bare: [], load: [], nothing: [] };
const known = token();
const node = (importing) => {
  const script = `const since = performance.now(); ${importing}; process.stdout.write(String(performance.now() - since));`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
};
for (let round = 0; round < ROUNDS; round += 1) {
  const tokens = Array.from({ length: TOKENS }, token);
  const { strict, plain } = JSON.parse(execFileSync(raw, [String(known.lastIndexOf('.'))], { encoding: 'utf8' }));
  times.strict.push(strict / 1000);
  times.plain.push(plain / 1000);
  times.addon.push(await time(tokens.map(event), 10, passes));
  times.aws.push(await time(tokens, 10, async (each) => aws.verifySync(each)));
  times.node.push(await time(tokens, 10, async (each) => {
    const [header, claims, signature] = each.split('.');
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url'));
    const { iss, aud, exp } = JSON.parse(Buffer.from(claims, 'base64url'));
    const ours = alg === 'EdDSA' && kid === 'k1' && iss === 'heirloom' && aud === 'gallery' && exp > NOW;
    const message = Buffer.from(`${header}.${claims}`);
    if (!ours || !verify(null, message, publicKey, Buffer.from(signature, 'base64url'))) throw new Error('refused');
  }));
  const parts = tokens.map((each) => [Buffer.from(each.slice(0, each.lastIndexOf('.'))), Buffer.from(each.slice(each.lastIndexOf('.') + 1), 'base64url')]);
  times.bare.push(await time(parts, 10, async ([message, signature]) => {
    if (!verify(null, message, publicKey, signature)) throw new Error('refused');
  }));
  times.seen.push(await time(Array.from({ length: TIMES_SEEN }, () => event(known)), 200, passes));
  times.load.push(node(`await import(${JSON.stringify(index)})`));
  times.nothing.push(node('await import("data:text/javascript,")'));
}
const serving = `const { handler } = await import(${JSON.stringify(index)}); const asked = ${JSON.stringify(event(known))};
  for (let i = 0; i < 20000; i += 1) await handler(structuredClone(asked)); console.log(process.resourceUsage().maxRSS);`;
const alone = 'console.log(process.resourceUsage().maxRSS);';
const memory = (script) => Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })) / 1024;

const median = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, of(list)]));
const load = of(times.load.map((time, round) => time - times.nothing[round]));
const size = statSync(zip).size;
const served = memory(serving);
let missed = 0;
const line = (what, value, unit, budget = '', held = true) => {
  if (!held) missed += 1;
  const figure = `${value.toFixed(unit === 'B' ? 0 : 2)} ${unit}`;
  console.log(`${what.padEnd(62)}${figure.padStart(12)}   ${budget}${budget && (held ? '  held' : '  MISSED')}`);
};
const ratio = (what, one, other, limit, most) => {
  const value = of(times[one].map((time, round) => time / times[other][round]));
  const budget = limit ? `${most ? 'at most' : 'at least'} ${limit}` : '';
  line(what, value, 'x', budget, !limit || (most ? value <= limit : value >= limit));
};

console.log(`The edge function, medians of ${ROUNDS} rounds, Node ${process.version}. A decision is a whole call of the handler.\n`);
line('Ed25519 alone in Rust, strict (as the gate does it)', median.strict, 'us');
line('Ed25519 alone in Rust, not strict', median.plain, 'us');
line('a decision on a token never seen', median.addon, 'us');
ratio('  to Ed25519 alone in Rust, strict', 'addon', 'strict', 1.6, true);
ratio('  to Ed25519 alone in Rust, not strict', 'addon', 'plain', 1.6, true);
line('aws-jwt-verify, the token alone', median.aws, 'us');
ratio('  to a decision', 'aws', 'addon', 2, false);
line('node:crypto, a token checked by hand', median.node, 'us');
ratio('  to a decision', 'node', 'addon', 2, false);
line('node:crypto, the signature alone', median.bare, 'us');
ratio('  to a decision', 'bare', 'addon');
line('a decision on a token seen before', median.seen, 'us', 'at most 3 us', median.seen <= 3);
line('loading adds to Node', load, 'ms', 'at most 5 ms', load <= 5);
line('resident memory after 20,000 decisions, Node included', served, 'MB', 'under 60 MB', served < 60);
line('  of which Node alone', memory(alone), 'MB');
line('the bundle, zipped', size, 'B', 'at most 400,000 B', size <= 400_000);
process.exitCode = missed === 0 ? 0 : 1;
