import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ofType, template, templates, the } from '../test/galleries.ts';
import { text } from '../test/reading.ts';

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

test('its builds write one log, which is kept as long as the others', () => {
  const pipeline = template('full', 'Pipeline');
  const { LogGroupName, RetentionInDays } = the(pipeline, 'AWS::Logs::LogGroup').Properties;
  assert.deepEqual([LogGroupName, RetentionInDays], ['/aws/codebuild/meyers-pipeline', 30]);
  const projects = ofType(pipeline, 'AWS::CodeBuild::Project');
  assert.equal(projects.length, 4);
  for (const [id, { Properties: project }] of projects) {
    assert.equal(project.LogsConfig.CloudWatchLogs.Status, 'ENABLED', id);
    assert.match(text(project.LogsConfig.CloudWatchLogs.GroupName), /^<Log[0-9A-F]{8}>$/, id);
  }
});
