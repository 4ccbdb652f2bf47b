// What CloudFront wants in us-east-1, wherever the gallery is: the gate as a Lambda@Edge function, and the certificate.
//
// The gallery's stack refers to both weakly (`Fn::GetStackOutput`): an exported value could not change as long as
// somebody imports it, and the gate's version changes with every key.

import { RemovalPolicy, ReferenceStrength, Stack, type StackProps, Duration, Aws } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { argued } from '../argued.ts';
import type { Configuration } from '../config/configuration.ts';
import { retention } from '../functions/retention.ts';

/** Where CloudFront takes its functions and certificates from (AWS, "Restrictions on Lambda@Edge"). */
export const EDGE_REGION = 'us-east-1';

/** The gate's function. */
const verifierName = (gallery: string) => `${gallery}-verifier`;

/** The gate's log group in every region that it runs in (AWS, "Edge function logs"). */
export const verifierLog = (gallery: string): string => `/aws/lambda/${EDGE_REGION}.${verifierName(gallery)}`;

/** What the edge needs. */
export interface EdgeStackProps extends StackProps {
  readonly configuration: Configuration;
  /** The zip that the verifier's `package.py` wrote. */
  readonly verifier: string;
}

/** The gate and the certificate. */
export class EdgeStack extends Stack {
  readonly #version: lambda.Version;
  readonly #certificate: acm.Certificate | undefined;

  constructor(scope: Construct, id: string, props: EdgeStackProps) {
    super(scope, id, props);
    const { configuration } = props;
    // Lambda@Edge logs in the region that is nearest to the viewer, in a group that it names and makes itself, and takes no
    // setting for it: CDK must not make one and set it.
    this.node.setContext('@aws-cdk/aws-lambda:useCdkManagedLogGroup', false);
    const functionName = verifierName(configuration.name);
    const logGroupName = verifierLog(configuration.name);
    const role = new iam.Role(this, 'VerifierRole', {
      assumedBy: new iam.CompositePrincipal(
        new iam.ServicePrincipal('lambda.amazonaws.com'),
        new iam.ServicePrincipal('edgelambda.amazonaws.com'),
      ),
      description: `What ${functionName} may do: write its log`,
    });
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [`arn:${Aws.PARTITION}:logs:*:${Aws.ACCOUNT_ID}:log-group:${logGroupName}:*`],
      }),
    );
    argued(
      role,
      'IAM5',
      'Lambda@Edge logs in whichever region is nearest to the viewer, in streams that it names itself: one group of ours, in any region',
      `Resource::arn:<AWS::Partition>:logs:*:<AWS::AccountId>:log-group:${logGroupName}:*`,
    );
    new logs.LogGroup(this, 'VerifierLog', {
      logGroupName,
      retention: retention(configuration.logDays),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const verifier = new lambda.Function(this, 'Verifier', {
      functionName,
      description: 'The gate: every request to the gallery passes here, or does not',
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(props.verifier),
      // The limits of a viewer-request function (AWS, "Quotas on Lambda@Edge").
      memorySize: 128,
      timeout: Duration.seconds(5),
      role,
      // CloudFront keeps copies of a version for hours after it stopped using it, and they cannot be deleted till then.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    this.#version = verifier.currentVersion;
    this.#certificate = certificateOf(this, configuration);
  }

  /** The gate's version, for a stack that may be in another region. */
  verifierArn(): string {
    return Stack.consumeReference(this.#version.functionArn, ReferenceStrength.WEAK);
  }

  /** The certificate, when the gallery has a domain of its own. */
  certificateArn(): string | undefined {
    return this.#certificate && Stack.consumeReference(this.#certificate.certificateArn, ReferenceStrength.WEAK);
  }
}

/** A certificate that proves itself by DNS: on its own in a zone of the account, by the owner's hand elsewhere. */
function certificateOf(stack: Stack, { domain, zone }: Configuration): acm.Certificate | undefined {
  if (domain === undefined) return undefined;
  const hosted =
    zone && route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { zoneName: zone.name, hostedZoneId: zone.id });
  return new acm.Certificate(stack, 'Certificate', {
    domainName: domain,
    validation: acm.CertificateValidation.fromDns(hosted),
  });
}
