// The security headers that CloudFront puts on what the buckets answer: the gate's, from `headers.json`.
//
// The gate's own list is `session::headers::SECURITY`; a test of the `tests` workspace member compares the two.

import { Duration } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import headers from './headers.json' with { type: 'json' };

/** The policies of a gallery. */
export interface HeaderPolicies {
  /** Pages and pictures: the gate's headers, whatever the bucket says. */
  readonly site: cloudfront.ResponseHeadersPolicy;
  /** The map, whose pictures of the earth come from somebody else's server; only if the owner named one. */
  readonly map?: cloudfront.ResponseHeadersPolicy;
  /** Originals: shown as pictures, never run as pages, looked at again each time. */
  readonly originals: cloudfront.ResponseHeadersPolicy;
  /** Signing in: the function sets its own; what CloudFront answers in its place has the gate's. */
  readonly signIn: cloudfront.ResponseHeadersPolicy;
}

/** The headers of each kind of answer. */
export function headerPolicies(scope: Construct, name: string, mapTiles?: string): HeaderPolicies {
  const { security } = headers;
  return {
    site: policy(scope, 'SiteHeaders', { name: `${name}-site`, values: security, override: true }),
    ...(mapTiles === undefined
      ? {}
      : {
          map: policy(scope, 'MapHeaders', {
            name: `${name}-map`,
            values: { ...security, 'content-security-policy': withTiles(mapTiles) },
            override: true,
          }),
        }),
    originals: policy(scope, 'OriginalHeaders', {
      name: `${name}-originals`,
      values: { ...security, ...headers.originals },
      override: true,
      fallback: { 'cache-control': 'private, no-cache' },
    }),
    signIn: policy(scope, 'SignInHeaders', { name: `${name}-sign-in`, values: security, override: false }),
  };
}

/** As `session::headers::policy_with_tiles` says it. */
function withTiles(origin: string): string {
  return headers.security['content-security-policy'].replace("img-src 'self' data:", `img-src 'self' data: ${origin}`);
}

/** What S3 adds that concerns nobody. */
const REMOVED = ['x-amz-server-side-encryption', 'x-amz-version-id', 'x-amz-storage-class'];

/** The five that CloudFront has a place of its own for; the others are custom headers. */
const OWN_PLACE = new Set([
  'content-security-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
  'referrer-policy',
]);

interface Wanted {
  readonly name: string;
  readonly values: typeof headers.security;
  readonly override: boolean;
  readonly fallback?: Record<string, string>;
}

function policy(
  scope: Construct,
  id: string,
  { name, values, override, fallback = {} }: Wanted,
): cloudfront.ResponseHeadersPolicy {
  const maxAge = /^max-age=(\d+)$/.exec(values['strict-transport-security'])?.[1];
  const referrer = Object.values(cloudfront.HeadersReferrerPolicy).find((known) => known === values['referrer-policy']);
  if (
    maxAge === undefined ||
    referrer === undefined ||
    values['x-frame-options'] !== 'DENY' ||
    values['x-content-type-options'] !== 'nosniff'
  ) {
    throw new Error(
      'delivery/headers.json holds a security header in a form that delivery/headers.ts does not know: teach it there',
    );
  }
  const custom = Object.entries(values)
    .filter(([header]) => !OWN_PLACE.has(header))
    .map(([header, value]) => ({ header, value, override }));
  const filled = Object.entries(fallback).map(([header, value]) => ({ header, value, override: false }));
  return new cloudfront.ResponseHeadersPolicy(scope, id, {
    responseHeadersPolicyName: name,
    securityHeadersBehavior: {
      contentSecurityPolicy: { contentSecurityPolicy: values['content-security-policy'], override },
      strictTransportSecurity: { accessControlMaxAge: Duration.seconds(Number(maxAge)), override },
      contentTypeOptions: { override },
      frameOptions: { frameOption: cloudfront.HeadersFrameOption.DENY, override },
      referrerPolicy: { referrerPolicy: referrer, override },
    },
    customHeadersBehavior: { customHeaders: [...custom, ...filled] },
    removeHeaders: REMOVED,
  });
}
