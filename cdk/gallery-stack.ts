// The gallery: buckets, the photos' way, signing in, delivery, and who watches.

import { CfnOutput, ReferenceStrength, Stack, type StackProps } from 'aws-cdk-lib';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import type { Assets } from './assets.ts';
import type { Configuration } from './config/configuration.ts';
import { Delivery } from './delivery/delivery.ts';
import { EDGE_REGION, type EdgeStack } from './edge/edge-stack.ts';
import { Mail } from './mail/mail.ts';
import { PhotoFlow } from './photos/photo-flow.ts';
import { SignIn } from './sign-in/sign-in.ts';
import { accessLogs } from './storage/access-logs.ts';
import { Buckets } from './storage/buckets.ts';
import { Watch } from './watch/watch.ts';

/** What the gallery needs. */
export interface GalleryStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly assets: Assets;
  readonly edge: EdgeStack;
  /** Whether the account may run few functions at once, as new accounts do. */
  readonly smallAccount: boolean;
}

/** Everything but the edge. */
export class GalleryStack extends Stack {
  readonly #distribution: Distribution;

  constructor(scope: Construct, id: string, props: GalleryStackProps) {
    super(scope, id, props);
    const { configuration, assets, edge, smallAccount } = props;
    const { name, keepDeletedDays } = configuration;
    this.addStackDependency(edge);
    const logs = accessLogs(this, configuration);
    const buckets = new Buckets(this, 'Buckets', {
      name,
      keepDeletedDays,
      ...(logs === undefined ? {} : { accessLogs: logs }),
    });
    // Ten at once is what a new account has: half of them for the photos, the rest for those who look.
    const flow = new PhotoFlow(this, 'Photos', {
      configuration,
      assets,
      buckets,
      resizersAtOnce: smallAccount ? 4 : 20,
    });
    const signIn = new SignIn(this, 'SignIn', { configuration, assets, buckets, reserve: !smallAccount });
    const delivery = new Delivery(this, 'Delivery', {
      configuration,
      buckets,
      signIn,
      verifierArn: edge.verifierArn(),
      certificateArn: edge.certificateArn(),
      accessLogs: logs,
    });
    const mail =
      configuration.mail === undefined
        ? undefined
        : new Mail(this, 'Mail', {
            configuration,
            server: configuration.mail,
            assets,
            buckets,
            address: delivery.address,
          });
    // Ten alarms on one number each cost nothing, an eleventh ten cents (AWS, "Amazon CloudWatch pricing").
    new Watch(this, 'Watch', {
      configuration,
      functions: {
        resizer: flow.resizer,
        builder: flow.builder,
        look: flow.look,
        login: signIn.login,
        renewal: signIn.renewal,
        upload: signIn.upload,
        ...(mail === undefined ? {} : { mail: mail.writer }),
      },
      deadLetters: { resize: flow.resize.deadLetters, build: flow.build.deadLetters },
      distributionId: this.region === EDGE_REGION ? delivery.distribution.distributionId : undefined,
    });
    this.#distribution = delivery.distribution;

    const told = (output: string, description: string, value: string) =>
      new CfnOutput(this, output, { description, value });
    told('Address', 'Where the gallery is', delivery.address);
    told(
      'DistributionDomain',
      "What the gallery's own domain is to point to",
      delivery.distribution.distributionDomainName,
    );
    told('DistributionId', 'The distribution', delivery.distribution.distributionId);
    told('SourceBucket', 'Where photos are dropped', buckets.source.bucketName);
    told('ResizedBucket', 'Renditions and facts', buckets.resized.bucketName);
    told('WebBucket', 'The pages', buckets.web.bucketName);
    told('AuthBucket', 'Viewers and keys', buckets.auth.bucketName);
    told('Builder', 'The builder, for a reconcile by hand', flow.builder.lambda.functionName);
    told('LoginUrl', 'The login function, for CloudFront alone', signIn.loginUrl.url);
    told('UploadUrl', 'The upload function, for CloudFront alone', signIn.uploadUrl.url);
    told('RenewalUrl', 'The renewal function, for CloudFront alone', signIn.renewalUrl.url);
  }
  /** The distribution's id, for a stack in another region. */
  distributionId(): string {
    return Stack.consumeReference(this.#distribution.distributionId, ReferenceStrength.WEAK);
  }
}
