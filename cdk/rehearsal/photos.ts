// From a dropped photo to its page, and back, through the deployed stacks: S3, SNS, SQS, our binaries.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { ROOT } from '../deploy/commands.ts';
import type { Journey } from './gallery.test.ts';

const PHOTO = readFileSync(join(ROOT, 'docs', 'screenshots', 'album.jpg'));

/** The photos' way. */
export function photoJourneys(journey: Journey): void {
  journey("the first deploy leaves the site's own files and an empty home", async (stage) => {
    const files = await stage.until("the site's own files", async () => {
      const listed = await stage.listed('web');
      return listed.includes('not-found.html') && listed.includes('home/all/index.html') && listed;
    });
    assert.ok(files.some((file) => /^assets\/site-.*\.css$/.test(file)));
    assert.ok(files.includes('robots.txt'));
  });

  journey('photos that are dropped become pages', async (stage) => {
    await stage.upload('Family/Lisbon 2024/one.jpg', PHOTO);
    await stage.upload('Family/Lisbon 2024/two.jpg', PHOTO);
    await stage.upload('Family/metadata.yml', 'title: The whole family\n', 'application/yaml');
    const page = await stage.until("the album's page with two photos", async () => {
      const html = await stage.read('web', 'albums/Family/Lisbon_2024/index.html');
      return html !== undefined && new Set(html.match(/\/pics\/Family\/[0-9a-f]+\//g)).size === 2 && html;
    });
    assert.ok(page.includes('Lisbon 2024'));
    await stage.until('the title out of metadata.yml', async () =>
      (await stage.read('web', 'albums/Family/index.html'))?.includes('The whole family'),
    );
    assert.ok((await stage.listed('resized', 'facts/Family/Lisbon_2024/')).length === 2);
    // What the page shows is there.
    for (const [, picture] of page.matchAll(/\/(pics\/[^" ]+)/g))
      assert.ok((await stage.listed('resized', picture ?? '')).length > 0, picture);
  });

  journey('a photo that is deleted leaves no trace', async (stage) => {
    await stage.remove('Family/Lisbon 2024/two.jpg');
    await stage.until('the page with one photo', async () => {
      const html = await stage.read('web', 'albums/Family/Lisbon_2024/index.html');
      return html !== undefined && new Set(html.match(/\/pics\/Family\/[0-9a-f]+\//g)).size === 1;
    });
    assert.equal((await stage.listed('resized', 'facts/')).length, 1);
    assert.equal(new Set((await stage.listed('resized', 'pics/')).map((key) => key.split('/')[2])).size, 1);
  });

  journey('what lost events left is found by the daily look, and mended by the resizers', async (stage) => {
    const [facts = ''] = await stage.listed('resized', 'facts/Family/Lisbon_2024/');
    const before = await stage.listed('resized', 'pics/');
    await stage.s3.send(new DeleteObjectCommand({ Bucket: stage.bucket('resized'), Key: before[0] }));
    await stage.account.reconcile('heirloom-look');
    await stage.until('the lost rendition', async () =>
      (await stage.listed('resized', 'pics/')).includes(before[0] ?? ''),
    );
    assert.deepEqual(await stage.listed('resized', 'pics/'), before);
    assert.ok(
      (await stage.read('resized', 'seen/facts.json')) !== undefined,
      'what was seen is kept for the next look',
    );
    await stage.s3.send(new DeleteObjectCommand({ Bucket: stage.bucket('resized'), Key: facts }));
    await stage.account.reconcile('heirloom-look');
    await stage.until('the lost facts', () => stage.read('resized', facts));
  });

  journey('a file that is no photo is refused with a reason, and holds nothing up', async (stage) => {
    await stage.upload('Family/Lisbon 2024/poison.jpg', 'this is no photo');
    await stage.upload('Family/Lisbon 2024/three.jpg', PHOTO);
    const facts = await stage.until('facts with a reason', async () => {
      for (const key of await stage.listed('resized', 'facts/Family/Lisbon_2024/')) {
        const text = await stage.read('resized', key);
        if (text?.includes('poison.jpg')) return text;
      }
      return undefined;
    });
    assert.match(facts, /reason/);
    await stage.until('the photo after it', async () => {
      const html = await stage.read('web', 'albums/Family/Lisbon_2024/index.html');
      return html !== undefined && new Set(html.match(/\/pics\/Family\/[0-9a-f]+\//g)).size === 2;
    });
  });

  journey('when all photos are gone, so is the album', async (stage) => {
    for (const file of ['one', 'three', 'poison']) await stage.remove(`Family/Lisbon 2024/${file}.jpg`);
    await stage.until(
      'no page',
      async () => (await stage.read('web', 'albums/Family/Lisbon_2024/index.html')) === undefined,
    );
    await stage.until('no facts and no pictures', async () => {
      // What the look saw holds hashes alone, and is made anew by the next.
      const left = await stage.listed('resized');
      return left.every((key) => key.startsWith('seen/'));
    });
  });

  journey('a message that nobody understands ends among the dead letters', async (stage) => {
    const { QueueUrl } = await stage.sqs.send(new GetQueueUrlCommand({ QueueName: 'heirloom-resize' }));
    const { QueueUrl: deadLetters } = await stage.sqs.send(
      new GetQueueUrlCommand({ QueueName: 'heirloom-resize-dead-letters' }),
    );
    // Five receptions would take an hour at the deployed pace.
    await stage.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '1' } }));
    await stage.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'this is no notification' }));
    await stage.until('one dead letter', async () => {
      const { Attributes } = await stage.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ['ApproximateNumberOfMessages'] }),
      );
      return Attributes?.['ApproximateNumberOfMessages'] === '1';
    });
    await stage.upload('Family/after.jpg', PHOTO);
    await stage.until('the photo after it', async () =>
      (await stage.read('web', 'albums/Family/index.html'))?.includes('/pics/Family/'),
    );
  });
}
