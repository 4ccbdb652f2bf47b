// What each role of the pipeline may do, exactly. CDK Pipelines writes these policies: they are for the pipeline's own buckets,
// projects and logs, and for the roles of a bootstrap.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { list, ofType, template } from '../test/galleries.ts';
import { statementsOf, text } from '../test/reading.ts';

const pipeline = template('full', 'Pipeline');

/** What a role may do: `action resource`, one each, in order, with the one condition that there is. */
function rights(role: string): string[] {
  return statementsOf(pipeline, role)
    .flatMap((statement) => {
      assert.equal(statement.Effect, 'Allow', role);
      const tags = statement.Condition?.['ForAnyValue:StringEquals']?.['iam:ResourceTag/aws-cdk:bootstrap-role'];
      assert.deepEqual(statement.Condition === undefined, tags === undefined, role);
      const only =
        tags === undefined
          ? ''
          : ` if tagged ${list(tags as string[])
              .sort()
              .join(', ')}`;
      const resources = list(statement.Resource).map((one) =>
        text((one as { 'Fn::Sub'?: string })['Fn::Sub'] ?? one).replace(/[0-9A-F]{8}(?=[.>])/g, ''),
      );
      return all(list(statement.Action), resources).map((right) => right + only);
    })
    .sort();
}

const all = (actions: readonly string[], resources: readonly string[]) =>
  actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`));
const bucket = (name: string) => [name, `${name}/*`];
const own = bucket('<Artifacts.Arn>');
const gate = bucket('arn:aws:s3:::meyers-pipeline-123456789012-us-east-1');
const read = ['s3:GetBucket*', 's3:GetObject*', 's3:List*'];
const change = ['', 'LegalHold', 'Retention', 'Tagging', 'VersionTagging'].map((what) => `s3:PutObject${what}`);
const use = [...read, ...change, 's3:Abort*', 's3:DeleteObject*'];
const write = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const report = ['BatchPutCodeCoverages', 'BatchPutTestCases', 'CreateReport', 'CreateReportGroup', 'UpdateReport'].map(
  (action) => `codebuild:${action}`,
);
const build = ['BatchGetBuilds', 'StartBuild', 'StopBuild'].map((action) => `codebuild:${action}`);
const group = (of: string) => `arn:aws:logs:eu-west-1:123456789012:log-group:/aws/codebuild/${of}`;
const reports = (of: string) => `arn:aws:codebuild:eu-west-1:123456789012:report-group/${of}`;
const bootstrap = (role: string, region: string, partition: string) =>
  `sts:AssumeRole arn:${partition}:iam::123456789012:role/cdk-hnb659fds-${role}-role-123456789012-${region}`;
/** What every build may: write the pipeline's log, and what CDK adds for a log and reports of the project's own. */
const built = (project: string) => [
  ...all(write, ['<Log.Arn>']),
  ...all(['logs:CreateLogGroup', ...write], [group(project), group(`${project}:*`)]),
  ...all(report, [reports(`${project}-*`)]),
];

test('the pipeline hands on what was built, and deploys through the roles of the bootstrap', () => {
  assert.deepEqual(
    rights('PipelineRole'),
    [
      ...all(use, [...own, ...gate]),
      'sts:AssumeRole <DeployCodeBuildActionRole.Arn>',
      'sts:AssumeRole <PipelineSourcemeyergalleryCodePipelineActionRole.Arn>',
      bootstrap('deploy', 'eu-west-1', '<AWS::Partition>'),
      bootstrap('deploy', 'us-east-1', '<AWS::Partition>'),
    ].sort(),
  );
});

test('what fetches the code uses the one connection', () => {
  assert.deepEqual(
    rights('PipelineSourcemeyergalleryCodePipelineActionRole'),
    [
      ...all(
        ['codeconnections:UseConnection', 'codestar-connections:UseConnection'],
        ['arn:aws:codeconnections:eu-west-1:123456789012:connection/0a1b2c3d-0000-4000-8000-000000000000'],
      ),
      ...all(use, own),
      ...all(['s3:PutObjectAcl', 's3:PutObjectVersionAcl'], ['<Artifacts.Arn>/*']),
    ].sort(),
  );
});

test('what builds and tests has the artifacts, and nothing of the account or the gallery', () => {
  assert.deepEqual(
    rights('PipelineBuildCdkBuildProjectRole'),
    [...built('<PipelineBuildCdkBuildProject>'), ...all(use, own)].sort(),
  );
});

test("what starts the builds starts the pipeline's own", () => {
  const projects = [
    'DeployAssetsFileAsset1',
    'DeployAssetsFileAsset2',
    'DeployUpdatePipelineSelfMutation',
    'PipelineBuildCdkBuildProject',
  ];
  assert.deepEqual(
    rights('DeployCodeBuildActionRole'),
    all(
      build,
      projects.map((project) => `<${project}.Arn>`),
    ).sort(),
  );
});

test('what mends the pipeline takes on the roles of a bootstrap, and no other', () => {
  assert.deepEqual(
    rights('DeployUpdatePipelineSelfMutationRole'),
    [
      ...built('<DeployUpdatePipelineSelfMutation>'),
      'sts:AssumeRole arn:*:iam::123456789012:role/* if tagged deploy, file-publishing, image-publishing',
      'cloudformation:DescribeStacks *',
      's3:ListBucket *',
      ...all(read, own),
    ].sort(),
  );
});

test("what uploads the functions' code takes on the roles that publish files", () => {
  assert.deepEqual(
    rights('DeployAssetsFileRole'),
    [
      ...all(write, ['<Log.Arn>']),
      ...all(['logs:CreateLogGroup', ...write], [group('*')]),
      ...all(report, [reports('*')]),
      ...all(build, ['*']),
      bootstrap('file-publishing', 'eu-west-1', '${AWS::Partition}'),
      bootstrap('file-publishing', 'us-east-1', '${AWS::Partition}'),
      ...all(read, own),
    ].sort(),
  );
});

test('there are no other roles', () => {
  assert.deepEqual(
    ofType(pipeline, 'AWS::IAM::Role')
      .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))
      .sort(),
    [
      'DeployAssetsFileRole',
      'DeployCodeBuildActionRole',
      'DeployUpdatePipelineSelfMutationRole',
      'PipelineBuildCdkBuildProjectRole',
      'PipelineRole',
      'PipelineSourcemeyergalleryCodePipelineActionRole',
    ],
  );
});
