// The distribution: which path goes where, what is kept, and the gate before all of it.
//
// The behaviour is chosen by the path that the viewer asked for, before the gate rewrites it. So `/originals/a/b.jpg`
// goes to the source bucket as `/a/b.jpg`, and what the gate forwards as absent is missing in whichever bucket it
// lands. Paths and their buckets are the same as in `local::front::origin`.

import { Aws, Duration } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as route53Targets from 'aws-cdk-lib/aws-route53-targets';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { argued } from '../argued.ts';
import type { Configuration } from '../config/configuration.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import type { Buckets } from '../storage/buckets.ts';
import { headerPolicies } from './headers.ts';

/** What the distribution needs. */
export interface DeliveryProps {
  readonly configuration: Configuration;
  readonly buckets: Buckets;
  readonly signIn: SignIn;
  /** The gate's version. */
  readonly verifierArn: string;
  readonly certificateArn?: string | undefined;
  readonly accessLogs?: s3.IBucket | undefined;
}

/** The page for what is not there (`gallery::Key::NotFoundPage`). */
const NOT_FOUND = '/not-found.html';

/** The distribution and its address. */
export class Delivery extends Construct {
  readonly distribution: cloudfront.Distribution;
  /** `https://…`, without a slash at the end. */
  readonly address: string;

  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);
    const { configuration, buckets, signIn } = props;
    const { name } = configuration;
    const headers = headerPolicies(this, name, configuration.mapTiles);
    const kept = cachePolicies(this, name);
    const verifier = lambda.Version.fromVersionArn(this, 'Verifier', props.verifierArn);
    const gate = (includeBody = false) => [
      {
        eventType: cloudfront.LambdaEdgeEventType.VIEWER_REQUEST,
        functionVersion: verifier,
        ...(includeBody ? { includeBody } : {}),
      },
    ];
    const bucketAccess = new cloudfront.S3OriginAccessControl(this, 'BucketAccess', {
      originAccessControlName: `${name}-buckets`,
      signing: cloudfront.Signing.SIGV4_ALWAYS,
    });
    const fromBucket = (
      bucket: s3.IBucket,
      cachePolicy: cloudfront.ICachePolicy,
      responseHeadersPolicy: cloudfront.IResponseHeadersPolicy,
    ): cloudfront.BehaviorOptions => ({
      origin: origins.S3BucketOrigin.withBucketDefaults(bucket, {
        originAccessControlId: bucketAccess.originAccessControlId,
      }),
      allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD,
      cachedMethods: cloudfront.CachedMethods.CACHE_GET_HEAD,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      compress: true,
      cachePolicy,
      responseHeadersPolicy,
      edgeLambdas: gate(),
    });
    const functionAccess = new cloudfront.FunctionUrlOriginAccessControl(this, 'FunctionAccess', {
      originAccessControlName: `${name}-functions`,
      signing: cloudfront.Signing.SIGV4_ALWAYS,
    });
    const asked = requestsOfSignIn(this, name);
    const fromFunction = (url: lambda.IFunctionUrl): cloudfront.BehaviorOptions => ({
      origin: origins.FunctionUrlOrigin.withOriginAccessControl(url, {
        originAccessControl: functionAccess,
        readTimeout: Duration.seconds(15),
      }),
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      // A password that came over plain HTTP has been read by others already: it is refused, not redirected.
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      compress: true,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      originRequestPolicy: asked,
      responseHeadersPolicy: headers.signIn,
      // The signature covers the body's hash, which only somebody who sees the body can add.
      edgeLambdas: gate(true),
    });

    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: `${configuration.title} (${name})`,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      enableIpv6: true,
      priceClass: priceClass(configuration.region),
      defaultBehavior: fromBucket(buckets.web, kept.pages, headers.site),
      // The first that fits counts: renewal and uploads before the rest of `/auth/`.
      additionalBehaviors: {
        '/auth/renew': fromFunction(signIn.renewalUrl),
        '/auth/upload': fromFunction(signIn.uploadUrl),
        '/auth/*': fromFunction(signIn.loginUrl),
        '/pics/*': fromBucket(buckets.resized, kept.pictures, headers.site),
        '/originals/*': fromBucket(
          buckets.sourceByName(this),
          cloudfront.CachePolicy.CACHING_DISABLED,
          headers.originals,
        ),
        '/assets/*': fromBucket(buckets.web, kept.assets, headers.site),
        ...(headers.map === undefined ? {} : { '/map/*': fromBucket(buckets.web, kept.pages, headers.map) }),
      },
      errorResponses: errorResponses(),
      ...(configuration.countries.length > 0
        ? { geoRestriction: cloudfront.GeoRestriction.allowlist(...configuration.countries) }
        : {}),
      ...(props.accessLogs === undefined
        ? {}
        : {
            enableLogging: true,
            logBucket: props.accessLogs,
            logFilePrefix: 'cloudfront/',
            logIncludesCookies: false,
          }),
      ...(configuration.domain === undefined || props.certificateArn === undefined
        ? {}
        : {
            domainNames: [configuration.domain],
            minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            certificate: acm.Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn),
          }),
    });

    this.#argue(configuration);
    const arn = `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/${this.distribution.distributionId}`;
    buckets.grantDistribution('source', arn, ['*']);
    buckets.grantDistribution('resized', arn, ['pics/*']);
    // The builder's own state says more than any one viewer may see.
    buckets.grantDistribution('web', arn, ['*'], ['catalogue/*']);

    this.address = `https://${configuration.domain ?? this.distribution.distributionDomainName}`;
    buckets.openTo(this.address);
    this.#records(configuration);
  }

  #argue({ countries, accessLogs, domain }: Configuration): void {
    const say = (rule: string, reason: string) => argued(this.distribution, rule, reason);
    if (countries.length === 0) say('CFR1', 'Families live in many countries: `countries` in heirloom.toml narrows it');
    say(
      'CFR2',
      'A web ACL costs more a month than the whole gallery; the gate denies everything without a session before it reaches an origin, and login throttles',
    );
    if (!accessLogs)
      say(
        'CFR3',
        'The owner chose not to write down who looks at what: `access_logs = true` in heirloom.toml turns it on',
      );
    if (domain === undefined)
      say(
        'CFR4',
        "CloudFront sets the minimum for its own host name; browsers negotiate TLS 1.3, and a domain of the gallery's own gets TLS 1.2 at least",
      );
  }

  /** The domain's records, when its zone is in the account. */
  #records({ domain, zone }: Configuration): void {
    if (domain === undefined || zone === undefined) return;
    const props = {
      zone: route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', { zoneName: zone.name, hostedZoneId: zone.id }),
      recordName: `${domain}.`,
      target: route53.RecordTarget.fromAlias(new route53Targets.CloudFrontTarget(this.distribution)),
    };
    new route53.ARecord(this, 'Address', props);
    new route53.AaaaRecord(this, 'Address6', props);
  }
}

