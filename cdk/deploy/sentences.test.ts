import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GALLERIES } from '../test/galleries.ts';
import type { Account } from './account.ts';
import { farewell, latePages, nextSteps } from './sentences.ts';

const OUTPUTS = {
  Address: 'https://photos.example.com',
  DistributionDomain: 'd111.cloudfront.net',
  SourceBucket: 'heirloom-source-1-eu',
  Builder: 'heirloom-builder',
};
const {
  least: { configuration: least },
  full: { configuration: full },
} = GALLERIES;

test('the address and the next steps are told', () => {
  const told = nextSteps(least, OUTPUTS);
  assert.match(told, /The gallery is at https:\/\/photos\.example\.com/);
  assert.match(told, /1\. Confirm the two mails that AWS sends to gerda@example\.com/);
  assert.match(nextSteps({ ...least, region: 'us-east-1' }, OUTPUTS), /1\. Confirm the mail that AWS sends/);
  assert.match(told, /make viewer NAME=/);
  assert.match(told, /s3:\/\/heirloom-source-1-eu\//);
  assert.doesNotMatch(told, /CNAME|Commit/);
});

test("who keeps the domain's records and who pushes is told what else to do", () => {
  assert.match(nextSteps(full, OUTPUTS), /Commit heirloom\.toml and heirloom\.keys\.json to meyer\/gallery/);
  const { zone: _, ...without } = full;
  assert.match(nextSteps(without, OUTPUTS), /1\. Point photos\.example\.com to d111\.cloudfront\.net/);
  assert.doesNotMatch(nextSteps(full, OUTPUTS), /CNAME/);
});

const ACCOUNT = { id: '123456789012', region: 'eu-central-1' } as Account;

test('the farewell says that the originals stay, and where', () => {
  for (const gone of [true, false]) {
    const told = farewell(least, ACCOUNT, gone);
    for (const bucket of ['source', 'auth', 'resized', 'web'])
      assert.ok(told.includes(`heirloom-${bucket}-123456789012-eu-central-1`));
    assert.doesNotMatch(told, /rb --force s3:\/\/heirloom-(source|auth)/);
    assert.doesNotMatch(told, /-(logs|pipeline)-/);
  }
  assert.match(farewell(least, ACCOUNT, true), /The gallery is gone; nothing that was in its buckets is/);
  assert.doesNotMatch(farewell(least, ACCOUNT, true), /run `make destroy` again/);
});

test('an end that AWS refused says what stays and when to try again', () => {
  const told = farewell(least, ACCOUNT, false);
  assert.doesNotMatch(told, /is gone/);
  assert.match(told, /AWS did not remove everything.*The buckets stay/);
  assert.match(told, /run `make destroy` again in some hours/);
});

test('logs and the builds of a pipeline are not forgotten', () => {
  const told = farewell({ ...full, region: 'eu-central-1' }, ACCOUNT, true);
  for (const bucket of [
    'logs-123456789012-eu-central-1',
    'pipeline-123456789012-eu-central-1',
    'pipeline-123456789012-us-east-1',
  ])
    assert.ok(told.includes(`aws s3 rb --force s3://meyers-${bucket}\n`), bucket);
});

test('pages that come late are told with the reason and what to do', () => {
  const { message } = latePages(new Error('the builder failed: out of time'));
  assert.match(message, /is deployed, but making its first pages failed \(the builder failed: out of time\): run/);
});
