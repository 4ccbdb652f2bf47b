import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argon2Verify } from 'hash-wasm';
import { passphrase, viewer } from './viewer.ts';

test("a viewer's record is the one that login reads", async () => {
  const record = await viewer('gerda', 'correct-horse-battery-staple', new Date('2026-11-23T15:00:00Z'));
  assert.deepEqual(
    { ...record, password: '' },
    { name: 'gerda', password: '', scope: 'all', generation: 1795446000000, created: '2026-11-23T15:00:00.000Z' },
  );
  assert.match(record.password, /^\$argon2id\$v=19\$m=65536,t=3,p=1\$/);
  assert.ok(await argon2Verify({ password: 'correct-horse-battery-staple', hash: record.password }));
  assert.ok(!(await argon2Verify({ password: 'correct-horse-battery-staplf', hash: record.password })));
});

test('names that login would not read are refused', async () => {
  for (const name of ['', 'Gerda', '-g', 'a/b', 'x'.repeat(65)])
    await assert.rejects(viewer(name, 'x', new Date()), /cannot be a viewer's name/, name);
});

test('a passphrase is six words, another each time', () => {
  assert.match(passphrase(), /^([a-z]{3,7}-){5}[a-z]{3,7}$/);
  assert.notEqual(passphrase(), passphrase());
});
