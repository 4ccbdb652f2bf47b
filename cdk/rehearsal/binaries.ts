// Each binary under a second runtime, with events as AWS sends them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../deploy/commands.ts';
import { Binary, recorded } from './binary.ts';
import type { Journey } from './gallery.test.ts';
import { USER } from './mail-server.ts';
import type { Answer } from './sign-in.ts';
import type { Stage } from './stage.ts';

async function running(
  name: string,
  stage: Stage,
  use: (binary: Binary) => Promise<void>,
  settings: Record<string, string> = {},
): Promise<void> {
  const binary = await Binary.start(name, stage, settings);
  try {
    await use(binary);
  } finally {
    binary.stop();
  }
}

/** Recorded events, one binary at a time. */
export function binaryJourneys(journey: Journey): void {
  const nothingFailed = { batchItemFailures: [] };
  const key = 'Family/one photo ü.jpg';

  journey('cargo lambda: the resizer takes the test that S3 sends first, a photo, and its end', async (stage) => {
    const facts = async () => {
      const found = await Promise.all(
        (await stage.listed('resized', 'facts/Family/')).map((one) => stage.read('resized', one)),
      );
      return found.filter((text) => text?.includes(JSON.stringify(key))).length;
    };
    await stage.upload(key, readFileSync(join(ROOT, 'docs', 'screenshots', 'album.jpg')));
    await running('resizer', stage, async (binary) => {
      assert.deepEqual(await binary.invoke(recorded('s3-test', stage)), nothingFailed);
      assert.deepEqual(await binary.invoke(recorded('s3-created', stage)), nothingFailed);
      assert.equal(await facts(), 1);
      await stage.remove(key);
      assert.deepEqual(await binary.invoke(recorded('s3-removed', stage)), nothingFailed);
      await stage.until('the end of its facts', async () => (await facts()) === 0);
      // Without a queue to tell, it mends what it finds itself.
      assert.equal(await binary.invoke(recorded('daily', stage)), null);
    });
  });

  journey(
    'cargo lambda: the builder takes a test, a photo that is not its own, and its regular looks',
    async (stage) => {
      await running('builder', stage, async (binary) => {
        assert.deepEqual(await binary.invoke(recorded('s3-test', stage)), nothingFailed);
        assert.deepEqual(await binary.invoke(recorded('s3-created', stage)), nothingFailed);
        assert.deepEqual(await binary.invoke(recorded('s3-removed', stage)), nothingFailed);
        assert.equal(await binary.invoke(recorded('daily', stage)), null);
        assert.equal(await binary.invoke(recorded('catch-up', stage)), null);
      });
    },
  );

  journey('cargo lambda: login shows its page, and does not let a stranger in', async (stage) => {
    await running('login', stage, async (binary) => {
      const { statusCode, body } = await binary.invoke<Answer>(recorded('login-page', stage));
      assert.equal(statusCode, 200);
      assert.match(body ?? '', /value="\/albums\/Family\/"/);
      const refused = await binary.invoke<Answer>(recorded('login-form', stage));
      assert.deepEqual([refused.statusCode, refused.cookies ?? []], [401, []]);
    });
  });

  journey('cargo lambda: the mails take their hour', async (stage) => {
    const settings = {
      HEIRLOOM_MAIL: JSON.stringify({
        server: '127.0.0.1',
        port: stage.mailServer.port,
        user: USER,
        from: 'photos@example.com',
      }),
      HEIRLOOM_ADDRESS: 'https://photos.example.com',
    };
    const round = async (binary: Binary) => {
      const answer = await binary.invoke<{ sent: number; failed: number }>(recorded('hourly', stage));
      assert.equal(answer.failed, 0);
    };
    await running('mail', stage, round, settings);
  });
}
