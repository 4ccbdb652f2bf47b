import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { list, ofType, template, templates, the } from '../test/galleries.ts';
import { statementsOf, text } from '../test/reading.ts';

const { Properties } = the(template('full', 'Pipeline'), 'AWS::CodePipeline::Pipeline');

test('a gallery without a pipeline has none', () => {
  assert.ok(templates().has('full/Pipeline') && !templates().has('least/Pipeline'));
});

test('it takes the code from the connection, builds, mends itself and deploys', () => {
  assert.equal(Properties.PipelineType, 'V2');
  assert.deepEqual(
    Properties.Stages.map(({ Name }: { Name: string }) => Name),
    ['Source', 'Build', 'UpdatePipeline', 'Assets', 'full-Stage'],
  );
  const { ActionTypeId, Configuration } = Properties.Stages[0].Actions[0];
  assert.equal(ActionTypeId.Provider, 'CodeStarSourceConnection');
  assert.deepEqual(
    [Configuration.FullRepositoryId, Configuration.BranchName, Configuration.DetectChanges],
    ['meyer/gallery', 'main', true],
  );
  const deploys = Properties.Stages[4].Actions.map(({ Name }: { Name: string }) => Name);
  // The gate first: the gallery's stack looks its version up.
  assert.deepEqual(deploys, [
    'meyers-edge.Prepare',
    'meyers-edge.Deploy',
    'meyers-gallery.Prepare',
    'meyers-gallery.Deploy',
    'meyers-front.Prepare',
    'meyers-front.Deploy',
  ]);
});

/** What a build of the pipeline is told to do, by the beginning of its project's logical id. */
function buildOf(id: string) {
  const { Source, Environment } = the(template('full', 'Pipeline'), 'AWS::CodeBuild::Project', id).Properties;
  return { ...JSON.parse(Source.BuildSpec), environment: Environment };
}

test("it tests before it deploys, with the Makefile's own commands, for the account that the owner's deploy found", () => {
  const { phases, environment, artifacts } = buildOf('PipelineBuild');
  assert.deepEqual(phases.build.commands, [
    'make test',
    'make package KEYS=heirloom.keys.json ARCHITECTURE=arm64',
    'make synth',
  ]);
  assert.equal(artifacts['base-directory'], 'cdk/cdk.out');
  const told = Object.fromEntries(
    environment.EnvironmentVariables.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]),
  );
  assert.deepEqual(told, { CI: 'true', HEIRLOOM_SMALL_ACCOUNT: 'false' });
});

test('its builds have the Node.js, the Python, the Rust and the browser that the README asks for', () => {
  const { phases, environment } = buildOf('PipelineBuild');
  assert.equal(environment.Image, 'aws/codebuild/standard:7.0');
  assert.deepEqual(phases.install['runtime-versions'], { nodejs: '22', python: '3.12' });
  const commands: string = phases.install.commands.join('\n');
  // rustup takes what `rust-toolchain.toml` names.
  assert.match(commands, /sh\.rustup\.rs .*--default-toolchain none/);
  assert.match(commands, /^rustup toolchain install$/m);
  assert.match(commands, /google-chrome-stable_current_amd64\.deb/);
  // Ubuntu's package of that name wants snapd, which no container has.
  assert.doesNotMatch(commands, /install .*chromium/);
});

test("it deploys with the tools that the owner's deploy uses, none of them the newest of the day", () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  for (const [id, tool] of [
    ['DeployUpdatePipelineSelfMutation', `aws-cdk@${dependencies['aws-cdk']}`],
    ['DeployAssetsFileAsset1', 'cdk-assets@4.7.3'],
  ] as const) {
    const { install } = buildOf(id).phases;
    assert.deepEqual([install['runtime-versions'], install.commands], [{ nodejs: '22' }, [`npm install -g ${tool}`]]);
  }
});

test('where the gate is in another region, it is deployed from a bucket there, without a key of KMS', () => {
  const stores = Properties.ArtifactStores.map(
    ({ Region, ArtifactStore }: { Region: string; ArtifactStore: { Location: unknown; EncryptionKey?: unknown } }) => {
      assert.equal(ArtifactStore.EncryptionKey, undefined);
      return [Region, text(ArtifactStore.Location).replace(/[0-9A-F]{8}(?=>)/, '')];
    },
  );
  assert.deepEqual(stores, [
    ['eu-west-1', '<Artifacts>'],
    ['us-east-1', 'meyers-pipeline-123456789012-us-east-1'],
  ]);
  const { BucketName } = the(template('full', 'PipelineEdge'), 'AWS::S3::Bucket').Properties;
  assert.equal(BucketName, 'meyers-pipeline-123456789012-us-east-1');
  for (const [file, one] of templates())
    if (file.includes('ipeline')) assert.deepEqual(ofType(one, 'AWS::KMS::Key'), [], file);
});

