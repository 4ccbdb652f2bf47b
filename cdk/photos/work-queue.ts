// A queue of work for one function: what fails comes again, what keeps failing lies aside for the owner.

import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { RustFunction } from '../functions/rust-function.ts';

/** How a function takes its work. */
export interface WorkQueueProps {
  /** The queue's name. */
  readonly name: string;
  /** Who works. */
  readonly worker: RustFunction;
  /** How long the worker may take for one batch. */
  readonly workerTimeout: Duration;
  /** Most messages in one event. */
  readonly batchSize: number;
  /** How long messages are gathered before they become an event. */
  readonly window: Duration;
  /** Most events at once. At least 2 (AWS, "Configuring maximum concurrency for Amazon SQS event sources"). */
  readonly atOnce: number;
}

/** After how many receptions a message is laid aside. AWS advises five at least, for throttled ones count too. */
const ATTEMPTS = 5;

/** A queue, its dead letters and its worker. */
export class WorkQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      queueName: `${props.name}-dead-letters`,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.queue = new sqs.Queue(this, 'Queue', {
      queueName: props.name,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      // Six times the function's timeout and the window on top (AWS, "Using Lambda with Amazon SQS").
      visibilityTimeout: Duration.seconds(6 * props.workerTimeout.toSeconds() + props.window.toSeconds()),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: ATTEMPTS },
    });
    props.worker.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [this.queue.queueArn]);
    const mapping = new lambda.EventSourceMapping(this, 'Mapping', {
      target: props.worker.lambda,
      eventSourceArn: this.queue.queueArn,
      batchSize: props.batchSize,
      maxBatchingWindow: props.window,
      maxConcurrency: props.atOnce,
      reportBatchItemFailures: true,
    });
    // Lambda looks at the role when the mapping is made.
    mapping.node.addDependency(props.worker.role);
  }
}
