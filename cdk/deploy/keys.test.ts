import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgeConfiguration, newKey, publicHalf } from './keys.ts';

/** RFC 8032, section 7.1, tests 1 and 2. */
const SEEDS: [string, string][] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  ],
];

test('a public half is the one of the RFC', () => {
  for (const [seed, expected] of SEEDS) {
    const { x } = publicHalf({ seed: Buffer.from(seed, 'hex').toString('base64'), created: '' });
    assert.equal(Buffer.from(x, 'base64url').toString('hex'), expected);
  }
});

test('a new key lies where its name says, and its private half goes nowhere else', () => {
  const { path, record } = newKey(new Date('2026-01-02T03:04:05Z'));
  const configuration = edgeConfiguration('heirloom', [record]);
  assert.equal(path, `keys/${configuration.keys[0]?.kid}.json`);
  assert.match(path, /^keys\/[0-9a-f]{20}\.json$/);
  assert.deepEqual(Object.keys(configuration.keys[0] ?? {}), ['kid', 'x']);
  const seed = Buffer.from(record.seed, 'base64');
  for (const form of [record.seed, seed.toString('base64url'), seed.toString('hex')])
    assert.ok(!JSON.stringify(configuration).includes(form));
  assert.notEqual(newKey(new Date()).record.seed, record.seed);
});

test('the gate knows every key, the oldest first', () => {
  const [old, young] = SEEDS.map(([seed], index) => ({
    seed: Buffer.from(seed, 'hex').toString('base64'),
    created: `202${index}-01-01T00:00:00Z`,
  }));
  assert.ok(old !== undefined && young !== undefined);
  assert.deepEqual(edgeConfiguration('a', [young, old]).keys, [publicHalf(old), publicHalf(young)]);
  assert.deepEqual(edgeConfiguration('a', []).keys, []);
  const stolen = { ...old, dropped: true };
  assert.deepEqual(edgeConfiguration('a', [young, stolen]).keys, [publicHalf(young)]);
  assert.throws(() => publicHalf({ seed: 'AAAA', created: '' }), /not 32 bytes/);
});
