// The stacks go, the buckets stay.

import assert from 'node:assert/strict';
import type { Journey } from './gallery.test.ts';

/** The end. */
export function endJourneys(journey: Journey): void {
  journey('when the stacks are gone, everything that was in the buckets is there', async (stage) => {
    const before = await Promise.all(['source', 'auth', 'resized', 'web'].map((bucket) => stage.listed(bucket)));
    assert.ok(before.every((keys) => keys.length > 0));
    const { status, said } = stage.deploy('--destroy');
    assert.equal(status, 0, said);
    assert.match(said, /The gallery is gone; nothing that was in its buckets is/);
    for (const bucket of ['source', 'auth', 'resized', 'web']) assert.ok(said.includes(stage.bucket(bucket)), bucket);
    await assert.rejects(stage.account.reconcile('heirloom-builder'), { name: 'ResourceNotFoundException' });
    const after = await Promise.all(['source', 'auth', 'resized', 'web'].map((bucket) => stage.listed(bucket)));
    assert.deepEqual(after, before);
  });

  // The next deploy takes the buckets over. That is not rehearsed: the emulator checks for taken names before it looks
  // for what is to be imported. What CloudFormation asks for is tested on the templates (`storage/buckets.test.ts`).
}
