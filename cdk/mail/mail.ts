// Writing to viewers about new photos, where `heirloom.toml` names a mail server: a function that looks once an hour.
//
// An hour is what debouncing by hours needs. It costs 720 short calls a month, which is less than a cent, and nothing
// has to be told by the builder, so that no event can be lost.

import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { Assets } from '../assets.ts';
import type { Configuration, MailServer } from '../config/configuration.ts';
import { RustFunction } from '../functions/rust-function.ts';
import type { Buckets } from '../storage/buckets.ts';

/** What writing needs. */
export interface MailProps {
  readonly configuration: Configuration;
  readonly server: MailServer;
  readonly assets: Assets;
  readonly buckets: Buckets;
  /** Where the gallery is, `https://…`. */
  readonly address: string;
}

/** The function that writes, and its clock. */
export class Mail extends Construct {
  readonly writer: RustFunction;

  constructor(scope: Construct, id: string, props: MailProps) {
    super(scope, id);
    const { configuration, buckets } = props;
    this.writer = new RustFunction(this, 'Writer', {
      functionName: `${configuration.name}-mail`,
      description: 'Writes to viewers about new photos',
      code: props.assets.mail,
      architecture: configuration.architecture,
      // The record of 100,000 photos is 2.4 MB, a letter's pictures less than one.
      memory: 256,
      // A mail server may take its time with each letter; what is left over is next hour's.
      timeout: Duration.minutes(5),
      logDays: configuration.logDays,
    });
    // A round that failed waits for the next hour's: a server that is away is so a minute later, too.
    this.writer.lambda.configureAsyncInvoke({ retryAttempts: 0 });
    this.writer.tell('HEIRLOOM_MAIL', JSON.stringify(props.server));
    this.writer.tell('HEIRLOOM_ADDRESS', props.address);
    // Who is let in and where they are written to; what they have been told; the mail server's password. No keys.
    buckets.grant(this.writer, 'auth', { read: ['users/*', 'mail/*'], write: ['mail/known.json', 'mail/viewers/*'] });
    buckets.grant(this.writer, 'web', { read: ['catalogue/*'] });
    buckets.grant(this.writer, 'resized', { read: ['pics/*'] });

    new events.Rule(this, 'Hourly', {
      description: 'Once an hour viewers are told of new photos, if it is time',
      schedule: events.Schedule.rate(Duration.hours(1)),
      targets: [new targets.LambdaFunction(this.writer.lambda, { retryAttempts: 0 })],
    });
  }
}
