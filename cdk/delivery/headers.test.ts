import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ofType, template, the } from '../test/galleries.ts';
import { text } from '../test/reading.ts';
import headers from './headers.json' with { type: 'json' };

const gallery = template('least', 'Gallery');

/** Every header that a policy sets: its value, and whether the origin's own would be replaced. */
function sent(id: string): Record<string, [string, boolean]> {
  const { SecurityHeadersConfig: own, CustomHeadersConfig: custom } = the(
    gallery,
    'AWS::CloudFront::ResponseHeadersPolicy',
    id,
  ).Properties.ResponseHeadersPolicyConfig;
  const {
    ContentSecurityPolicy: csp,
    StrictTransportSecurity: hsts,
    ContentTypeOptions: type,
    FrameOptions: frame,
    ReferrerPolicy: referrer,
  } = own;
  const age = [
    `max-age=${hsts.AccessControlMaxAgeSec}`,
    ...(hsts.IncludeSubdomains ? ['includeSubDomains'] : []),
    ...(hsts.Preload ? ['preload'] : []),
  ].join('; ');
  return {
    'content-security-policy': [csp.ContentSecurityPolicy, csp.Override],
    'strict-transport-security': [age, hsts.Override],
    'x-content-type-options': ['nosniff', type.Override],
    'x-frame-options': [frame.FrameOption, frame.Override],
    'referrer-policy': [referrer.ReferrerPolicy, referrer.Override],
    ...Object.fromEntries(
      custom.Items.map((one: { Header: string; Value: string; Override: boolean }) => [
        one.Header,
        [one.Value, one.Override],
      ]),
    ),
  };
}

const all = (values: Record<string, string>, override: boolean) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value, override]]));

/** Requirement 19. That `headers.json` is the gate's list is tested where the gate is: `tests/rehearsal/headers.rs`. */
test("pages and pictures have the gate's headers, whatever the bucket says", () => {
  assert.deepEqual(sent('DeliverySiteHeaders'), all(headers.security, true));
});

test('originals are shown and never run, and are looked at again', () => {
  assert.deepEqual(sent('DeliveryOriginalHeaders'), {
    ...all({ ...headers.security, ...headers.originals }, true),
    'cache-control': ['private, no-cache', false],
  });
});

test('originals are as harmless here as on one machine', () => {
  const source = readFileSync(new URL('../../local/src/front/origin.rs', import.meta.url), 'utf8');
  assert.equal(/const NEVER_A_PAGE: &str = "([^"]+)";/.exec(source)?.[1], headers.originals['content-security-policy']);
});

test("signing in keeps its own headers, and what CloudFront says in its place has the gate's", () => {
  assert.deepEqual(sent('DeliverySignInHeaders'), all(headers.security, false));
});

test('every path has the headers that are meant for it', () => {
  const config = the(gallery, 'AWS::CloudFront::Distribution').Properties.DistributionConfig;
  const policies = Object.fromEntries(
    [config.DefaultCacheBehavior, ...config.CacheBehaviors].map(({ PathPattern, ResponseHeadersPolicyId }) => [
      PathPattern ?? 'otherwise',
      text(ResponseHeadersPolicyId).replace(/^<Delivery(\w+?)[0-9A-F]{8}>$/, '$1'),
    ]),
  );
  assert.deepEqual(policies, {
    otherwise: 'SiteHeaders',
    '/assets/*': 'SiteHeaders',
    '/pics/*': 'SiteHeaders',
    '/originals/*': 'OriginalHeaders',
    '/auth/*': 'SignInHeaders',
    '/auth/renew': 'SignInHeaders',
    '/auth/upload': 'SignInHeaders',
  });
  assert.equal(ofType(gallery, 'AWS::CloudFront::ResponseHeadersPolicy').length, 3);
});

test('the map alone may show tiles, and only those of the server that the owner named', () => {
  const policies = (one: typeof gallery) =>
    ofType(one, 'AWS::CloudFront::ResponseHeadersPolicy').map(
      ([, { Properties }]) =>
        Properties.ResponseHeadersPolicyConfig.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy,
    );
  assert.ok(policies(gallery).every((policy: string) => !policy.includes('https:')));
  const full = template('full', 'Gallery');
  assert.deepEqual(
    policies(full).filter((policy: string) => policy.includes('https:')),
    [
      headers.security['content-security-policy'].replace(
        "img-src 'self' data:",
        "img-src 'self' data: https://tiles.example.org",
      ),
    ],
  );
  const { CacheBehaviors } = the(full, 'AWS::CloudFront::Distribution').Properties.DistributionConfig;
  const map = CacheBehaviors.find(({ PathPattern }: { PathPattern: string }) => PathPattern === '/map/*');
  assert.match(text(map.ResponseHeadersPolicyId), /<DeliveryMapHeaders/);
});
