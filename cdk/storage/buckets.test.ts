import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofType, template, the } from '../test/galleries.ts';
import { text, type Statement } from '../test/reading.ts';

const least = template('least', 'Gallery');
const full = template('full', 'Gallery');

test('every bucket outlives the stack, under a name that the next deploy finds', () => {
  const buckets = ofType(least, 'AWS::S3::Bucket');
  assert.deepEqual(
    buckets.map(([, { Properties }]) => text(Properties.BucketName)).sort(),
    ['auth', 'resized', 'source', 'web'].map((name) => `heirloom-${name}-<AWS::AccountId>-eu-central-1`),
  );
  for (const [id, bucket] of buckets)
    assert.deepEqual([bucket.DeletionPolicy, bucket.UpdateReplacePolicy], ['Retain', 'Retain'], id);
});

test('in a deploy, where the account is known, names are written out: CloudFormation takes over no others', () => {
  for (const [id, { Properties }] of ofType(full, 'AWS::S3::Bucket')) {
    assert.match(Properties.BucketName, /^meyers-(source|resized|web|auth|logs)-123456789012-eu-west-1$/, id);
  }
});

test('pages of the gallery may put signed objects into the source bucket, and no other page into any', () => {
  for (const [one, address] of [
    [least, /^https:\/\/<DeliveryDistribution[0-9A-F]{8}\.DomainName>$/],
    [full, /^https:\/\/photos\.example\.com$/],
  ] as const) {
    for (const [id, { Properties }] of ofType(one, 'AWS::S3::Bucket')) {
      if (!id.startsWith('BucketsSource')) {
        assert.equal(Properties.CorsConfiguration, undefined, id);
        continue;
      }
      const [rule, ...others] = Properties.CorsConfiguration.CorsRules;
      assert.deepEqual(others, []);
      assert.deepEqual(rule.AllowedMethods, ['PUT']);
      assert.deepEqual(rule.AllowedHeaders, ['content-type', 'if-none-match', 'x-amz-checksum-sha256']);
      assert.equal(rule.AllowedOrigins.length, 1);
      assert.match(text(rule.AllowedOrigins[0]), address);
    }
  }
});

test('originals are versioned, tiered, and can be brought back for as long as the owner says', () => {
  for (const [one, days] of [
    [least, 90],
    [full, 365],
  ] as const) {
    const { Properties } = the(one, 'AWS::S3::Bucket', 'BucketsSource');
    assert.deepEqual(Properties.VersioningConfiguration, { Status: 'Enabled' });
    const [originals, markers] = Properties.LifecycleConfiguration.Rules;
    assert.deepEqual(originals.Transitions, [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 0 }]);
    assert.equal(originals.NoncurrentVersionExpiration.NoncurrentDays, days);
    assert.equal(originals.ExpirationInDays, undefined);
    assert.equal(markers.ExpiredObjectDeleteMarker, true);
  }
  assert.deepEqual(the(least, 'AWS::S3::Bucket', 'BucketsAuth').Properties.VersioningConfiguration, {
    Status: 'Enabled',
  });
});

test('large copies are tiered as well, and nothing that is made of originals expires', () => {
  const { LifecycleConfiguration } = the(least, 'AWS::S3::Bucket', 'BucketsResized').Properties;
  const [large, ...others] = LifecycleConfiguration.Rules;
  assert.deepEqual(others, []);
  assert.deepEqual(large.Transitions, [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 0 }]);
  assert.equal(large.Prefix, 'pics/');
  assert.equal(large.ObjectSizeGreaterThan, 1_000_000);
  assert.equal(large.ExpirationInDays, undefined);
});

test("the distribution reads what it serves, is told what is missing, and never sees the builder's state", () => {
  const policy = (bucket: string): Statement[] =>
    the(least, 'AWS::S3::BucketPolicy', `Buckets${bucket}Policy`).Properties.PolicyDocument.Statement;
  const served = (bucket: string) =>
    policy(bucket)
      .filter((statement) => JSON.stringify(statement.Principal).includes('cloudfront'))
      .map(({ Effect, Action, Resource, Condition }) => {
        if (Effect === 'Allow')
          assert.match(
            text(Condition?.['StringEquals']?.['AWS:SourceArn']),
            /distribution\/<DeliveryDistribution[0-9A-F]{8}>$/,
          );
        return `${Effect} ${String(Action)} ${text(Resource).replace(/[0-9A-F]{8}(?=[.>])/g, '')}`;
      })
      .sort();
  assert.deepEqual(served('Source'), [
    'Allow s3:GetObject <BucketsSource.Arn>/*',
    'Allow s3:ListBucket <BucketsSource.Arn>',
  ]);
  assert.deepEqual(served('Resized'), [
    'Allow s3:GetObject <BucketsResized.Arn>/pics/*',
    'Allow s3:ListBucket <BucketsResized.Arn>',
  ]);
  assert.deepEqual(served('Web'), [
    'Allow s3:GetObject <BucketsWeb.Arn>/*',
    'Allow s3:ListBucket <BucketsWeb.Arn>',
    'Deny s3:GetObject <BucketsWeb.Arn>/catalogue/*',
  ]);
  assert.deepEqual(served('Auth'), []);
});

test('access logs are kept when the owner wants them, and for as long', () => {
  assert.equal(
    ofType(least, 'AWS::S3::Bucket').some(([id]) => id.startsWith('AccessLogs')),
    false,
  );
  const logs = the(full, 'AWS::S3::Bucket', 'AccessLogs');
  assert.equal(logs.Properties.LifecycleConfiguration.Rules[0].ExpirationInDays, 30);
  for (const bucket of ['Source', 'Resized', 'Web', 'Auth']) {
    const { LoggingConfiguration } = the(full, 'AWS::S3::Bucket', `Buckets${bucket}`).Properties;
    assert.equal(LoggingConfiguration.LogFilePrefix, `s3/${bucket.toLowerCase()}/`);
  }
  const { Logging } = the(full, 'AWS::CloudFront::Distribution').Properties.DistributionConfig;
  assert.deepEqual([Logging.IncludeCookies, Logging.Prefix], [false, 'cloudfront/']);
});
