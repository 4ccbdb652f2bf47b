import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'heirloom-weigh-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Weighs as `make package` does. */
function weigh(...files: string[]) {
  return spawnSync('python3', [join(import.meta.dirname, 'weigh.py'), '--most', '8000000', ...files], {
    encoding: 'utf8',
  });
}

test('what is packed is weighed zipped, and more than eight megabytes are refused', () => {
  const [small, large] = [join(folder, 'small'), join(folder, 'large')];
  writeFileSync(small, Buffer.alloc(9_000_000));
  // What is random cannot be packed any smaller.
  writeFileSync(large, randomBytes(8_000_001));
  const good = weigh(small);
  assert.deepEqual([good.status, good.stderr], [0, '']);
  assert.match(good.stdout, /^\d{4,5} .*small\n$/);
  const refused = weigh(small, large);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /large is 8,\d{3},\d{3} bytes zipped, and a function has 8,000,000 at most/);
  assert.doesNotMatch(refused.stderr, /small is/);
});

test('`make package` weighs every function', () => {
  const makefile = readFileSync(join(import.meta.dirname, '..', '..', 'Makefile'), 'utf8');
  const recipe = /^package:[\s\S]*?\n\n/m.exec(makefile)?.[0] ?? '';
  assert.match(
    recipe,
    /weigh\.py --most 8000000 "\$\(TARGET\)"\/lambda\/heirloom-\{login,resizer,builder,mail\}\/bootstrap/,
  );
});
