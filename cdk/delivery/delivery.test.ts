import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofType, template, the } from '../test/galleries.ts';
import { text } from '../test/reading.ts';

const least = template('least', 'Gallery');
const full = template('full', 'Gallery');
const config = the(least, 'AWS::CloudFront::Distribution').Properties.DistributionConfig;

test('paths lead to the buckets that the one-machine gallery takes them from', () => {
  const origin = (id: string) => text(config.Origins.find((one: { Id: string }) => one.Id === id).DomainName);
  const ways = [...config.CacheBehaviors, config.DefaultCacheBehavior].map(
    ({ PathPattern, TargetOriginId }) =>
      `${PathPattern ?? 'otherwise'} -> ${/^heirloom-source-|<(Buckets[A-Z][a-z]+|SignIn[A-Z][a-z]+Function)|(SignIn[A-Z][a-z]+)Function/.exec(origin(TargetOriginId))?.[0]?.replace('<', '')}`,
  );
  assert.deepEqual(ways, [
    '/auth/renew -> SignInRenewalFunction',
    '/auth/upload -> SignInUploadFunction',
    '/auth/* -> SignInLoginFunction',
    '/pics/* -> BucketsResized',
    '/originals/* -> heirloom-source-',
    '/assets/* -> BucketsWeb',
    'otherwise -> BucketsWeb',
  ]);
});

test('what changes is asked for again, what cannot change is kept', () => {
  const times = Object.fromEntries(
    ofType(least, 'AWS::CloudFront::CachePolicy').map(
      ([
        ,
        {
          Properties: { CachePolicyConfig: one },
        },
      ]) => [one.Name, [one.MinTTL, one.DefaultTTL, one.MaxTTL]],
    ),
  );
  assert.deepEqual(times, {
    'heirloom-pages': [1, 1, 86_400],
    'heirloom-pictures': [86_400, 86_400, 86_400],
    'heirloom-assets': [1, 86_400, 31_536_000],
  });
  const kept = (pattern?: string) =>
    [...config.CacheBehaviors, config.DefaultCacheBehavior].find(({ PathPattern }) => PathPattern === pattern);
  assert.match(text(kept().CachePolicyId), /<DeliveryPages/);
  assert.match(text(kept('/pics/*').CachePolicyId), /<DeliveryPictures/);
  assert.match(text(kept('/assets/*').CachePolicyId), /<DeliveryAssets/);
});

test('it speaks HTTP/2 and 3, compresses, and names no page of its own', () => {
  assert.equal(config.HttpVersion, 'http2and3');
  for (const behaviour of [config.DefaultCacheBehavior, ...config.CacheBehaviors])
    assert.equal(behaviour.Compress, true);
  // The gate decides what `/` is.
  assert.equal(config.DefaultRootObject, undefined);
});

test('a domain has its certificate, its records and TLS 1.2', () => {
  assert.equal(config.Aliases, undefined);
  const own = the(full, 'AWS::CloudFront::Distribution').Properties.DistributionConfig;
  assert.deepEqual(own.Aliases, ['photos.example.com']);
  assert.equal(own.ViewerCertificate.MinimumProtocolVersion, 'TLSv1.2_2021');
  assert.match(text(own.ViewerCertificate.AcmCertificateArn), /^<meyers-edge@us-east-1\./);
  assert.deepEqual(
    ofType(full, 'AWS::Route53::RecordSet')
      .map(([, { Properties }]) => [Properties.Name, Properties.Type])
      .sort(),
    [
      ['photos.example.com.', 'A'],
      ['photos.example.com.', 'AAAA'],
    ],
  );
});

test('countries are let in by name, or all of them', () => {
  assert.equal(config.Restrictions, undefined);
  const { GeoRestriction } = the(full, 'AWS::CloudFront::Distribution').Properties.DistributionConfig.Restrictions;
  assert.deepEqual(GeoRestriction, { RestrictionType: 'whitelist', Locations: ['DE', 'AT'] });
});
