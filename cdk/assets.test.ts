import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { builtAssets } from './assets.ts';

const folder = mkdtempSync(join(tmpdir(), 'heirloom-assets-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a deploy without the built code is refused with one sentence that says which and how', () => {
  assert.throws(
    () => builtAssets(folder),
    (error: Error) => {
      assert.ok(!error.message.includes('\n'));
      for (const file of [
        'heirloom-login/bootstrap',
        'heirloom-resizer/bootstrap',
        'heirloom-builder/bootstrap',
        'edge/verifier.zip',
      ]) {
        assert.ok(error.message.includes(file), error.message);
      }
      assert.match(error.message, /are not built yet: run `make deploy`/);
      return true;
    },
  );
});

test('the app says so too, and makes no template', () => {
  const config = join(folder, 'heirloom.toml');
  writeFileSync(config, 'title = "The Meyers"\nregion = "eu-central-1"\nemail = "gerda@example.com"\n');
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--no-warnings', '--import', 'tsx', 'bin/heirloom.ts'],
    {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', HEIRLOOM_CONFIG: config, CARGO_TARGET_DIR: folder },
    },
  );
  assert.equal(status, 1);
  assert.match(stderr, /are not built yet: run `make deploy`/);
  assert.doesNotMatch(stderr, /^\s+at /m);
  assert.equal(stdout, '');
});

test('what is built is found where the Makefile puts it', () => {
  for (const name of ['login', 'resizer', 'builder', 'mail']) {
    mkdirSync(join(folder, 'lambda', `heirloom-${name}`), { recursive: true });
    writeFileSync(join(folder, 'lambda', `heirloom-${name}`, 'bootstrap'), '');
  }
  assert.throws(() => builtAssets(folder), /verifier.zip is not built yet/);
  mkdirSync(join(folder, 'edge'));
  writeFileSync(join(folder, 'edge', 'verifier.zip'), '');
  assert.equal(builtAssets(folder).verifier, join(folder, 'edge', 'verifier.zip'));
});
