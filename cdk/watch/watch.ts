// Who watches: alarms and the month's bill, to the owner's e-mail.

import { Aws, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Configuration } from '../config/configuration.ts';
import type { RustFunction } from '../functions/rust-function.ts';

/** What is watched. */
export interface WatchProps {
  readonly configuration: Configuration;
  /** Functions by what they are called in an alarm: one that fails is told. */
  readonly functions: Readonly<Record<string, RustFunction>>;
  /** Dead-letter queues by what they are called in an alarm. */
  readonly deadLetters: Readonly<Record<string, sqs.Queue>>;
  /** The distribution's id, where its alarm may stand: CloudFront's numbers are in us-east-1 alone. */
  readonly distributionId?: string | undefined;
}

/** Alarms and a budget. */
export class Watch extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const { configuration } = props;
    const { name } = configuration;
    this.topic = alarmTopic(this, configuration);
    for (const [what, { lambda: watched }] of Object.entries(props.functions)) {
      alarm(this.topic, name, {
        id: `${what}-errors`,
        description: `${what} failed`,
        metric: watched.metricErrors({ period, statistic: 'Sum' }),
      });
    }
    // One number for all functions of the account in this region. An alarm on a sum of theirs would be billed by the
    // function; this one may speak of a function that is not the gallery's, whose places are the gallery's, too.
    alarm(this.topic, name, {
      id: 'throttles',
      description: `functions in ${Stack.of(this).region} were called more often than they may run at once`,
      metric: lambda.Function.metricAllThrottles({ period, statistic: 'Sum' }),
      periods: 3,
    });
    for (const [what, queue] of Object.entries(props.deadLetters)) {
      alarm(this.topic, name, {
        id: `${what}-dead-letters`,
        description: `${what} gave up on a message: it lies in ${what}'s dead-letter queue for 14 days`,
        metric: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
      });
    }
    if (props.distributionId !== undefined) frontAlarm(this.topic, name, props.distributionId);
    budget(this, configuration);
  }
}

/** The alarm on the front of a gallery that is in another region than CloudFront's numbers. */
export class FrontWatchStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { configuration, distributionId, ...props }: StackProps & { configuration: Configuration; distributionId: string },
  ) {
    super(scope, id, props);
    frontAlarm(alarmTopic(this, configuration), configuration.name, distributionId);
  }
}

/** Tells when the gate, or a function behind it that viewers wait for, fails. One request in twenty is no accident. */
function frontAlarm(topic: sns.Topic, gallery: string, distributionId: string): void {
  alarm(topic, gallery, {
    id: 'front-errors',
    description: 'viewers were shown errors: the gate, signing in or uploading fails',
    metric: new cloudwatch.Metric({
      namespace: 'AWS/CloudFront',
      metricName: '5xxErrorRate',
      dimensionsMap: { DistributionId: distributionId, Region: 'Global' },
      period,
      statistic: 'Average',
    }),
    beyond: 5,
  });
}

const period = Duration.minutes(5);

/** Where alarms go, and from there to the owner. */
function alarmTopic(scope: Construct, { name, title, email }: Configuration): sns.Topic {
  const topic = new sns.Topic(scope, 'Alarms', { topicName: `${name}-alarms`, displayName: title, enforceSSL: true });
  topic.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'ToldByAlarms',
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  topic.addSubscription(new subscriptions.EmailSubscription(email));
  return topic;
}

/** An alarm: what it is called, what it says, and what number it is about. */
interface Alarm {
  readonly id: string;
  readonly description: string;
  readonly metric: cloudwatch.Metric;
  /** What the number may be at most; 0 when left out. */
  readonly beyond?: number;
  /** For how many periods in a row it is beyond that before anybody is told; 1 when left out. */
  readonly periods?: number;
}

function alarm(topic: sns.Topic, gallery: string, { id, description, metric, beyond = 0, periods = 1 }: Alarm): void {
  new cloudwatch.Alarm(topic.node.scope ?? topic, id, {
    alarmName: `${gallery}-${id}`,
    alarmDescription: description,
    metric,
    threshold: beyond,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: periods,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  }).addAlarmAction(new actions.SnsAction(topic));
}

/** A mail when four fifths of the month's budget are spent, and when the month is on its way beyond it. */
function budget(scope: Construct, { name, email, monthlyBudget }: Configuration): void {
  const mail = [{ subscriptionType: 'EMAIL', address: email }];
  const beyond = (notificationType: string, threshold: number) => ({
    notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
    subscribers: mail,
  });
  new budgets.CfnBudget(scope, 'Budget', {
    budget: {
      budgetName: `${name}-monthly`,
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: monthlyBudget, unit: 'USD' },
    },
    notificationsWithSubscribers: [beyond('ACTUAL', 80), beyond('FORECASTED', 100)],
  });
}
