// The deploy pipeline (optional): a push to the branch is built, tested, synthesised and deployed, the pipeline itself
// first of all.
//
// What it builds with is the repository's own Makefile, so that the pipeline and the owner's `make deploy` cannot drift.
// The public keys come from `heirloom.keys.json` in the repository: the pipeline has no access to the auth bucket.

import { createRequire } from 'node:module';
import { type CfnElement, Duration, RemovalPolicy, Stack, Stage, type StackProps } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CodeBuildStep, CodePipeline, CodePipelineSource } from 'aws-cdk-lib/pipelines';
import type { Construct, IConstruct } from 'constructs';
import { argued } from '../argued.ts';
import type { Configuration, PipelineSource } from '../config/configuration.ts';
import { EDGE_REGION } from '../edge/edge-stack.ts';
import { retention } from '../functions/retention.ts';
import { addGallery, type GalleryProps } from '../gallery.ts';

/** What the pipeline deploys, and from where. */
export interface PipelineStackProps extends StackProps {
  readonly gallery: GalleryProps;
  readonly source: PipelineSource;
}

/** The pipeline. */
export class PipelineStack extends Stack {
  readonly pipeline: CodePipeline;

  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, props);
    const { source, gallery } = props;
    const { name, region, architecture, logDays } = gallery.configuration;
    const artifacts = builds(this, name);
    const elsewhere =
      region === EDGE_REGION
        ? undefined
        : s3.Bucket.fromBucketAttributes(this, 'ElsewhereByName', {
            bucketName: buildsName(name, source.account, EDGE_REGION),
            region: EDGE_REGION,
          });
    const codePipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName: `${name}-pipeline`,
      pipelineType: codepipeline.PipelineType.V2,
      // CodePipeline deploys to a region out of a bucket in it. CDK would add one with a key of KMS, which nobody needs.
      ...(elsewhere === undefined
        ? { artifactBucket: artifacts }
        : { crossRegionReplicationBuckets: { [region]: artifacts, [EDGE_REGION]: elsewhere } }),
      // Everything stays in one account: S3's own keys are enough, and KMS would cost more than the gallery.
      crossAccountKeys: false,
      restartExecutionOnUpdate: true,
    });
    const logGroup = new logs.LogGroup(this, 'Log', {
      // Where CDK's role for the assets may write.
      logGroupName: `/aws/codebuild/${name}-pipeline`,
      retention: retention(logDays),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.pipeline = new CodePipeline(this, 'Deploy', {
      codePipeline,
      selfMutation: true,
      cliVersion: CLI,
      cdkAssetsCliVersion: ASSETS_CLI,
      codeBuildDefaults: {
        buildEnvironment: { buildImage: codebuild.LinuxBuildImage.STANDARD_7_0 },
        partialBuildSpec: runtimes({ nodejs: NODE }),
        // CodeBuild would make a group for each project, and keep it for good.
        logging: { cloudWatch: { logGroup } },
      },
      synth: new CodeBuildStep('Build', {
        input: CodePipelineSource.connection(source.repository, source.branch, {
          connectionArn: source.connection,
          triggerOnPush: true,
        }),
        partialBuildSpec: runtimes({ nodejs: NODE, python: PYTHON }),
        installCommands: INSTALL,
        commands: ['make test', `make package KEYS=heirloom.keys.json ARCHITECTURE=${architecture}`, 'make synth'],
        primaryOutputDirectory: 'cdk/cdk.out',
        // A build may not ask what the account may run: it goes on with what the owner's deploy was told.
        env: { CI: 'true', HEIRLOOM_SMALL_ACCOUNT: String(gallery.smallAccount ?? false) },
        buildEnvironment: { computeType: codebuild.ComputeType.LARGE },
        timeout: Duration.hours(2),
      }),
    });
    const stage = new Stage(this, 'Stage', { env: { account: source.account, region } });
    addGallery(stage, { ...gallery, account: source.account });
    this.pipeline.addStage(stage);
    this.pipeline.buildPipeline();
    // CDK knows this right under the service's former name alone, and a connection may have either.
    for (const made of codePipeline.node.findAll()) {
      if (!(made instanceof iam.Role) || made.node.scope?.node.scope?.node.id !== 'Source') continue;
      made.addToPolicy(
        new iam.PolicyStatement({ actions: ['codeconnections:UseConnection'], resources: [source.connection] }),
      );
    }
    // cfn-lint takes its own advice on style (`Fn::Sub` rather than `Fn::Join`) for an error in the action.
    (codePipeline.node.defaultChild as codepipeline.CfnPipeline).addMetadata('cfn-lint', {
      config: { ignore_checks: ['E3703'] },
    });
    this.#argue(codePipeline, artifacts, elsewhere, source.account);
  }

  #argue(
    codePipeline: codepipeline.Pipeline,
    artifacts: s3.Bucket,
    elsewhere: s3.IBucket | undefined,
    account: string,
  ): void {
    const logicalId = (construct: IConstruct) => this.getLogicalId(construct.node.defaultChild as CfnElement);
    const projects = [this.pipeline.synthProject, this.pipeline.selfMutationProject].map(logicalId);
    for (const made of [codePipeline, this.pipeline]) {
      const buckets = [
        `<${logicalId(artifacts)}.Arn>`,
        ...(elsewhere === undefined ? [] : [`arn:aws:s3:::${elsewhere.bucketName}`]),
      ];
      for (const finding of findings(buckets, projects, this.region, account)) {
        argued(
          made,
          'IAM5',
          'CDK Pipelines writes these policies: for its own artifacts, logs and reports, and to take on the bootstrap roles',
          finding,
        );
      }
      argued(
        made,
        'CB4',
        'What is built holds no secret: S3 encrypts it with its own keys, and a key of KMS costs more than the gallery',
      );
    }
  }
}

