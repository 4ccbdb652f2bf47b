// The keys that sign sessions, as login keeps them in the auth bucket (`login::keys`) and as the gate is given them
// (the verifier's `configuration.json`).
//
// The first key is made here, because the gate carries the public half from its first deploy on. The private half goes
// from memory into the auth bucket and nowhere else.

import { createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';

/** A public key as the gate reads it: `x` as in a JWK (RFC 8037). */
export interface PublicKey {
  readonly kid: string;
  readonly x: string;
}

/** What the edge function is packed with. */
export interface EdgeConfiguration {
  readonly audience: string;
  readonly keys: readonly PublicKey[];
}

/** A key as the auth bucket holds it: 32 bytes in base64. Whoever reads it can sign in as anybody. */
export interface KeyRecord {
  readonly seed: string;
  readonly created: string;
  /** Whether it is stolen and dropped, and lies there only until everybody's sessions have ended. */
  readonly dropped?: boolean;
}

/** A key made just now, and where it is to lie. */
export interface NewKey {
  readonly path: string;
  readonly record: KeyRecord;
}

/** Makes a key. */
export function newKey(now: Date): NewKey {
  const record = { seed: randomBytes(32).toString('base64'), created: now.toISOString() };
  return { path: `keys/${publicHalf(record).kid}.json`, record };
}

/** The public half of a stored key. Its id follows from it: 80 bits of its SHA-256. */
export function publicHalf(record: KeyRecord): PublicKey {
  const seed = Buffer.from(record.seed, 'base64');
  if (seed.length !== 32) throw new Error('a signing key in the auth bucket is not 32 bytes long');
  const key = createPublicKey(createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' }));
  const x = key.export({ format: 'jwk' }).x;
  if (x === undefined) throw new Error('Ed25519 is not offered by this Node.js: update it');
  return { kid: createHash('sha256').update(Buffer.from(x, 'base64url')).digest('hex').slice(0, 20), x };
}

/** What the gate is told: the public halves of what is to be believed, oldest first. */
export function edgeConfiguration(audience: string, records: readonly KeyRecord[]): EdgeConfiguration {
  const byAge = records.filter(({ dropped }) => !dropped).sort((a, b) => a.created.localeCompare(b.created));
  return { audience, keys: byAge.map(publicHalf) };
}

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
