// The owner's deploy itself: what it told, what it keeps, and what a dry run leaves alone.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Journey } from './gallery.test.ts';

/** The first deploy, which the stage ran, and a dry run after it. */
export function deployJourneys(journey: Journey): void {
  journey(
    'the deploy tells the address and what is next, and keeps the keys that the gate was packed with',
    async (stage) => {
      assert.match(stage.told, /make --no-print-directory package KEYS=\S+heirloom\.keys\.json ARCHITECTURE=x86_64/);
      assert.match(stage.told, /The gallery is at https:\/\//);
      assert.match(stage.told, /1\. Confirm the mail that AWS sends to owner@example\.com/);
      assert.ok(stage.told.includes(`s3://${stage.bucket('source')}/`));
      assert.deepEqual(JSON.parse(readFileSync(stage.settings('heirloom.keys.json'), 'utf8')), stage.keys);
      assert.equal(stage.keys.keys.length, 1);
    },
  );

  journey('a dry run shows what would change, and changes nothing', async (stage) => {
    const file = stage.settings('heirloom.keys.json');
    const [keys, web] = [readFileSync(file, 'utf8'), await stage.listed('web')];
    // What a deploy that failed, or one on another machine, left there is not the dry run's to mend.
    writeFileSync(file, '{}');
    const { status, said } = stage.deploy('--dry-run');
    assert.equal(status, 0, said);
    assert.match(said, /There were no differences|Number of stacks with differences: 0/);
    assert.equal(readFileSync(file, 'utf8'), '{}');
    writeFileSync(file, keys);
    assert.deepEqual(await stage.listed('web'), web);
    assert.ok(existsSync(stage.settings('heirloom.toml')));
  });
}
