// Each binary under a second runtime, with events in the form that AWS sends them in.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../deploy/commands.ts';
import { Binary, sample, type Settings, withForm } from './binary.ts';
import type { Journey } from './gallery.test.ts';
import { mailSettings } from './mail-server.ts';
import type { Answer } from './sign-in.ts';
import type { Stage } from './stage.ts';

async function running(
  name: string,
  stage: Stage,
  use: (binary: Binary) => Promise<void>,
  settings: Settings = {},
): Promise<void> {
  const binary = await Binary.start(name, stage, settings);
  try {
    await use(binary);
  } finally {
    binary.stop();
  }
}

/** Buckets that a binary is told of in one of its roles, as the template tells it (`sign-in/sign-in.ts`), and no others. */
function toldOf(...buckets: readonly string[]): Settings {
  const others = ['source', 'resized', 'web', 'auth'].filter((bucket) => !buckets.includes(bucket));
  return Object.fromEntries(others.map((bucket) => [`HEIRLOOM_${bucket.toUpperCase()}_BUCKET`, undefined]));
}

/** Sample events, one binary at a time. */
export function binaryJourneys(journey: Journey): void {
  const nothingFailed = { batchItemFailures: [] };
  const key = 'Family/one photo ü.jpg';

  journey('cargo lambda: the resizer takes the test that S3 sends first, a photo, and its end', async (stage) => {
    await stage.upload(key, readFileSync(join(ROOT, 'docs', 'screenshots', 'album.jpg')));
    await running('resizer', stage, async (binary) => {
      assert.deepEqual(await binary.invoke(sample('s3-test', stage)), nothingFailed);
      assert.deepEqual(await binary.invoke(sample('s3-created', stage)), nothingFailed);
      assert.equal((await stage.factsOf(key)).length, 1);
      await stage.remove(key);
      assert.deepEqual(await binary.invoke(sample('s3-removed', stage)), nothingFailed);
      await stage.until('the end of its facts', async () => (await stage.factsOf(key)).length === 0);
      // Without a queue to tell, it mends what it finds itself.
      assert.equal(await binary.invoke(sample('daily', stage)), null);
    });
  });

  journey(
    'cargo lambda: the builder takes a test, a photo that is not its own, and its regular looks',
    async (stage) => {
      await running('builder', stage, async (binary) => {
        assert.deepEqual(await binary.invoke(sample('s3-test', stage)), nothingFailed);
        assert.deepEqual(await binary.invoke(sample('s3-created', stage)), nothingFailed);
        assert.deepEqual(await binary.invoke(sample('s3-removed', stage)), nothingFailed);
        assert.equal(await binary.invoke(sample('daily', stage)), null);
        assert.equal(await binary.invoke(sample('catch-up', stage)), null);
      });
    },
  );

  journey('cargo lambda: login shows its page, and does not let a stranger in', async (stage) => {
    await running('login', stage, async (binary) => {
      const { statusCode, body } = await binary.invoke<Answer>(sample('login-page', stage));
      assert.equal(statusCode, 200);
      assert.match(body ?? '', /value="\/albums\/Family\/"/);
      const refused = await binary.invoke<Answer>(sample('login-form', stage));
      assert.deepEqual([refused.statusCode, refused.cookies ?? []], [401, []]);
    });
  });

  journey('cargo lambda: login lets a viewer in, and in its other roles renews and signs an upload', async (stage) => {
    const password = 'correct-horse-battery-staple-of-mine';
    await stage.letIn('berta', password, 'owner');
    let cookie = '';
    await running(
      'login',
      stage,
      async (binary) => {
        const form = withForm(sample('login-form', stage), { name: 'berta', password, next: '/albums/Family/' });
        const { statusCode, headers, cookies } = await binary.invoke<Answer>(form);
        assert.deepEqual([statusCode, headers['location']], [303, '/albums/Family/']);
        cookie = cookies?.[0]?.split(';')[0] ?? '';
        assert.match(cookie, /^__Host-session=./);
      },
      toldOf('auth', 'web'),
    );
    await running(
      'login',
      stage,
      async (binary) => {
        const { statusCode, headers, cookies } = await binary.invoke<Answer>(sample('renew', stage, cookie));
        assert.deepEqual([statusCode, headers['location']], [303, '/albums/Family/']);
        assert.match(cookies?.[0] ?? '', /^__Host-session=./);
      },
      toldOf('auth'),
    );
    await running('login', stage, async (binary) => {
      const { statusCode, body } = await binary.invoke<Answer>(sample('upload', stage, cookie));
      assert.equal(statusCode, 200, body ?? '');
      assert.equal(JSON.parse(body ?? '{}').files[0].state, 'send');
    });
  });

  journey('cargo lambda: the mails take their hour', async (stage) => {
    const round = async (binary: Binary) => {
      const answer = await binary.invoke<{ sent: number; failed: number }>(sample('hourly', stage));
      assert.equal(answer.failed, 0);
    };
    await running('mail', stage, round, mailSettings(stage.mailServer));
  });
}
