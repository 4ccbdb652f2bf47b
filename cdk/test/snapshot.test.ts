// One picture of everything at once: the whole gallery stack, without what changes by itself. A change shows in the
// diff of `snapshot.json`; `npm run snapshot` takes it anew.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { template } from './galleries.ts';

const file = join(import.meta.dirname, 'snapshot.json');

/** Without the hashes of what was built and the names that CDK derives from them. */
function scrubbed(value: unknown): unknown {
  const json = JSON.stringify(value, null, 1)
    .replaceAll(/[0-9a-f]{64}/g, '<hash>')
    .replaceAll(/(VerifierCurrentVersion[0-9A-F]{8})[0-9a-f]{32}[0-9A-F]{0,8}/g, '$1<hash>');
  return JSON.parse(json);
}

test('the templates are as they were', () => {
  const { Rules: _, Parameters: __, ...gallery } = template('least', 'Gallery') as unknown as Record<string, unknown>;
  const { Rules: ___, Parameters: ____, ...edge } = template('least', 'Edge') as unknown as Record<string, unknown>;
  const now = scrubbed({ edge, gallery });
  if (process.env['UPDATE_SNAPSHOT'] === 'yes') writeFileSync(file, `${JSON.stringify(now, null, 1)}\n`);
  assert.ok(existsSync(file), 'there is no snapshot: take it with `npm run snapshot`');
  assert.deepEqual(
    now,
    JSON.parse(readFileSync(file, 'utf8')),
    'the templates changed: look at the difference, then `npm run snapshot`',
  );
});
