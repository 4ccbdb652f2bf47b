// One mail for each viewer about what is new, sent by the deployed function, and the link that ends them.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ROOT } from '../deploy/commands.ts';
import { viewer } from '../deploy/viewer.ts';
import type { Journey } from './gallery.test.ts';
import { PASSWORD } from './mail-server.ts';
import { type Answer, urlEvent } from './sign-in.ts';
import type { Stage } from './stage.ts';

const PHOTO = readFileSync(join(ROOT, 'docs', 'screenshots', 'album.jpg'));

/** What the hourly rule sends: an event of EventBridge, of which the function reads nothing. */
const HOURLY: object = JSON.parse(readFileSync(join(import.meta.dirname, 'events', 'hourly.json'), 'utf8'));

/** Lets somebody in who is told of what comes from now on. */
async function letIn(stage: Stage, name: string, scope: 'all' | readonly string[]): Promise<void> {
  const since = new Date();
  const record = await viewer(name, 'correct-horse-battery-staple-of-mine', since);
  const mail = { address: `${name}@example.com`, since: since.toISOString(), key: randomBytes(16).toString('hex') };
  await stage.account.put('heirloom', `users/${name}.json`, { ...record, scope, mail });
}

/** Where an album's catalogue lies, and the gallery's own, which has no name. */
const catalogue = (album: string) => (album === '' ? 'catalogue/gallery.json' : `catalogue/albums/${album}/album.json`);

/** Uploads photos and waits until the gallery's own record knows of them. */
async function upload(stage: Stage, ...keys: readonly string[]): Promise<void> {
  // Two of the same size and length would be one photo that was moved, and no news: each is longer than those before.
  for (const key of keys)
    await stage.upload(key, Buffer.concat([PHOTO, Buffer.alloc((await stage.listed('source')).length)]));
  for (const album of new Set(keys.map((key) => key.slice(0, key.lastIndexOf('/'))))) {
    const originals = (await stage.listed('source', `${album}/`)).length;
    await stage.until(`${originals} photos of ${album} in the gallery's record`, async () => {
      const count = Object.keys(JSON.parse((await stage.read('web', catalogue(album))) ?? '{}').photos ?? {});
      return count.length === originals && (await isKnown(stage, album));
    });
  }
}

/** Whether an album's catalogue, as it is now, is the one that the catalogue above it tells of, and so on to the top. */
async function isKnown(stage: Stage, album: string): Promise<boolean> {
  const above = album.includes('/') ? album.slice(0, album.lastIndexOf('/')) : '';
  const [below, told] = await Promise.all([album, above].map((name) => stage.stored('web', catalogue(name))));
  if (below === undefined || !told?.text.includes(below.etag.replaceAll('"', ''))) return false;
  return above === '' || isKnown(stage, above);
}

/** Lets a viewer's last mail have been long ago: one a day is the most that anybody gets. */
async function aDayLater(stage: Stage, name: string): Promise<void> {
  const key = `mail/viewers/${name}.json`;
  const told = JSON.parse((await stage.read('auth', key)) ?? '');
  assert.ok(told.sent !== undefined, `${name} was told something`);
  const sent = new Date(Date.parse(told.sent) - 25 * 3_600_000).toISOString();
  await stage.s3.send(
    new PutObjectCommand({ Bucket: stage.bucket('auth'), Key: key, Body: JSON.stringify({ ...told, sent }) }),
  );
}

/** Mails. */
export function mailJourneys(journey: Journey): void {
  const round = (stage: Stage) => stage.call<{ sent: number; failed: number }>('mail', HOURLY);
  const to = (stage: Stage) => stage.mailServer.mails().map((mail) => mail.to);

  journey('without the password nothing is sent, and the function fails', async (stage) => {
    await letIn(stage, 'anna', 'all');
    await letIn(stage, 'tom', ['Friends']);
    await upload(stage, 'Meyers/Lake/1.jpg', 'Meyers/Lake/2.jpg', 'Friends/Party/1.jpg');
    await assert.rejects(round(stage), /heirloom notify --set-password/);
    assert.deepEqual(to(stage), []);
  });

  journey('each viewer gets one mail, about what they may see', async (stage) => {
    await stage.account.put('heirloom', 'mail/password.json', { password: PASSWORD });
    assert.deepEqual(await round(stage), { sent: 2, failed: 0 });
    const [anna, tom, ...others] = stage.mailServer.mails();
    assert.deepEqual([anna?.to, tom?.to, others], ['anna@example.com', 'tom@example.com', []]);
    assert.equal(anna?.headers.get('Subject'), '3 new photos in 2 albums');
    assert.equal(tom?.headers.get('Subject'), '1 new photo in “Party”');
    assert.match(anna?.text ?? '', /https:\/\/[^/]+\/albums\/Meyers\/Lake\//);
    assert.ok(!tom?.text.includes('Meyers') && !tom?.text.includes('Lake'));
    assert.deepEqual([anna?.pictures, tom?.pictures], [3, 1]);
    assert.deepEqual(await round(stage), { sent: 0, failed: 0 });
    assert.equal(to(stage).length, 2);
  });

  journey('the link that a mail carries ends the mails, without a session', async (stage) => {
    const tom = stage.mailServer.mails().find((mail) => mail.to === 'tom@example.com');
    const link = new URL((tom?.headers.get('List-Unsubscribe') ?? '').replace(/^<|>$/g, ''));
    const event = urlEvent('POST', link.pathname, {
      query: link.search.slice(1),
      form: { 'List-Unsubscribe': 'One-Click' },
    }) as { headers: Record<string, string> };
    // A mail program is no page of ours.
    const { origin: _, 'sec-fetch-site': __, ...headers } = event.headers;
    const answer = await stage.call<Answer>('login', { ...event, headers });
    assert.equal(answer.statusCode, 200, answer.body ?? '');
    assert.match(answer.body ?? '', /You get no more mails/);

    await upload(stage, 'Friends/Party/2.jpg');
    for (const name of ['anna', 'tom']) await aDayLater(stage, name);
    assert.deepEqual(await round(stage), { sent: 1, failed: 0 });
    assert.deepEqual(to(stage), ['anna@example.com', 'tom@example.com', 'anna@example.com']);
    assert.equal(stage.mailServer.mails()[2]?.headers.get('Subject'), '1 new photo in “Party”');
  });
}
