// Who watches: alarms and the month's bill, to the owner's e-mail.

import { Aws, Duration } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Configuration } from '../config/configuration.ts';
import type { RustFunction } from '../functions/rust-function.ts';

/** What is watched. */
export interface WatchProps {
  readonly configuration: Configuration;
  /** Functions by what they are called in an alarm. */
  readonly functions: Readonly<Record<string, RustFunction>>;
  /** Dead-letter queues by what they are called in an alarm. */
  readonly deadLetters: Readonly<Record<string, sqs.Queue>>;
}

/** Alarms and a budget. */
export class Watch extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const { configuration } = props;
    this.topic = new sns.Topic(this, 'Alarms', {
      topicName: `${configuration.name}-alarms`,
      displayName: configuration.title,
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'ToldByAlarms',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    this.topic.addSubscription(new subscriptions.EmailSubscription(configuration.email));

    const period = Duration.minutes(5);
    for (const [what, { lambda }] of Object.entries(props.functions)) {
      this.#alarm(
        configuration.name,
        `${what}-errors`,
        `${what} failed`,
        lambda.metricErrors({ period, statistic: 'Sum' }),
      );
      this.#alarm(
        configuration.name,
        `${what}-throttles`,
        `${what} was called more often than it may run at once`,
        lambda.metricThrottles({ period, statistic: 'Sum' }),
        3,
      );
    }
    for (const [what, queue] of Object.entries(props.deadLetters)) {
      this.#alarm(
        configuration.name,
        `${what}-dead-letters`,
        `${what} gave up on a message: it lies in ${what}'s dead-letter queue for 14 days`,
        queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
      );
    }
    budget(this, configuration);
  }

  /** Tells the owner when a number is not zero, for as many periods in a row as said. */
  #alarm(gallery: string, name: string, description: string, metric: cloudwatch.Metric, periods = 1): void {
    const alarm = new cloudwatch.Alarm(this, name, {
      alarmName: `${gallery}-${name}`,
      alarmDescription: description,
      metric,
      threshold: 0,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new actions.SnsAction(this.topic));
  }
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