/** The findings on policies that CDK Pipelines writes. */
function findings(buckets: readonly string[], projects: readonly string[], region: string, account: string): string[] {
  const log = (group: string) => `Resource::arn:aws:logs:${region}:${account}:log-group:/aws/codebuild/${group}`;
  const reports = (group: string) => `Resource::arn:aws:codebuild:${region}:${account}:report-group/${group}`;
  return [
    ...['GetObject', 'GetBucket', 'List', 'DeleteObject', 'Abort'].map((action) => `Action::s3:${action}*`),
    ...buckets.map((bucket) => `Resource::${bucket}/*`),
    ...projects.flatMap((project) => [log(`<${project}>:*`), reports(`<${project}>-*`)]),
    log('*'),
    reports('*'),
    `Resource::arn:*:iam::${account}:role/*`,
    'Resource::*',
  ];
}

/** The gate's region, when the pipeline is in another: a bucket that CodePipeline deploys the gate from. */
export class PipelineEdgeStack extends Stack {
  constructor(scope: Construct, id: string, name: string, props: StackProps) {
    super(scope, id, props);
    builds(this, name);
  }
}

/** What the pipeline hands from step to step. */
function builds(stack: Stack, name: string): s3.Bucket {
  const bucket = new s3.Bucket(stack, 'Artifacts', {
    bucketName: buildsName(name, stack.account, stack.region),
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{ id: 'artifacts', expiration: Duration.days(30) }],
  });
  argued(bucket, 'S1', "It holds builds of public code for 30 days, and nothing of the family's");
  return bucket;
}

/** Known beforehand, as the gallery's own buckets are: it outlives the stack, and the farewell names it. */
function buildsName(gallery: string, account: string, region: string): string {
  return `${gallery}-pipeline-${account}-${region}`;
}

/** CDK's command line, the one that the owner's deploy runs. */
const CLI: string = createRequire(import.meta.url)('../package.json').dependencies['aws-cdk'];
/** What uploads the code (npm, `cdk-assets`). */
const ASSETS_CLI = '4.7.3';

/** What CodeBuild's image offers of what the README asks for (AWS, "Available runtimes"). */
const NODE = '22';
const PYTHON = '3.12';

function runtimes(versions: Record<string, string>): codebuild.BuildSpec {
  return codebuild.BuildSpec.fromObject({ phases: { install: { 'runtime-versions': versions } } });
}

/** What CodeBuild's image may lack: a browser for the journeys, and Rust as `rust-toolchain.toml` says. */
const INSTALL = [
  // Ubuntu's own Chromium is a snap, and no snap runs in a container.
  'command -v google-chrome || (curl --proto "=https" --tlsv1.2 -sSfo /tmp/chrome.deb https://dl.google.com/linux/direct/google-chrome-stable_current_amd64.deb && apt-get update -qq && apt-get install -y -qq /tmp/chrome.deb)',
  'curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain none --profile minimal',
  'ln -sf "$HOME/.cargo/bin/"* /usr/local/bin/',
  'rustup toolchain install',
];

/** The pipeline of a gallery that has one. */
export function addPipeline(
  scope: Construct,
  configuration: Configuration,
  props: GalleryProps,
): PipelineStack | undefined {
  const { pipeline: source, name, title, region } = configuration;
  if (source === undefined) return undefined;
  const pipeline = new PipelineStack(scope, 'Pipeline', {
    stackName: `${name}-pipeline`,
    description: `Deploys the photo gallery "${title}" from ${source.repository}`,
    env: { account: source.account, region },
    gallery: props,
    source,
  });
  if (region !== EDGE_REGION) {
    const edge = new PipelineEdgeStack(scope, 'PipelineEdge', name, {
      stackName: `${name}-pipeline-edge`,
      description: `What deploys the gate of the photo gallery "${title}"`,
      env: { account: source.account, region: EDGE_REGION },
    });
    pipeline.addStackDependency(edge);
  }
  return pipeline;
}
