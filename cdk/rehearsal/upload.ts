// Uploading from a browser: what an owner is signed, and what the role behind it may do.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Journey } from './gallery.test.ts';
import { type Answer, signIn, urlEvent } from './sign-in.ts';
import type { Stage } from './stage.ts';

const PASSWORD = 'correct-horse-battery-staple-of-mine';

/** What the upload function answers about a file. */
interface Told {
  readonly state: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** Asks for one file. */
async function ask(stage: Stage, cookie: string, bytes: Buffer): Promise<{ status: number; file: Told | undefined }> {
  const sha256 = createHash('sha256').update(bytes).digest('base64');
  const body = JSON.stringify({ album: 'Family/Phone', files: [{ name: 'a.jpg', bytes: bytes.length, sha256 }] });
  const event = urlEvent('POST', '/auth/upload', { cookie }) as { headers: Record<string, string> };
  const answer = await stage.call<Answer>('upload', {
    ...event,
    headers: { ...event.headers, 'content-type': 'application/json' },
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  });
  return { status: answer.statusCode, file: JSON.parse(answer.body ?? '{}').files?.[0] };
}

/** Uploading. */
export function uploadJourneys(journey: Journey): void {
  journey('an owner is signed a request, which adds a photo; a viewer is not', async (stage) => {
    const bytes = Buffer.from('the bytes of a photo');
    await stage.letIn('otto', PASSWORD);
    const { cookie = '' } = await signIn(stage, 'otto', PASSWORD);
    assert.equal((await ask(stage, cookie, bytes)).status, 422);

    const record = JSON.parse((await stage.read('auth', 'users/otto.json')) ?? '{}');
    await stage.s3.send(
      new PutObjectCommand({
        Bucket: stage.bucket('auth'),
        Key: 'users/otto.json',
        Body: JSON.stringify({ ...record, role: 'owner' }),
      }),
    );
    const page = await stage.call<Answer>('upload', urlEvent('GET', '/auth/upload', { cookie }));
    assert.equal(page.statusCode, 200);
    const { status, file } = await ask(stage, cookie, bytes);
    assert.deepEqual([status, file?.state], [200, 'send']);
    const sent = await fetch(file?.url ?? '', {
      method: 'PUT',
      body: bytes,
      headers: Object.fromEntries(file?.headers ?? []),
    });
    assert.equal(sent.status, 200, await sent.text());
    assert.equal(await stage.read('source', 'Family/Phone/a.jpg'), bytes.toString());
    assert.equal((await ask(stage, cookie, bytes)).file?.state, 'there');
    await stage.remove('Family/Phone/a.jpg');
  });
}
