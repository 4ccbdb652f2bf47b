import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofType, template, the } from '../test/galleries.ts';
import { text } from '../test/reading.ts';

const least = template('least', 'Gallery');
const full = template('full', 'Gallery');

test('every function that works unseen and every dead-letter queue is watched', () => {
  const alarms = ofType(least, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
  const watched = alarms
    .map(
      ({ MetricName, Dimensions }) => `${MetricName} ${text(Dimensions[0].Value).replace(/[0-9A-F]{8}(?=[.>])/, '')}`,
    )
    .sort();
  const functions = ['PhotosBuilderFunction', 'PhotosResizerFunction', 'SignInLoginFunction', 'SignInRenewalFunction'];
  assert.deepEqual(
    watched,
    [
      ...['Build', 'Resize'].map((queue) => `ApproximateNumberOfMessagesVisible <Photos${queue}DeadLetters.QueueName>`),
      ...functions.map((id) => `Errors <${id}>`),
      ...functions.map((id) => `Throttles <${id}>`),
    ].sort(),
  );
  const topic = ofType(least, 'AWS::SNS::Topic')
    .map(([id]) => id)
    .find((id) => id.startsWith('WatchAlarms'));
  for (const alarm of alarms) {
    assert.deepEqual(alarm.AlarmActions, [{ Ref: topic }]);
    assert.deepEqual(
      [alarm.Threshold, alarm.ComparisonOperator, alarm.TreatMissingData],
      [0, 'GreaterThanThreshold', 'notBreaching'],
    );
  }
  // Ten alarms cost nothing (AWS, "Amazon CloudWatch pricing").
  assert.ok(alarms.length <= 10);
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
