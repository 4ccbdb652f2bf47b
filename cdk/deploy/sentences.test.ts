import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GALLERIES } from '../test/galleries.ts';
import type { Account } from './account.ts';
import { farewell, nextSteps } from './sentences.ts';

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
  assert.match(told, /1\. Confirm the mail that AWS sends to gerda@example\.com/);
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

test('the farewell says that the originals stay, and where', () => {
  const told = farewell(least, { id: '123456789012', region: 'eu-central-1' } as Account);
  assert.match(told, /nothing that was in its buckets is/);
  for (const bucket of ['source', 'auth', 'resized', 'web'])
    assert.ok(told.includes(`heirloom-${bucket}-123456789012-eu-central-1`));
  assert.doesNotMatch(told, /rb --force s3:\/\/heirloom-(source|auth)/);
});
