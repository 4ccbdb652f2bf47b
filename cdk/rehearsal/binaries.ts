// Each binary under a second runtime, with events as AWS sends them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../deploy/commands.ts';
import { Binary, recorded } from './binary.ts';
import type { Journey } from './gallery.test.ts';
import type { Answer } from './sign-in.ts';
import type { Stage } from './stage.ts';

async function running(name: string, stage: Stage, use: (binary: Binary) => Promise<void>): Promise<void> {
  const binary = await Binary.start(name, stage);
  try {
    await use(binary);
  } finally {
    binary.stop();
  }
}

/** Recorded events, one binary at a time. */
export function binaryJourneys(journey: Journey): void {
  const nothingFailed = { batchItemFailures: [] };

  journey('cargo lambda: the resizer takes the test that S3 sends first, and a photo', async (stage) => {
    await stage.upload('Family/one photo ü.jpg', readFileSync(join(ROOT, 'docs', 'screenshots', 'album.jpg')));
    await running('resizer', stage, async (binary) => {
      assert.deepEqual(await binary.handle(recorded('s3-test', stage)), nothingFailed);
      assert.deepEqual(await binary.handle(recorded('s3-created', stage)), nothingFailed);
      assert.ok((await stage.listed('resized', 'facts/Family/')).length > 0);
    });
  });

  journey(
    'cargo lambda: the builder takes a test, a photo that is not its own, and its regular looks',
    async (stage) => {
      await running('builder', stage, async (binary) => {
        assert.deepEqual(await binary.handle(recorded('s3-test', stage)), nothingFailed);
        assert.deepEqual(await binary.handle(recorded('s3-created', stage)), nothingFailed);
        assert.equal(await binary.handle(recorded('daily', stage)), null);
        assert.equal(await binary.handle(recorded('catch-up', stage)), null);
      });
    },
  );

  journey('cargo lambda: login shows its page', async (stage) => {
    await running('login', stage, async (binary) => {
      const { statusCode, body } = await binary.handle<Answer>(recorded('login-page', stage));
      assert.equal(statusCode, 200);
      assert.match(body ?? '', /value="\/albums\/Family\/"/);
    });
  });
}
