// The stacks go, the buckets stay, and the next deploy takes them over.

import assert from 'node:assert/strict';
import type { Journey } from './gallery.test.ts';

/** The end, and the beginning after it. */
export function endJourneys(journey: Journey): void {
  journey('when the stacks are gone, everything that was in the buckets is there', async (stage) => {
    const before = await Promise.all(['source', 'auth', 'resized', 'web'].map((bucket) => stage.listed(bucket)));
    assert.ok(before.every((keys) => keys.length > 0));
    stage.destroy();
    await assert.rejects(stage.account.reconcile('heirloom-builder'), { name: 'ResourceNotFoundException' });
    const after = await Promise.all(['source', 'auth', 'resized', 'web'].map((bucket) => stage.listed(bucket)));
    assert.deepEqual(after, before);
  });

  journey('the next deploy takes the buckets over, with the key and the viewers in them', async (stage) => {
    const keys = await stage.account.keys('heirloom');
    assert.equal(keys.length, 1);
    stage.deployAgain();
    assert.deepEqual(await stage.account.keys('heirloom'), keys);
    assert.ok((await stage.listed('source')).includes('Family/after.jpg'));
    await stage.account.reconcile('heirloom-builder');
  });
}
