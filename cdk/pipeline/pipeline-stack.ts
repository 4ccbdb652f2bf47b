// The deploy pipeline (optional): a push to the branch is built, tested, synthesised and deployed, the pipeline itself
// first of all.
//
// What it builds with is the repository's own Makefile, so that the pipeline and the owner's `make deploy` cannot drift.
// The public keys come from `heirloom.keys.json` in the repository: the pipeline has no access to the auth bucket.

import { type CfnElement, Duration, RemovalPolicy, Stack, Stage, type StackProps } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CodeBuildStep, CodePipeline, CodePipelineSource } from 'aws-cdk-lib/pipelines';
import type { Construct, IConstruct } from 'constructs';
import { argued } from '../argued.ts';
import type { Configuration, PipelineSource } from '../config/configuration.ts';
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
    const artifacts = new s3.Bucket(this, 'Artifacts', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ id: 'artifacts', expiration: Duration.days(30) }],
    });
    const codePipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName: `${gallery.configuration.name}-pipeline`,
      pipelineType: codepipeline.PipelineType.V2,
      artifactBucket: artifacts,
      // Everything stays in one account: S3's own keys are enough, and KMS would cost more than the gallery.
      crossAccountKeys: false,
      restartExecutionOnUpdate: true,
    });
    this.pipeline = new CodePipeline(this, 'Deploy', {
      codePipeline,
      selfMutation: true,
      synth: new CodeBuildStep('Build', {
        input: CodePipelineSource.connection(source.repository, source.branch, {
          connectionArn: source.connection,
          triggerOnPush: true,
        }),
        installCommands: INSTALL,
        commands: [
          'make test',
          `make package KEYS=heirloom.keys.json ARCHITECTURE=${gallery.configuration.architecture}`,
          'make synth',
        ],
        primaryOutputDirectory: 'cdk/cdk.out',
        env: { CI: 'true' },
        buildEnvironment: {
          buildImage: codebuild.LinuxBuildImage.STANDARD_7_0,
          computeType: codebuild.ComputeType.LARGE,
        },
        timeout: Duration.hours(2),
      }),
    });
    const stage = new Stage(this, 'Stage', { env: { account: source.account, region: gallery.configuration.region } });
    addGallery(stage, { ...gallery, account: source.account });
    this.pipeline.addStage(stage);
    this.pipeline.buildPipeline();
    // cfn-lint takes its own advice on style (`Fn::Sub` rather than `Fn::Join`) for an error in the action.
    (codePipeline.node.defaultChild as codepipeline.CfnPipeline).addMetadata('cfn-lint', {
      config: { ignore_checks: ['E3703'] },
    });
    argued(artifacts, 'S1', "It holds builds of public code for 30 days, and nothing of the family's");
    this.#argue(codePipeline, artifacts, source.account);
  }

  #argue(codePipeline: codepipeline.Pipeline, artifacts: s3.Bucket, account: string): void {
    const logicalId = (construct: IConstruct) => this.getLogicalId(construct.node.defaultChild as CfnElement);
    const projects = [this.pipeline.synthProject, this.pipeline.selfMutationProject].map(logicalId);
    for (const made of [codePipeline, this.pipeline]) {
      for (const finding of findings(logicalId(artifacts), projects, this.region, account)) {
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
function findings(artifacts: string, projects: readonly string[], region: string, account: string): string[] {
  const logs = (group: string) => `Resource::arn:aws:logs:${region}:${account}:log-group:/aws/codebuild/${group}`;
  const reports = (group: string) => `Resource::arn:aws:codebuild:${region}:${account}:report-group/${group}`;
  return [
    ...['GetObject', 'GetBucket', 'List', 'DeleteObject', 'Abort'].map((action) => `Action::s3:${action}*`),
    `Resource::<${artifacts}.Arn>/*`,
    ...projects.flatMap((project) => [logs(`<${project}>:*`), reports(`<${project}>-*`)]),
    logs('*'),
    reports('*'),
    `Resource::arn:*:iam::${account}:role/*`,
    'Resource::*',
  ];
}

/** What CodeBuild's image lacks: Rust, a browser for the journeys, and the tools that `make package` looks for. */
const INSTALL = [
  'apt-get update -qq && apt-get install -y -qq python3-venv chromium-browser',
  'curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain none --profile minimal',
  '. "$HOME/.cargo/env" && rustup show active-toolchain || rustup toolchain install',
  'ln -sf "$HOME/.cargo/bin/"* /usr/local/bin/',
];

/** The pipeline of a gallery that has one. */
export function addPipeline(
  scope: Construct,
  configuration: Configuration,
  props: GalleryProps,
): PipelineStack | undefined {
  const { pipeline: source, name, title, region } = configuration;
  return (
    source &&
    new PipelineStack(scope, 'Pipeline', {
      stackName: `${name}-pipeline`,
      description: `Deploys the photo gallery "${title}" from ${source.repository}`,
      env: { account: source.account, region },
      gallery: props,
      source,
    })
  );
}
