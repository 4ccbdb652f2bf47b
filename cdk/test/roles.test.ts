// What each role may do, exactly: every action and every resource. A right that is added or lost shows here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofType, template } from './galleries.ts';
import { rightsOf, statementsOf, text } from './reading.ts';

const gallery = template('least', 'Gallery');
const edge = template('least', 'Edge');

const ownLog = (log: string) => [`logs:CreateLogStream <${log}.Arn>`, `logs:PutLogEvents <${log}.Arn>`];
const work = (queue: string) =>
  ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'].map((action) => `${action} <${queue}.Arn>`);
const objects = (action: string, bucket: string, ...prefixes: string[]) =>
  prefixes.map((prefix) => `s3:${action} <Buckets${bucket}.Arn>/${prefix}`);

test('the resizer reads originals and keeps renditions and facts', () => {
  assert.deepEqual(
    rightsOf(gallery, 'PhotosResizerRole'),
    [
      ...ownLog('PhotosResizerLog'),
      ...objects('DeleteObject', 'Resized', 'facts/*', 'pics/*'),
      ...objects('GetObject', 'Resized', 'facts/*', 'pics/*'),
      ...objects('GetObject', 'Source', '*'),
      's3:ListBucket <BucketsResized.Arn>',
      's3:ListBucket <BucketsSource.Arn>',
      ...objects('PutObject', 'Resized', 'facts/*', 'pics/*'),
      ...work('PhotosResizeQueue'),
    ].sort(),
  );
});

test('the daily look lists, reads facts, removes what belongs to no photo, and tells the resizers', () => {
  assert.deepEqual(
    rightsOf(gallery, 'PhotosLookRole'),
    [
      ...ownLog('PhotosLookLog'),
      ...objects('DeleteObject', 'Resized', 'facts/*', 'pics/*'),
      ...objects('GetObject', 'Resized', 'facts/*', 'seen/*'),
      ...objects('GetObject', 'Source', 'gallery.yml'),
      's3:ListBucket <BucketsResized.Arn>',
      's3:ListBucket <BucketsSource.Arn>',
      ...objects('PutObject', 'Resized', 'seen/*'),
      'sqs:SendMessage <PhotosResizeQueue.Arn>',
    ].sort(),
  );
});

test('the builder reads facts and descriptions, never a photo, and keeps the site', () => {
  assert.deepEqual(
    rightsOf(gallery, 'PhotosBuilderRole'),
    [
      ...ownLog('PhotosBuilderLog'),
      ...objects('DeleteObject', 'Web', '*'),
      ...objects('GetObject', 'Resized', 'facts/*'),
      ...objects('GetObject', 'Source', '*.yml'),
      ...objects('GetObject', 'Web', '*'),
      's3:ListBucket <BucketsResized.Arn>',
      's3:ListBucket <BucketsSource.Arn>',
      's3:ListBucket <BucketsWeb.Arn>',
      ...objects('PutObject', 'Web', '*'),
      ...work('PhotosBuildQueue'),
    ].sort(),
  );
});

test('login reads and keeps viewers, and reads the keys', () => {
  assert.deepEqual(
    rightsOf(gallery, 'SignInLoginRole'),
    [
      ...ownLog('SignInLoginLog'),
      ...objects('DeleteObject', 'Auth', 'devices/*', 'throttle/*'),
      ...objects('GetObject', 'Auth', 'devices/*', 'imported/*', 'invitations/*', 'keys/*', 'throttle/*', 'users/*'),
      's3:ListBucket <BucketsAuth.Arn>',
      ...objects('PutObject', 'Auth', 'audit/*', 'devices/*', 'invitations/*', 'throttle/*', 'users/*'),
      ...objects('GetObject', 'Web', 'catalogue/gallery.json'),
    ].sort(),
  );
});

test('renewal reads viewers and keys, and writes the audit alone', () => {
  assert.deepEqual(
    rightsOf(gallery, 'SignInRenewalRole'),
    [
      ...ownLog('SignInRenewalLog'),
      ...objects('GetObject', 'Auth', 'keys/*', 'users/*'),
      's3:ListBucket <BucketsAuth.Arn>',
      ...objects('PutObject', 'Auth', 'audit/*'),
    ].sort(),
  );
});

test('upload reads who asks and what is there, and adds originals', () => {
  const source = 'arn:<AWS::Partition>:s3:::heirloom-source-<AWS::AccountId>-eu-central-1';
  assert.deepEqual(
    rightsOf(gallery, 'SignInUploadRole'),
    [
      ...ownLog('SignInUploadLog'),
      ...objects('GetObject', 'Auth', 'keys/*', 'users/*'),
      ...objects('GetObject', 'Resized', 'facts/*'),
      ...objects('GetObject', 'Web', 'catalogue/*'),
      `s3:GetObject ${source}/*`,
      's3:ListBucket <BucketsAuth.Arn>',
      's3:ListBucket <BucketsResized.Arn>',
      's3:ListBucket <BucketsWeb.Arn>',
      `s3:ListBucket ${source}`,
      ...objects('PutObject', 'Auth', 'audit/*'),
      `s3:PutObject ${source}/*`,
    ].sort(),
  );
});

test('the gate writes its log and nothing else', () => {
  const log = 'arn:<AWS::Partition>:logs:*:<AWS::AccountId>:log-group:/aws/lambda/us-east-1.heirloom-verifier:*';
  assert.deepEqual(
    rightsOf(edge, 'VerifierRole'),
    ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => `${action} ${log}`),
  );
});

test('there are no other roles, and each is taken on by whom it is for', () => {
  const taken = (one: typeof gallery) =>
    ofType(one, 'AWS::IAM::Role')
      .map(([id, { Properties }]) => [
        id.replace(/[0-9A-F]{8}$/, ''),
        Properties.AssumeRolePolicyDocument.Statement.flatMap(
          (statement: { Principal: { Service: unknown } }) => statement.Principal.Service,
        )
          .map(text)
          .sort()
          .join(),
      ])
      .sort();
  const byLambda = [
    'PhotosBuilderRole',
    'PhotosLookRole',
    'PhotosResizerRole',
    'SignInLoginRole',
    'SignInRenewalRole',
    'SignInUploadRole',
  ].map((role) => [role, 'lambda.amazonaws.com']);
  assert.deepEqual(taken(gallery), byLambda);
  assert.deepEqual(taken(edge), [['VerifierRole', 'edgelambda.amazonaws.com,lambda.amazonaws.com']]);
});

/** Requirement 25. */
test('the signing keys are read by login, renewal and upload alone', () => {
  const readers = ofType(gallery, 'AWS::IAM::Role')
    .map(([id]) => id)
    .filter((id) =>
      statementsOf(gallery, id).some((statement) => /<BucketsAuth/.test([statement.Resource].flat().map(text).join())),
    );
  assert.deepEqual(readers.map((id) => id.replace(/[0-9A-F]{8}$/, '')).sort(), [
    'SignInLoginRole',
    'SignInRenewalRole',
    'SignInUploadRole',
  ]);
});
