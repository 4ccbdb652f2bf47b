// A photo's way: source bucket -> resizer -> resized bucket -> builder -> web bucket.
//
// S3 allows one destination for one event and key, and a `metadata.yml` lies among the photos: so the source bucket
// tells a topic, which hands everything to the resizer's queue and what is metadata to the builder's. The other buckets
// tell the builder's queue themselves. The messages are the same S3 notifications either way (raw delivery).

import { Aws, Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Assets } from '../assets.ts';
import type { Configuration } from '../config/configuration.ts';
import { RustFunction } from '../functions/rust-function.ts';
import { bucketArn, type BucketName, type Buckets } from '../storage/buckets.ts';
import { WorkQueue } from './work-queue.ts';

/** What the flow needs. */
export interface PhotoFlowProps {
  readonly configuration: Configuration;
  readonly assets: Assets;
  readonly buckets: Buckets;
  /** How many resizers may run at once. */
  readonly resizersAtOnce: number;
}

/** One photo at a time: a function has memory for one. */
const RESIZE_BATCH = 1;
/** A rendering takes about a second; the largest originals that are let in, a few dozen. */
const RESIZE_TIMEOUT = Duration.minutes(2);
/** A look at 100,000 photos is a thousand listings, a few dozen at a second; when it must read all facts, three minutes more. */
const LOOK_TIMEOUT = Duration.minutes(15);
/** A build works on what changed; a reconcile of 100,000 photos lists for about a minute. */
const BUILD_TIMEOUT = Duration.minutes(5);
/**
 * 500 photos uploaded at once are through the resizers within a minute, and so are four builds. A single photo shows
 * within half a minute.
 */
const BUILD_WINDOW = Duration.seconds(15);
/** The feed, the timeline and the map may lag behind the albums by so much; looking costs one request. */
const CATCH_UP = Duration.minutes(15);
/** More than fit into the 6 MB of one event; Lambda takes as many as fit. */
const BUILD_BATCH = 10_000;

/** The resizer, the builder and what they are told. */
export class PhotoFlow extends Construct {
  readonly resizer: RustFunction;
  readonly builder: RustFunction;
  /** Tells the resizers once a day what is not as it should be. */
  readonly look: RustFunction;
  readonly resize: WorkQueue;
  readonly build: WorkQueue;

  constructor(scope: Construct, id: string, props: PhotoFlowProps) {
    super(scope, id);
    const { configuration, assets, buckets } = props;
    const { name, architecture, logDays } = configuration;

    this.resizer = new RustFunction(this, 'Resizer', {
      functionName: `${name}-resizer`,
      description: 'Originals in, renditions and facts out',
      code: assets.resizer,
      architecture,
      // 768 MiB for the pixels (`resizer::Limits`), the original and the renditions beside them.
      memory: 2048,
      timeout: RESIZE_TIMEOUT,
      logDays,
    });
    buckets.grant(this.resizer, 'source', { read: ['*'] });
    buckets.grant(this.resizer, 'resized', {
      read: ['facts/*', 'pics/*'],
      write: ['facts/*', 'pics/*'],
      remove: ['facts/*', 'pics/*'],
    });

    this.builder = new RustFunction(this, 'Builder', {
      functionName: `${name}-builder`,
      description: 'Facts and metadata in, the static site out',
      code: assets.builder,
      architecture,
      memory: 1024,
      timeout: BUILD_TIMEOUT,
      logDays,
    });
    this.builder.tell('HEIRLOOM_TITLE', configuration.title);
    // Of the owner's files the builder reads the descriptions alone, never a photo.
    buckets.grant(this.builder, 'source', { read: ['*.yml'] });
    buckets.grant(this.builder, 'resized', { read: ['facts/*'] });
    buckets.grant(this.builder, 'web', { read: ['*'], write: ['*'], remove: ['*'] });

    this.resize = new WorkQueue(this, 'Resize', {
      name: `${name}-resize`,
      worker: this.resizer,
      workerTimeout: RESIZE_TIMEOUT,
      batchSize: RESIZE_BATCH,
      window: Duration.seconds(0),
      atOnce: props.resizersAtOnce,
    });
    this.build = new WorkQueue(this, 'Build', {
      name: `${name}-build`,
      worker: this.builder,
      workerTimeout: BUILD_TIMEOUT,
      batchSize: BUILD_BATCH,
      window: BUILD_WINDOW,
      atOnce: 2,
    });

    this.look = this.#looker(props);
    const topic = this.#topicOf(name, buckets);
    this.#subscribe('Everything', topic, this.resize.queue);
    this.#subscribe('Descriptions', topic, this.build.queue, { Records: { s3: { object: { key: DESCRIPTIONS } } } });
    this.#tell(name, buckets, 'resized', 'facts/');
    this.#tell(name, buckets, 'web', 'catalogue/scopes/');

    // At night in Europe, in the evening in America; the minute is nobody else's full hour.
    new events.Rule(this, 'Daily', {
      description: 'Once a day everything is looked through for what a lost event left behind',
      schedule: events.Schedule.cron({ hour: '3', minute: '17' }),
      // Photos that are made anew are told to the builder as any others.
      targets: [this.builder, this.look].map(
        (one) =>
          new targets.LambdaFunction(one.lambda, {
            event: events.RuleTargetInput.fromObject({ reconcile: true }),
            retryAttempts: 2,
          }),
      ),
    });
    new events.Rule(this, 'CatchUp', {
      description: 'The pages across albums (timeline, feed, map) get the days and places that came since',
      schedule: events.Schedule.rate(CATCH_UP),
      targets: [
        new targets.LambdaFunction(this.builder.lambda, {
          event: events.RuleTargetInput.fromObject({ catch_up: true }),
          // The next one comes soon.
          retryAttempts: 0,
        }),
      ],
    });
  }

