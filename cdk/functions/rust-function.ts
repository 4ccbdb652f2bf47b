// One of our own binaries as a Lambda function: its role, its log, its code.
//
// The role begins with nothing but the right to write the function's own log; everything else is granted by whoever
// owns it (`Buckets.grant…`, `Queue.consume`). A managed policy would give every function a log group of any name.

import type { Duration } from 'aws-cdk-lib';
import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Architecture } from '../config/configuration.ts';
import { retention } from './retention.ts';

/** What a function of ours needs. */
export interface RustFunctionProps {
  /** The function's name in the account. */
  readonly functionName: string;
  /** What it is for, in the owner's console. */
  readonly description: string;
  /** The folder with the `bootstrap` binary. */
  readonly code: string;
  /** What it was built for. */
  readonly architecture: Architecture;
  /** Memory in MiB. Processor time comes with it: 1,769 MiB are one processor (AWS, "Configure Lambda function memory"). */
  readonly memory: number;
  /** How long one event may take. */
  readonly timeout: Duration;
  /** How many at once, taken out of the account's limit for this function alone. */
  readonly reservedConcurrency?: number;
  /** How long its log is kept, in days. */
  readonly logDays: number;
}

/** A Lambda function that runs a binary of ours. */
export class RustFunction extends Construct implements iam.IGrantable {
  readonly lambda: lambda.Function;
  readonly role: iam.Role;
  readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, props: RustFunctionProps) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${props.functionName}`,
      retention: retention(props.logDays),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${props.functionName} may do`,
    });
    this.grantPrincipal = this.role;
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    this.lambda = new lambda.Function(this, 'Function', {
      functionName: props.functionName,
      description: props.description,
      runtime: lambda.Runtime.PROVIDED_AL2023,
      architecture: props.architecture === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      handler: 'bootstrap',
      code: lambda.Code.fromAsset(props.code),
      memorySize: props.memory,
      timeout: props.timeout,
      role: this.role,
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
  }

  /** Lets the function do something to something. */
  allow(actions: string[], resources: string[]): void {
    this.role.addToPolicy(new iam.PolicyStatement({ actions, resources }));
  }

  /** Tells the function something. */
  tell(name: string, value: string): void {
    this.lambda.addEnvironment(name, value);
  }
}
