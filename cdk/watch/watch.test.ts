import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofType, template, the, type Template } from '../test/galleries.ts';
import { text } from '../test/reading.ts';

const least = template('least', 'Gallery');
const full = template('full', 'Gallery');

const alarmsOf = (one: Template) => ofType(one, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
const onTopic = (one: Template) => ({
  Ref: ofType(one, 'AWS::SNS::Topic')
    .map(([id]) => id)
    .find((id) => /^(Watch)?Alarms/.test(id)),
});

test('every function and every dead-letter queue is watched, and whether functions have to wait for each other', () => {
  const alarms = alarmsOf(least);
  const watched = alarms
    .map(({ Namespace, MetricName, Dimensions }) => {
      const whose = text(Dimensions?.[0]?.Value ?? Namespace).replace(/[0-9A-F]{8}(?=[.>])/, '');
      return `${MetricName} ${whose}`;
    })
    .sort();
  const functions = ofType(least, 'AWS::Lambda::Function').map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
  assert.deepEqual(
    watched,
    [
      ...['Build', 'Resize'].map((queue) => `ApproximateNumberOfMessagesVisible <Photos${queue}DeadLetters.QueueName>`),
      ...functions.map((id) => `Errors <${id}>`),
      // Without a dimension: of all functions in the region.
      'Throttles AWS/Lambda',
    ].sort(),
  );
  for (const alarm of alarms) {
    assert.deepEqual(alarm.AlarmActions, [onTopic(least)]);
    assert.deepEqual(
      [alarm.Threshold, alarm.ComparisonOperator, alarm.TreatMissingData],
      [0, 'GreaterThanThreshold', 'notBreaching'],
    );
  }
});

test('what viewers are shown is watched where CloudFront counts it, whatever region the gallery is in', () => {
  const front = template('least', 'Front');
  const [alarm, ...others] = alarmsOf(front);
  assert.deepEqual(others, []);
  assert.deepEqual([alarm.Namespace, alarm.MetricName], ['AWS/CloudFront', '5xxErrorRate']);
  const dimensions = Object.fromEntries(
    alarm.Dimensions.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, text(Value)]),
  );
  assert.equal(dimensions.Region, 'Global');
  assert.match(dimensions.DistributionId, /^<heirloom-gallery@eu-central-1\..*Distribution/);
  assert.deepEqual([alarm.Threshold, alarm.EvaluationPeriods, alarm.TreatMissingData], [5, 1, 'notBreaching']);
  assert.deepEqual(alarm.AlarmActions, [onTopic(front)]);
  const [[, { Properties }] = assert.fail()] = ofType(front, 'AWS::SNS::Subscription');
  assert.deepEqual([Properties.Protocol, Properties.Endpoint], ['email', 'gerda@example.com']);
});

test('there are ten alarms, which cost nothing, and one more where there are mails', () => {
  // AWS, "Amazon CloudWatch pricing": what is counted is the numbers that alarms look at.
  for (const one of [template('least', 'Gallery'), template('full', 'Gallery')])
    for (const alarm of alarmsOf(one)) assert.equal(alarm.Metrics, undefined, alarm.AlarmName);
  const count = (name: 'least' | 'full') =>
    alarmsOf(template(name, 'Gallery')).length + alarmsOf(template(name, 'Front')).length;
  // The one that is for mails is the eleventh.
  assert.deepEqual([count('least'), count('full')], [10, 11]);
});

test('the owner is told by mail', () => {
  const mails = ofType(least, 'AWS::SNS::Subscription')
    .map(([, { Properties }]) => Properties)
    .filter(({ Protocol }) => Protocol === 'email');
  assert.deepEqual(
    mails.map(({ Endpoint }) => Endpoint),
    ['gerda@example.com'],
  );
});

test('the month has a budget', () => {
  for (const [one, amount] of [
    [least, 5],
    [full, 12],
  ] as const) {
    const { Budget, NotificationsWithSubscribers } = the(one, 'AWS::Budgets::Budget').Properties;
    assert.deepEqual(
      [Budget.BudgetLimit, Budget.TimeUnit, Budget.BudgetType],
      [{ Amount: amount, Unit: 'USD' }, 'MONTHLY', 'COST'],
    );
    assert.deepEqual(
      NotificationsWithSubscribers.map(
        ({
          Notification,
          Subscribers,
        }: {
          Notification: { NotificationType: string; Threshold: number };
          Subscribers: { Address: string }[];
        }) => [Notification.NotificationType, Notification.Threshold, Subscribers[0]?.Address],
      ),
      [
        ['ACTUAL', 80, 'gerda@example.com'],
        ['FORECASTED', 100, 'gerda@example.com'],
      ],
    );
  }
});