test('what its roles may do is what CDK Pipelines writes for these buckets, projects and bootstrap roles', () => {
  const pipeline = template('full', 'Pipeline');
  const buckets = (...names: string[]) => names.flatMap((name) => [name, `${name}/*`]);
  const all = (actions: string[], resources: string[]) =>
    actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`));
  const own = buckets('<Artifacts.Arn>');
  const gate = buckets('arn:aws:s3:::meyers-pipeline-123456789012-us-east-1');
  const read = ['s3:GetBucket*', 's3:GetObject*', 's3:List*'];
  const change = ['', 'LegalHold', 'Retention', 'Tagging', 'VersionTagging'].map((what) => `s3:PutObject${what}`);
  const use = [...read, ...change, 's3:Abort*', 's3:DeleteObject*'];
  const logs = ['CreateLogGroup', 'CreateLogStream', 'PutLogEvents'].map((action) => `logs:${action}`);
  const report = [
    'BatchPutCodeCoverages',
    'BatchPutTestCases',
    'CreateReport',
    'CreateReportGroup',
    'UpdateReport',
  ].map((action) => `codebuild:${action}`);
  const build = ['BatchGetBuilds', 'StartBuild', 'StopBuild'].map((action) => `codebuild:${action}`);
  const group = (of: string) => `arn:aws:logs:eu-west-1:123456789012:log-group:/aws/codebuild/${of}`;
  const reports = (of: string) => `arn:aws:codebuild:eu-west-1:123456789012:report-group/${of}`;
  const bootstrap = (role: string, region: string, partition: string) =>
    `sts:AssumeRole arn:${partition}:iam::123456789012:role/cdk-hnb659fds-${role}-role-123456789012-${region}`;
  const [synth, mutation] = ['<PipelineBuildCdkBuildProject>', '<DeployUpdatePipelineSelfMutation>'];
  const built = (project: string) => [
    ...all(logs, [group(project), group(`${project}:*`)]),
    ...all(report, [reports(`${project}-*`)]),
  ];
  const expected: Record<string, string[]> = {
    PipelineRole: [
      ...all(use, [...own, ...gate]),
      'sts:AssumeRole <DeployCodeBuildActionRole.Arn>',
      'sts:AssumeRole <PipelineSourcemeyergalleryCodePipelineActionRole.Arn>',
      bootstrap('deploy', 'eu-west-1', '<AWS::Partition>'),
      bootstrap('deploy', 'us-east-1', '<AWS::Partition>'),
    ],
    PipelineSourcemeyergalleryCodePipelineActionRole: [
      ...all(
        ['codeconnections:UseConnection', 'codestar-connections:UseConnection'],
        ['arn:aws:codeconnections:eu-west-1:123456789012:connection/0a1b2c3d-0000-4000-8000-000000000000'],
      ),
      ...all(use, own),
      ...all(['s3:PutObjectAcl', 's3:PutObjectVersionAcl'], ['<Artifacts.Arn>/*']),
    ],
    PipelineBuildCdkBuildProjectRole: [...built(synth), ...all(use, own)],
    DeployCodeBuildActionRole: all(
      build,
      [
        'DeployAssetsFileAsset1',
        'DeployAssetsFileAsset2',
        'DeployUpdatePipelineSelfMutation',
        'PipelineBuildCdkBuildProject',
      ].map((project) => `<${project}.Arn>`),
    ),
    DeployUpdatePipelineSelfMutationRole: [
      ...built(mutation),
      // CDK's own: to take on the roles of a bootstrap, and no other.
      'sts:AssumeRole arn:*:iam::123456789012:role/* if tagged file-publishing, image-publishing, deploy',
      'cloudformation:DescribeStacks *',
      's3:ListBucket *',
      ...all(read, own),
    ],
    DeployAssetsFileRole: [
      ...all(logs, [group('*')]),
      ...all(report, [reports('*')]),
      ...all(build, ['*']),
      bootstrap('file-publishing', 'eu-west-1', '${AWS::Partition}'),
      bootstrap('file-publishing', 'us-east-1', '${AWS::Partition}'),
      ...all(read, own),
    ],
  };
  const roles = ofType(pipeline, 'AWS::IAM::Role').map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
  assert.deepEqual(roles.sort(), Object.keys(expected).sort());
  for (const [role, rights] of Object.entries(expected)) {
    const found = statementsOf(pipeline, role).flatMap((statement) => {
      const tags = statement.Condition?.['ForAnyValue:StringEquals']?.['iam:ResourceTag/aws-cdk:bootstrap-role'];
      assert.deepEqual(statement.Condition === undefined, tags === undefined, role);
      const only =
        tags === undefined
          ? ''
          : ` if tagged ${['file-publishing', 'image-publishing', 'deploy'].filter((tag) => list(tags).includes(tag)).join(', ')}`;
      const resources = list(statement.Resource).map((one) =>
        text((one as { 'Fn::Sub'?: string })['Fn::Sub'] ?? one).replace(/[0-9A-F]{8}(?=[.>])/g, ''),
      );
      return all(list(statement.Action), resources).map((right) => right + only);
    });
    assert.deepEqual(found.sort(), rights.sort(), role);
  }
});
