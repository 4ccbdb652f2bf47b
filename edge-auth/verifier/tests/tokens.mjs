// Tokens as vectors.json describes them, made and signed with Node's own cryptography.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

export const AUDIENCE = 'gallery';
const SEEDS = { first: 1, second: 4, foreign: 2 };

/** The key of a seed that repeats one byte (PKCS #8, RFC 8410). */
function keyOf(name) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, SEEDS[name])]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return { key, x, kid: createHash('sha256').update(Buffer.from(x, 'base64url')).digest('hex').slice(0, 20) };
}

const KEYS = Object.fromEntries(Object.keys(SEEDS).map((name) => [name, keyOf(name)]));

export const CONFIGURATION = JSON.stringify({
  audience: AUDIENCE,
  keys: ['first', 'second'].map((name) => ({ kid: KEYS[name].kid, x: KEYS[name].x })),
});

/** The text with every `<a*3>` written out as `aaa`. */
export const expanded = (text) => text.replace(/<([^*]*)\*(\d+)>/g, (_, letter, count) => letter.repeat(Number(count)));

const encoded = (bytes) => Buffer.from(bytes).toString('base64url');
const decoded = (part) => Buffer.from(part, 'base64url');

/** The token that a vector describes, as it stands in the cookie. */
export function made(described, now) {
  const { key: name = 'first', audience = AUDIENCE, issued = 0, rca = 600, exp = 2_592_000, collections = 0 } = described;
  const scope = described.scope ?? Array.from({ length: collections }, (_, n) => `Collection_${String(n).padStart(4, '0')}`);
  const { key, kid } = KEYS[name];
  const claims = part({
    iss: 'heirloom', aud: audience, typ: 'session', sub: 'gerda', iat: now + issued, exp: now + exp, rca: now + rca, gen: 1,
    jti: encoded(Buffer.alloc(16, 3)), scope, home: homeOf(scope),
  }, described.claims, described.without, described.twice);
  const header = part({ alg: 'EdDSA', typ: 'JWT', kid }, described.header, described.without_header, described.twice_header);
  const message = [
    substituted(described.raw_header ?? header),
    described.raw_claims === undefined ? claims : expanded(described.raw_claims),
  ].map(encoded).join('.');
  return changed(`${message}.${encoded(sign(null, Buffer.from(message), key))}`, described.then);
}

/** The home page of a scope: `all`, or 80 bits of a hash of its sorted collections. */
function homeOf(scope) {
  if (scope === 'all') return 'all';
  return createHash('sha256').update(scope.toSorted().join('/')).digest('hex').slice(0, 20);
}

/** A part as JSON, with members put over it, taken away, or said twice. */
function part(whole, over = {}, without = [], twice = undefined) {
  const members = Object.fromEntries(Object.entries({ ...whole, ...over }).filter(([name]) => !without.includes(name)));
  const json = expanded(JSON.stringify(members));
  return twice === undefined ? json : `{${JSON.stringify(twice)}:${JSON.stringify(members[twice])},${json.slice(1)}`;
}

/** `$first` and `$second` are these keys' ids, `$foreign` is the foreign key itself. */
const substituted = (text) =>
  text.replaceAll('$first', KEYS.first.kid).replaceAll('$second', KEYS.second.kid).replaceAll('$foreign', KEYS.foreign.x);

/** What is done to a finished token. */
function changed(token, change) {
  const [header, claims, signature] = token.split('.');
  const bytes = decoded(signature);
  const signed = (other) => `${header}.${claims}.${encoded(other)}`;
  const rewritten = (text, from, to) => encoded(decoded(text).toString().replace(from, to));
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const changes = {
    undefined: () => token,
    quoted: () => `"${token}"`,
    padded: () => `${token}=`,
    cut: () => token.slice(0, -1),
    spaced: () => `${token} `,
    newline: () => `${token}\n`,
    tab: () => `${token}\t`,
    doubled: () => token + token,
    'upper case': () => token.toUpperCase(),
    'two parts': () => `${header}.${claims}`,
    'four parts': () => `${token}.AAAA`,
    unsigned: () => `${header}.${claims}.`,
    zeros: () => signed(Buffer.alloc(64)),
    'small order': () => signed(Buffer.from([1, ...Buffer.alloc(63)])),
    short: () => signed(bytes.subarray(0, 63)),
    long: () => signed(Buffer.concat([bytes, Buffer.alloc(1)])),
    malleated: () => signed(malleated(bytes)),
    neighbour: () => `${header}.${claims}.${signature.slice(0, 85)}${alphabet[alphabet.indexOf(signature[85]) + 1]}`,
    'standard alphabet': () => `${header}.${claims.slice(0, -1)}+.${signature}`,
    'claims changed': () => `${header}.${rewritten(claims, 'gerda', 'gerdb')}.${signature}`,
    'header changed': () => `${rewritten(header, 'JWT', 'JWS')}.${claims}.${signature}`,
  };
  return changes[change]();
}

/** A signature with the group's order added to S, both little-endian. */
function malleated(signature) {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()]);
}
