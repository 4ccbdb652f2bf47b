// The edge function in the Node.js versions that Lambda@Edge offers: the bundle loads and decides, and the gate's own
// tests, the vectors among them, pass around the addon that is in it.
//
// REHEARSAL_ZIP names the packed zip, REHEARSAL_ADDON the addon out of it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ROOT } from '../deploy/commands.ts';
import { viewerRequest } from './viewer-request.ts';

const VERIFIER = join(ROOT, 'edge-auth', 'verifier');
const NODES = join(import.meta.dirname, 'nodes', 'node_modules');
const ADDON = process.env['REHEARSAL_ADDON'] ?? '';
const ZIP = process.env['REHEARSAL_ZIP'] ?? '';

const folder = mkdtempSync(join(tmpdir(), 'heirloom-edge-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The gate's tests that need no addon but this one. */
const OWN_TESTS = readdirSync(VERIFIER, { recursive: true, encoding: 'utf8' })
  .filter(
    (file) =>
      file.endsWith('.test.mjs') && !readFileSync(join(VERIFIER, file), 'utf8').includes('VERIFIER_THAT_PANICS'),
  )
  .map((file) => join(VERIFIER, file));

for (const major of ['20', '22', '24'])
  describe(`Node.js ${major}`, () => {
    const node = join(NODES, `node${major}`, 'bin', 'node');
    const run = (args: string[], env: Record<string, string> = {}) =>
      spawnSync(node, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', ...env } });

    test('is what it says', () => {
      assert.match(run(['--version']).stdout, new RegExp(`^v${major}\\.`));
    });

    test("the gate's own tests pass", () => {
      assert.ok(existsSync(ADDON), 'REHEARSAL_ADDON names no addon: run `make rehearsal`');
      assert.ok(OWN_TESTS.length > 0);
      const { status, stdout } = run(['--test', '--test-reporter=tap', ...OWN_TESTS], { VERIFIER: ADDON });
      assert.equal(status, 0, stdout);
      assert.match(stdout, /^# pass [1-9]/m);
    });

    test('the packed bundle loads, and denies a stranger', () => {
      const bundle = join(folder, major);
      assert.equal(spawnSync('python3', ['-m', 'zipfile', '-e', ZIP, bundle]).status, 0);
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