  /**
   * The resizers' binary once more, for a look through everything. What it finds goes to the resizers' queue: no function
   * lives long enough to make many photos anew, and a time that is right for a look would let a stuck photo wait for an hour.
   */
  #looker({ configuration: { name, architecture, logDays }, assets, buckets }: PhotoFlowProps): RustFunction {
    const look = new RustFunction(this, 'Look', {
      functionName: `${name}-look`,
      description: 'Once a day: which photos are not as they should be',
      code: assets.resizer,
      architecture,
      memory: 1024,
      timeout: LOOK_TIMEOUT,
      logDays,
    });
    buckets.grant(look, 'source', { read: ['gallery.yml'] });
    buckets.grant(look, 'resized', {
      read: ['facts/*', 'seen/*'],
      write: ['seen/*'],
      remove: ['facts/*', 'pics/*'],
    });
    look.allow(['sqs:SendMessage'], [this.resize.queue.queueArn]);
    look.tell('HEIRLOOM_RESIZE_QUEUE', this.resize.queue.queueUrl);
    return look;
  }

  /** The topic that hears of every change in the source bucket. */
  #topicOf(name: string, buckets: Buckets): sns.Topic {
    const topic = new sns.Topic(this, 'Originals', { topicName: `${name}-originals`, enforceSSL: true });
    const granted = topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'ToldByTheBucket',
        principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: fromBucket(this, name, 'source'),
      }),
    );
    notify(buckets.source, {
      topicConfigurations: CHANGES.map((event) => ({ event, topic: topic.topicArn })),
    });
    // S3 sends a test message when the notification is set, and refuses when it may not.
    if (granted.policyDependable !== undefined) buckets.source.node.addDependency(granted.policyDependable);
    return topic;
  }

  /** Hands a topic's messages to a queue. */
  #subscribe(id: string, topic: sns.Topic, queue: sqs.Queue, filterPolicy?: object): void {
    queue.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'ToldByTheTopic',
        principals: [new iam.ServicePrincipal('sns.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': topic.topicArn } },
      }),
    );
    new sns.CfnSubscription(this, id, {
      topicArn: topic.topicArn,
      protocol: 'sqs',
      endpoint: queue.queueArn,
      rawMessageDelivery: true,
      ...(filterPolicy === undefined ? {} : { filterPolicy, filterPolicyScope: 'MessageBody' }),
    });
  }

  /** Lets a bucket tell the builder's queue of what changes under a prefix. */
  #tell(name: string, buckets: Buckets, bucket: BucketName, prefix: string): void {
    const { queue } = this.build;
    const granted = queue.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: `ToldBy${bucket}`,
        principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: fromBucket(this, name, bucket),
      }),
    );
    notify(buckets[bucket], {
      queueConfigurations: CHANGES.map((event) => ({
        event,
        queue: queue.queueArn,
        filter: { s3Key: { rules: [{ name: 'prefix', value: prefix }] } },
      })),
    });
    if (granted.policyDependable !== undefined) buckets[bucket].node.addDependency(granted.policyDependable);
  }
}

/** The owner's words about a folder, and about the whole gallery (`local::events::route`). */
const DESCRIPTIONS = ['gallery.yml', 'metadata.yml', { suffix: '/metadata.yml' }];

const CHANGES = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'];

/** Only this bucket of this account: another's bucket of the same name, later, is not it. */
function fromBucket(scope: Construct, gallery: string, bucket: BucketName): Record<string, Record<string, string>> {
  return {
    ArnEquals: { 'aws:SourceArn': bucketArn(scope, gallery, bucket) },
    StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
  };
}

/**
 * Sets a bucket's notifications in the bucket's own resource. CDK's way is a function of its own in the account that
 * may rewrite every bucket's notifications; since the buckets' names are known beforehand, none is needed.
 */
function notify(bucket: s3.Bucket, notifications: s3.CfnBucket.NotificationConfigurationProperty): void {
  (bucket.node.defaultChild as s3.CfnBucket).notificationConfiguration = notifications;
}
