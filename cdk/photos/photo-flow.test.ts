import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofType, template, the } from '../test/galleries.ts';
import { text } from '../test/reading.ts';

const least = template('least', 'Gallery');
const full = template('full', 'Gallery');

const logicalId = (type: string, begin: string) =>
  ofType(least, type)
    .map(([id]) => id)
    .find((id) => id.startsWith(begin)) ?? `no ${begin}`;

test('a change in the source bucket reaches the resizer, a description the builder too', () => {
  const { TopicConfigurations, QueueConfigurations } = the(least, 'AWS::S3::Bucket', 'BucketsSource').Properties
    .NotificationConfiguration;
  const topic = logicalId('AWS::SNS::Topic', 'PhotosOriginals');
  assert.equal(QueueConfigurations, undefined);
  assert.deepEqual(
    TopicConfigurations,
    ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'].map((Event) => ({ Event, Topic: { Ref: topic } })),
  );
  const subscriptions = ofType(least, 'AWS::SNS::Subscription')
    .map(([, { Properties }]) => Properties)
    .filter(({ Protocol }) => Protocol === 'sqs');
  for (const { RawMessageDelivery, TopicArn } of subscriptions)
    assert.deepEqual([RawMessageDelivery, TopicArn], [true, { Ref: topic }]);
  const filters = Object.fromEntries(
    subscriptions.map(({ Endpoint, FilterPolicy, FilterPolicyScope }) => [
      text(Endpoint).replace(/[0-9A-F]{8}\.Arn/, ''),
      [FilterPolicyScope, FilterPolicy],
    ]),
  );
  assert.deepEqual(filters, {
    '<PhotosResizeQueue>': [undefined, undefined],
    '<PhotosBuildQueue>': [
      'MessageBody',
      { Records: { s3: { object: { key: ['gallery.yml', 'metadata.yml', { suffix: '/metadata.yml' }] } } } },
    ],
  });
});

test('facts and scopes reach the builder, and nothing else of these buckets does', () => {
  const queue = logicalId('AWS::SQS::Queue', 'PhotosBuildQueue');
  for (const [bucket, prefix] of [
    ['Resized', 'facts/'],
    ['Web', 'catalogue/scopes/'],
  ]) {
    const { NotificationConfiguration } = the(least, 'AWS::S3::Bucket', `Buckets${bucket}`).Properties;
    assert.deepEqual(NotificationConfiguration, {
      QueueConfigurations: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'].map((Event) => ({
        Event,
        Queue: { 'Fn::GetAtt': [queue, 'Arn'] },
        Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: prefix }] } },
      })),
    });
  }
  assert.equal(the(least, 'AWS::S3::Bucket', 'BucketsAuth').Properties.NotificationConfiguration, undefined);
});

test('a bucket waits until it may tell', () => {
  const dependsOn = (bucket: string) => the(least, 'AWS::S3::Bucket', `Buckets${bucket}`).DependsOn ?? [];
  assert.ok(dependsOn('Source').some((id) => id.startsWith('PhotosOriginalsPolicy')));
  assert.ok(dependsOn('Resized').some((id) => id.startsWith('PhotosBuildQueuePolicy')));
  assert.ok(dependsOn('Web').some((id) => id.startsWith('PhotosBuildQueuePolicy')));
});

test('each worker has a queue that gives it time, tries again and lays aside', () => {
  for (const [name, worker, window] of [
    ['Resize', 'Resizer', 0],
    ['Build', 'Builder', 15],
  ] as const) {
    const { Properties: queue } = the(least, 'AWS::SQS::Queue', `Photos${name}Queue`);
    const { Properties: mapping } = the(least, 'AWS::Lambda::EventSourceMapping', `Photos${name}Mapping`);
    const { Properties: lambda } = the(least, 'AWS::Lambda::Function', `Photos${worker}Function`);
    assert.equal(queue.VisibilityTimeout, 6 * lambda.Timeout + window, name);
    assert.equal(queue.RedrivePolicy.maxReceiveCount, 5);
    assert.match(text(queue.RedrivePolicy.deadLetterTargetArn), new RegExp(`<Photos${name}DeadLetters`));
    assert.equal(
      the(least, 'AWS::SQS::Queue', `Photos${name}DeadLetters`).Properties.MessageRetentionPeriod,
      14 * 86_400,
    );
    assert.deepEqual(mapping.FunctionResponseTypes, ['ReportBatchItemFailures']);
    assert.equal(mapping.MaximumBatchingWindowInSeconds, window);
    assert.match(text(mapping.EventSourceArn), new RegExp(`<Photos${name}Queue`));
    assert.match(text(mapping.FunctionName), new RegExp(`<Photos${worker}Function`));
  }
});

test('a small account keeps places for those who look', () => {
  const atOnce = (one: typeof least) =>
    ['Resize', 'Build'].map(
      (name) =>
        the(one, 'AWS::Lambda::EventSourceMapping', `Photos${name}Mapping`).Properties.ScalingConfig.MaximumConcurrency,
    );
  // A new account runs ten functions at once.
  assert.ok(atOnce(least).reduce((sum, one) => sum + one) <= 6);
  assert.deepEqual(atOnce(full), [20, 2]);
});

test('pages across albums follow within minutes, for one request when there is nothing to do', () => {
  const { Properties } = the(least, 'AWS::Events::Rule', 'PhotosCatchUp');
  assert.equal(Properties.ScheduleExpression, 'rate(15 minutes)');
  assert.deepEqual(
    Properties.Targets.map(({ Arn, Input }: { Arn: unknown; Input: string }) => [
      text(Arn).replace(/Function.*/, ''),
      Input,
    ]),
    [['<PhotosBuilder', '{"catch_up":true}']],
  );
});

test('once a day everything is looked through', () => {
  const { Properties } = the(least, 'AWS::Events::Rule', 'PhotosDaily');
  assert.equal(Properties.ScheduleExpression, 'cron(17 3 * * ? *)');
  for (const { Input } of Properties.Targets) assert.equal(Input, '{"reconcile":true}');
  const arns = Properties.Targets.map(({ Arn }: { Arn: unknown }) => text(Arn).replace(/Function.*/, ''));
  assert.deepEqual(arns.sort(), ['<PhotosBuilder', '<PhotosLook']);
});

test('what the daily look finds goes to the queue of the resizers, for it has a quarter of an hour and they have their time', () => {
  const look = the(least, 'AWS::Lambda::Function', 'PhotosLookFunction').Properties;
  assert.equal(look.Timeout, 900);
  const queue = logicalId('AWS::SQS::Queue', 'PhotosResizeQueue');
  assert.deepEqual(look.Environment.Variables.HEIRLOOM_RESIZE_QUEUE, { Ref: queue });
  assert.equal(look.Code.S3Key, the(least, 'AWS::Lambda::Function', 'PhotosResizerFunction').Properties.Code.S3Key);
});

test('the functions are our binaries, for the architecture that the owner chose', () => {
  for (const [one, architecture, count] of [
    [least, 'x86_64', 6],
    [full, 'arm64', 7],
  ] as const) {
    const functions = ofType(one, 'AWS::Lambda::Function');
    assert.equal(functions.length, count);
    for (const [id, { Properties }] of functions) {
      assert.deepEqual(
        [Properties.Runtime, Properties.Handler, Properties.Architectures],
        ['provided.al2023', 'bootstrap', [architecture]],
        id,
      );
    }
  }
});
