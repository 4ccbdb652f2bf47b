// The four buckets, and who may do what in them.
//
// None of them is public, all of them speak TLS alone, and all of them outlive the stack: the originals because they
// are the family's, the viewers because somebody invited them, the rest because CloudFormation cannot delete a bucket
// that is not empty. Their names follow from the gallery's, so that a later deploy finds them again
// (`cdk deploy --import-existing-resources`).

import { Aws, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { argued } from '../argued.ts';
import type { RustFunction } from '../functions/rust-function.ts';

/** The buckets by what is in them. */
export type BucketName = 'source' | 'resized' | 'web' | 'auth';

/** What a function does in a bucket: prefixes of keys, or `*` for all of them. */
export interface Access {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly remove?: readonly string[];
}

/** How the buckets are kept. */
export interface BucketsProps {
  /** The gallery's name. */
  readonly name: string;
  /** How long a deleted or replaced original can be brought back, in days. */
  readonly keepDeletedDays: number;
  /** Where S3 writes down who asked for what. */
  readonly accessLogs?: s3.IBucket;
}

/** How long a replaced viewer's record or key can be brought back. */
const AUTH_HISTORY = Duration.days(30);

/** Larger copies are tiered, in bytes: those of all of a photo are, those that pages show are not. */
const LARGE = 1_000_000;

/**
 * A bucket's name in the account. Known before the bucket is there, so that policies can name it first; and when the
 * account is known, as in every deploy, written out: CloudFormation takes over buckets of a name without functions in it
 * (AWS, "Import AWS resources into a CloudFormation stack automatically").
 */
export function bucketName(scope: IConstruct, gallery: string, bucket: BucketName | 'logs'): string {
  const { account, region } = Stack.of(scope);
  return `${gallery}-${bucket}-${account}-${region}`;
}

/** A bucket's ARN, without waiting for the bucket. */
export function bucketArn(scope: IConstruct, gallery: string, bucket: BucketName): string {
  return `arn:${Aws.PARTITION}:s3:::${bucketName(scope, gallery, bucket)}`;
}

/** The four buckets. */
export class Buckets extends Construct {
  readonly source: s3.Bucket;
  readonly resized: s3.Bucket;
  readonly web: s3.Bucket;
  readonly auth: s3.Bucket;
  readonly #gallery: string;

  constructor(scope: Construct, id: string, props: BucketsProps) {
    super(scope, id);
    this.#gallery = props.name;
    const made = (name: BucketName, own: Partial<s3.BucketProps>) =>
      new s3.Bucket(this, capitalised(name), {
        bucketName: bucketName(this, props.name, name),
        blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
        objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption: s3.BucketEncryption.S3_MANAGED,
        enforceSSL: true,
        minimumTLSVersion: 1.2,
        removalPolicy: RemovalPolicy.RETAIN,
        ...(props.accessLogs === undefined
          ? {}
          : { serverAccessLogsBucket: props.accessLogs, serverAccessLogsPrefix: `s3/${name}/` }),
        ...own,
      });
    const bucket = (name: BucketName, own: Partial<s3.BucketProps>) => {
      const one = made(name, own);
      if (props.accessLogs === undefined) {
        argued(
          one,
          'S1',
          'The owner chose not to write down who looks at what: `access_logs = true` in heirloom.toml turns it on',
        );
      }
      return one;
    };
    this.source = bucket('source', {
      versioned: true,
      lifecycleRules: [
        {
          id: 'originals',
          transitions: [{ storageClass: s3.StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(0) }],
          noncurrentVersionExpiration: Duration.days(props.keepDeletedDays),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
        {
          // A deletion leaves a marker; it goes when the last version under it has gone.
          id: 'markers',
          expiredObjectDeleteMarker: true,
        },
      ],
    });
    this.resized = bucket('resized', {
      lifecycleRules: [
        {
          // Copies of all of a photo, which somebody looks at once in a while.
          id: 'large',
          prefix: 'pics/',
          objectSizeGreaterThan: LARGE,
          transitions: [{ storageClass: s3.StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(0) }],
        },
      ],
    });
    this.web = bucket('web', {});
    this.auth = bucket('auth', {
      versioned: true,
      lifecycleRules: [
        { id: 'history', noncurrentVersionExpiration: AUTH_HISTORY },
        // What `login::Login::tidy` does on one machine: counts of tries are forgotten after half a day, and a device
        // that has not been used for 400 days has lost its cookie. When an invitation ends, S3 does not know: the
        // owner's commands `invite` and `user` remove those.
        { id: 'tries', prefix: 'throttle/', expiration: Duration.days(2) },
        { id: 'devices', prefix: 'devices/', expiration: Duration.days(401) },
      ],
    });
  }

  /**
   * Tells a function of a bucket and lets it do what it has to there.
   *
   * Listing comes with every access and has no prefix in its condition: without it S3 answers 403 for an object that is
   * not there, and whether an object is there is what the handlers ask (AWS, "GetObject", permissions).
   */
  grant(to: RustFunction, name: BucketName, access: Access): void {
    const bucket = this[name];
    const objects = (prefixes: readonly string[]) => prefixes.map((prefix) => bucket.arnForObjects(prefix));
    to.tell(`HEIRLOOM_${name.toUpperCase()}_BUCKET`, bucket.bucketName);
    to.allow(['s3:ListBucket'], [bucket.bucketArn]);
    const { read = [], write = [], remove = [] } = access;
    if (read.length > 0) to.allow(['s3:GetObject'], objects(read));
    if (write.length > 0) to.allow(['s3:PutObject'], objects(write));
    if (remove.length > 0) to.allow(['s3:DeleteObject'], objects(remove));
    const logicalId = Stack.of(bucket).getLogicalId(bucket.node.defaultChild as s3.CfnBucket);
    for (const prefix of new Set([...read, ...write, ...remove])) {
      argued(
        to.role,
        'IAM5',
        'Photos, pages and viewers come and go: the right is for what lies under a prefix of one bucket',
        `Resource::<${logicalId}.Arn>/${prefix}`,
      );
    }
  }

  /**
   * Lets a function add originals, and look whether they are there. It names the bucket without waiting for it: the
   * bucket lets the gallery's pages send to it, and whose address that is follows from the distribution, which has the
   * function behind it.
   */
  grantAdding(to: RustFunction): void {
    const arn = bucketArn(this, this.#gallery, 'source');
    to.tell('HEIRLOOM_SOURCE_BUCKET', bucketName(this, this.#gallery, 'source'));
    to.allow(['s3:ListBucket'], [arn]);
    to.allow(['s3:GetObject', 's3:PutObject'], [`${arn}/*`]);
    const { account, region } = Stack.of(this);
    const shown = (value: string, pseudo: string) => (Token.isUnresolved(value) ? `<AWS::${pseudo}>` : value);
    const place = `${shown(account, 'AccountId')}-${shown(region, 'Region')}`;
    argued(
      to.role,
      'IAM5',
      'Owners name albums as they like: the right is for any object of one bucket, and for adding alone',
      `Resource::arn:<AWS::Partition>:s3:::${this.#gallery}-source-${place}/*`,
    );
  }

  /** Lets pages of one site, the gallery's, send objects to the source bucket: with a signed request, and no other way. */
  openTo(address: string): void {
    this.source.addCorsRule({
      allowedOrigins: [address],
      allowedMethods: [s3.HttpMethods.PUT],
      allowedHeaders: ['content-type', 'if-none-match', 'x-amz-checksum-sha256'],
      exposedHeaders: ['ETag'],
      maxAge: 3000,
    });
  }

  /** The source bucket by its name alone, for who must not wait for it. */
  sourceByName(scope: Construct): s3.IBucket {
    const { region } = Stack.of(this);
    return s3.Bucket.fromBucketAttributes(scope, 'SourceByName', {
      bucketName: bucketName(this, this.#gallery, 'source'),
      region,
    });
  }

  /** Lets CloudFront, on behalf of one distribution, read objects of a bucket and be told that others are not there. */
  grantDistribution(
    name: Exclude<BucketName, 'auth'>,
    distributionArn: string,
    prefixes: readonly string[],
    never: readonly string[] = [],
  ): void {
    const bucket = this[name];
    const principals = [new iam.ServicePrincipal('cloudfront.amazonaws.com')];
    const conditions = { StringEquals: { 'AWS:SourceArn': distributionArn } };
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'ReadByTheDistribution',
        principals,
        conditions,
        actions: ['s3:GetObject'],
        resources: prefixes.map((prefix) => bucket.arnForObjects(prefix)),
      }),
    );
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'MissingIsNotFound',
        principals,
        conditions,
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
      }),
    );
    if (never.length > 0) {
      bucket.addToResourcePolicy(
        new iam.PolicyStatement({
          sid: 'NeverServed',
          effect: iam.Effect.DENY,
          principals,
          actions: ['s3:GetObject'],
          resources: never.map((prefix) => bucket.arnForObjects(prefix)),
        }),
      );
    }
  }
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