/**
 * What CloudFront keeps. The gate is asked before the cache, so what lies in it is behind the gate too; neither cookies
 * nor queries nor headers are part of a key, for the gate drops them on the way to a bucket.
 *
 * Pictures and pages are `private`, which tells CloudFront not to keep them either, unless a policy sets a least time
 * (AWS, "Manage how long content stays in the cache"). Without any, CloudFront would not compress the pages.
 */
function cachePolicies(scope: Construct, name: string) {
  const policy = (id: string, comment: string, least: Duration, otherwise: Duration, most: Duration) =>
    new cloudfront.CachePolicy(scope, id, {
      cachePolicyName: `${name}-${id.toLowerCase()}`,
      comment,
      minTtl: least,
      defaultTtl: otherwise,
      maxTtl: most,
      cookieBehavior: cloudfront.CacheCookieBehavior.none(),
      queryStringBehavior: cloudfront.CacheQueryStringBehavior.none(),
      headerBehavior: cloudfront.CacheHeaderBehavior.none(),
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    });
  const second = Duration.seconds(1);
  return {
    pages: policy('Pages', 'Pages change when photos come', second, second, Duration.days(1)),
    // A day and no longer: a photo that was deleted is gone from every cache by then, for those who kept its address.
    pictures: policy(
      'Pictures',
      'Pictures never change under their name',
      Duration.days(1),
      Duration.days(1),
      Duration.days(1),
    ),
    assets: policy('Assets', 'Assets never change under their name', second, Duration.days(1), Duration.days(365)),
  };
}

/** The cookies that signing in, renewal and uploads read (`session::cookie`, `login::devices`, `login::upload`). */
const COOKIES = ['__Host-session', '__Host-device', '__Host-owner'];

/**
 * What reaches the functions of a request. `Host` has to be the function's own, for the signature; the gate tells it the
 * gallery's in `x-forwarded-host`. A cookie that no function reads, another application's on the same domain, is none of
 * their business.
 */
function requestsOfSignIn(scope: Construct, name: string): cloudfront.OriginRequestPolicy {
  return new cloudfront.OriginRequestPolicy(scope, 'SignInRequests', {
    originRequestPolicyName: `${name}-sign-in`,
    comment: 'Everything but Host, and of the cookies those that are read',
    headerBehavior: cloudfront.OriginRequestHeaderBehavior.denyList('Host'),
    queryStringBehavior: cloudfront.OriginRequestQueryStringBehavior.all(),
    cookieBehavior: cloudfront.OriginRequestCookieBehavior.allowList(...COOKIES),
  });
}

/**
 * What a bucket's refusal becomes. Forbidden and missing look the same, and neither says which bucket or key it was.
 * Failures keep their status and are asked for again at once; S3's own words for them name nothing of the gallery's.
 */
function errorResponses(): cloudfront.ErrorResponse[] {
  const soon = Duration.seconds(1);
  const never = Duration.seconds(0);
  return [
    ...[403, 404].map((httpStatus) => ({
      httpStatus,
      responseHttpStatus: 404,
      responsePagePath: NOT_FOUND,
      ttl: soon,
    })),
    ...[400, 405, 414, 416, 500, 501, 502, 503, 504].map((httpStatus) => ({ httpStatus, ttl: never })),
  ];
}

/** North America and Europe are the cheapest; galleries elsewhere want places near them. */
function priceClass(region: string): cloudfront.PriceClass {
  return /^(us|ca|mx|eu|il)-/.test(region)
    ? cloudfront.PriceClass.PRICE_CLASS_100
    : cloudfront.PriceClass.PRICE_CLASS_ALL;
}
