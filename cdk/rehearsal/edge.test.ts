// The edge function in the Node.js versions that Lambda@Edge offers: the packed zip is unpacked, loads and decides, and the
// gate's own tests, the vectors among them, pass around the index.mjs and the addon that are in it.
//
// REHEARSAL_ZIP names the packed zip.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT } from '../deploy/commands.ts';
import { viewerRequest } from './viewer-request.ts';

const VERIFIER = join(ROOT, 'edge-auth', 'verifier');
const NODES = join(import.meta.dirname, 'nodes', 'node_modules');
const ZIP = process.env['REHEARSAL_ZIP'] ?? '';

const bundle = mkdtempSync(join(tmpdir(), 'heirloom-edge-'));
before(() => {
  const unpacked = spawnSync('python3', ['-m', 'zipfile', '-e', ZIP, bundle], { encoding: 'utf8' });
  assert.equal(unpacked.status, 0, `REHEARSAL_ZIP is to name the packed gate, not "${ZIP}": ${unpacked.stderr}`);
});
after(() => rmSync(bundle, { recursive: true, force: true }));

/** The gate's tests. Those that need an addon that panics skip themselves: nobody packs one. */
const OWN_TESTS = readdirSync(join(VERIFIER, 'tests'))
  .filter((file) => file.endsWith('.test.mjs'))
  .map((file) => join(VERIFIER, 'tests', file));

/** Of these, the tests that need such an addon. */
const SKIPPED = 2;

for (const major of ['20', '22', '24'])
  describe(`Node.js ${major}`, () => {
    const node = join(NODES, `node${major}`, 'bin', 'node');
    const run = (args: string[], env: Record<string, string> = {}) =>
      spawnSync(node, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', ...env } });

    test('is what it says', () => {
      assert.match(run(['--version']).stdout, new RegExp(`^v${major}\\.`));
    });

    test("the gate's own tests pass with what is in the zip", () => {
      assert.ok(OWN_TESTS.length > 1);
      const { status, stdout } = run(['--test', '--test-reporter=tap', ...OWN_TESTS], {
        VERIFIER: join(bundle, 'verifier.node'),
        VERIFIER_INDEX: join(bundle, 'index.mjs'),
      });
      assert.equal(status, 0, stdout);
      assert.match(stdout, /^# pass [1-9]/m);
      assert.match(stdout, new RegExp(`^# skipped ${SKIPPED}$`, 'm'));
    });

    test('the packed bundle loads, and denies a stranger', () => {
      assert.deepEqual(readdirSync(bundle).sort(), ['configuration.json', 'index.mjs', 'verifier.node']);
      const event = viewerRequest('/pics/a/b/c.jpg', { host: [{ key: 'Host', value: 'd.cloudfront.net' }] });
      const script = `const { handler } = await import(${JSON.stringify(join(bundle, 'index.mjs'))}); console.log(JSON.stringify(await handler(${JSON.stringify(event)})));`;
      const { status, stdout, stderr } = run(['--input-type=module', '--eval', script]);
      assert.equal(status, 0, stderr);
      // 401 is the gate's own word; 503 would be the glue's, without a gate.
      assert.equal(JSON.parse(stdout).status, '401');
    });
  });

test('the packed bundle is small and holds no private key', () => {
  assert.ok(statSync(ZIP).size <= 1_000_000);
  const listed = spawnSync(
    'python3',
    ['-c', 'import sys,zipfile; print(zipfile.ZipFile(sys.argv[1]).read("configuration.json").decode())', ZIP],
    { encoding: 'utf8' },
  );
  const { audience, keys, ...more } = JSON.parse(listed.stdout);
  assert.equal(typeof audience, 'string');
  assert.deepEqual(more, {});
  for (const key of keys) assert.deepEqual(Object.keys(key).sort(), ['kid', 'x']);
});
