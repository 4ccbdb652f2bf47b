// What must hold of every template, whatever is in it (SECURITY-REQUIREMENTS): nothing public, TLS alone, no wildcard
// actions, no cookies where they have no business, the gate before everything.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../deploy/commands.ts';
import { list, ofType, templates, the, type Template } from './galleries.ts';
import { allStatements, text, type Statement } from './reading.ts';

/**
 * The wildcards that CDK Pipelines writes, by whom they are for: for the pipeline's own artifacts, and to look at stacks and
 * builds. They are argued with cdk-nag; pipeline/pipeline.test.ts says what they are for.
 */
const READ = ['s3:GetBucket*', 's3:GetObject*', 's3:List*'];
const CHANGE = [...READ, 's3:Abort*', 's3:DeleteObject*'];
const WILD_ACTIONS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'full/Pipeline': {
    ArtifactsPolicy: READ,
    DeployAssetsFileRoleDefaultPolicy: READ,
    DeployUpdatePipelineSelfMutationRoleDefaultPolicy: READ,
    PipelineBuildCdkBuildProjectRoleDefaultPolicy: CHANGE,
    PipelineRoleDefaultPolicy: CHANGE,
    PipelineSourcemeyergalleryCodePipelineActionRoleDefaultPolicy: CHANGE,
  },
};
const FOR_EVERYTHING: typeof WILD_ACTIONS = {
  'full/Pipeline': {
    DeployAssetsFileRoleDefaultPolicy: ['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'],
    DeployUpdatePipelineSelfMutationRoleDefaultPolicy: ['cloudformation:DescribeStacks', 's3:ListBucket'],
  },
};

/** Rights by the policy that they stand in, each once and in order. */
function byPolicy(found: readonly (readonly [string, string])[]): Record<string, string[]> {
  const policies = [...new Set(found.map(([id]) => id))].sort();
  return Object.fromEntries(
    policies.map((policy) => [
      policy.replace(/[0-9A-F]{8}$/, ''),
      [...new Set(found.filter(([id]) => id === policy).map(([, right]) => right))].sort(),
    ]),
  );
}

/** The same in order. */
const sorted = (rights: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(rights).map(([policy, actions]) => [policy, [...actions].sort()]));

/** Denying everything is the one use of a wildcard. */
const allows = ([, statement]: [string, Statement]) => statement.Effect === 'Allow';

for (const [file, one] of templates())
  describe(file, () => {
    const statements = allStatements(one);

    test('no bucket is public, each keeps its objects to itself and is encrypted', () => {
      for (const [id, { Properties }] of ofType(one, 'AWS::S3::Bucket')) {
        assert.deepEqual(
          Properties.PublicAccessBlockConfiguration,
          {
            BlockPublicAcls: true,
            BlockPublicPolicy: true,
            IgnorePublicAcls: true,
            RestrictPublicBuckets: true,
          },
          id,
        );
        assert.equal(
          Properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm,
          'AES256',
          id,
        );
        // CloudFront's standard logs need an access control list in the one bucket that is theirs.
        const owner = id.startsWith('AccessLogs') ? 'BucketOwnerPreferred' : 'BucketOwnerEnforced';
        assert.equal(Properties.OwnershipControls.Rules[0].ObjectOwnership, owner, id);
        assert.equal(Properties.AccessControl, undefined, id);
        // Who may send to the source bucket from a page, storage/buckets.test.ts looks at.
        if (!id.startsWith('BucketsSource')) assert.equal(Properties.CorsConfiguration, undefined, id);
        assert.equal(Properties.WebsiteConfiguration, undefined, id);
      }
    });

    test('buckets, queues and topics speak TLS alone', () => {
      for (const [type, policyType, names] of [
        ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'Bucket'],
        ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'Queues'],
        ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'Topics'],
      ] as const) {
        for (const [id] of ofType(one, type)) {
          const policies = ofType(one, policyType).filter(([, { Properties }]) =>
            list(Properties[names]).some((of) => of.Ref === id),
          );
          const denies = policies
            .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[])
            .filter(
              (statement) =>
                statement.Effect === 'Deny' && statement.Condition?.['Bool']?.['aws:SecureTransport'] === 'false',
            );
          assert.equal(denies.length, 1, `${id} can be reached without TLS`);
          if (type === 'AWS::S3::Bucket') {
            assert.ok(
              policies.some(([, { Properties }]) => JSON.stringify(Properties).includes('"s3:TlsVersion":1.2')),
              `${id} speaks TLS older than 1.2`,
            );
          }
        }
      }
    });

    test('nobody in particular is allowed anything', () => {
      for (const [id, statement] of statements.filter(allows)) {
        const principal = JSON.stringify(statement.Principal ?? null);
        assert.ok(!principal.includes('"*"'), `${id}: ${JSON.stringify(statement)}`);
      }
      for (const [id, { Properties }] of ofType(one, 'AWS::Lambda::Permission')) {
        assert.notEqual(Properties.Principal, '*', id);
        assert.ok(Properties.SourceArn !== undefined, `${id} lets anybody's ${Properties.Principal} call`);
      }
    });

    test('a service of AWS acts for this gallery alone', () => {
      for (const [id, statement] of statements.filter(allows)) {
        const service = (statement.Principal as { Service?: unknown } | undefined)?.Service;
        if (service === undefined || list(statement.Action).every((action) => action === 'sts:AssumeRole')) continue;
        const conditions = Object.assign({}, ...Object.values(statement.Condition ?? {}));
        const bound = Object.keys(conditions).some((key) => /^aws:source(arn|account)$/i.test(key));
        assert.ok(bound, `${id}: ${text(service)} acts for anybody`);
      }
    });

    test('no action is a wildcard but those that CDK Pipelines writes', () => {
      const found = statements
        .filter(allows)
        .flatMap(([id, { Action }]) => list(Action).map((action) => [id, action] as const))
        .filter(([, action]) => action.includes('*'));
      assert.deepEqual(byPolicy(found), sorted(WILD_ACTIONS[file] ?? {}));
    });

    test('no right is for everything but those that CDK Pipelines writes', () => {
      const found = statements.filter(allows).flatMap(([id, { Action, Resource }]) => {
        const everything = list(Resource ?? [])
          .map(text)
          .some((resource) => resource === '*' || /^arn:[^:]*:s3:::\*/.test(resource));
        return everything ? list(Action).map((action) => [id, action] as const) : [];
      });
      assert.deepEqual(byPolicy(found), sorted(FOR_EVERYTHING[file] ?? {}));
    });

    test('functions are called through IAM, each log has an end', () => {
      for (const [id, { Properties }] of ofType(one, 'AWS::Lambda::Url')) {
        assert.equal(Properties.AuthType, 'AWS_IAM', id);
        assert.equal(Properties.Cors, undefined, id);
      }
      for (const [id, { Properties }] of ofType(one, 'AWS::Logs::LogGroup'))
        assert.ok(Properties.RetentionInDays > 0, id);
      for (const [id, { Properties }] of ofType(one, 'AWS::Lambda::Function')) {
        const logged =
          Properties.LoggingConfig?.LogGroup !== undefined || Properties.FunctionName.endsWith('-verifier');
        assert.ok(logged, `${id} logs where nobody set an end`);
      }
      const groups = new Set(ofType(one, 'AWS::Logs::LogGroup').map(([id]) => id));
      for (const [id, { Properties }] of ofType(one, 'AWS::CodeBuild::Project')) {
        const { Status, GroupName } = Properties.LogsConfig?.CloudWatchLogs ?? {};
        assert.ok(Status === 'ENABLED' && groups.has(GroupName?.Ref), `${id} logs where nobody set an end`);
      }
    });

    test('no function holds a secret', () => {
      for (const [id, { Properties }] of ofType(one, 'AWS::Lambda::Function')) {
        for (const name of Object.keys(Properties.Environment?.Variables ?? {})) {
          assert.match(
            name,
            /^HEIRLOOM_((SOURCE|RESIZED|WEB|AUTH)_BUCKET|TITLE|AUDIENCE|SESSION_DAYS|MAIL|ADDRESS|RESIZE_QUEUE)$/,
            id,
          );
        }
      }
    });

    for (const [id, { Properties }] of ofType(one, 'AWS::CloudFront::Distribution'))
      distribution(one, id, Properties.DistributionConfig);
  });

// oxlint-disable-next-line no-explicit-any
function distribution(one: Template, id: string, config: any): void {
  // oxlint-disable-next-line no-explicit-any
  const behaviours: any[] = [config.DefaultCacheBehavior, ...config.CacheBehaviors];
  // oxlint-disable-next-line no-explicit-any
  const origin = (behaviour: any) =>
    config.Origins.find((known: { Id: string }) => known.Id === behaviour.TargetOriginId);

  test(`${id}: the gate is before every path`, () => {
    for (const behaviour of behaviours) {
      assert.equal(behaviour.LambdaFunctionAssociations.length, 1, behaviour.PathPattern);
      const [{ EventType, IncludeBody, LambdaFunctionARN }] = behaviour.LambdaFunctionAssociations;
      assert.equal(EventType, 'viewer-request');
      assert.match(text(LambdaFunctionARN), /-edge@us-east-1\..*VerifierCurrentVersion/);
      assert.equal(
        IncludeBody === true,
        (behaviour.PathPattern ?? '').startsWith('/auth/'),
        `${behaviour.PathPattern}: only signing in shows bodies`,
      );
      assert.deepEqual(behaviour.FunctionAssociations ?? [], []);
    }
  });

  test(`${id}: origins are reached through access control alone, and the auth bucket is none`, () => {
    const controls = new Map(
      ofType(one, 'AWS::CloudFront::OriginAccessControl').map(([control, { Properties }]) => [
        `<${control}.Id>`,
        Properties.OriginAccessControlConfig,
      ]),
    );
    for (const { OriginAccessControlId, DomainName, S3OriginConfig } of config.Origins) {
      const control = controls.get(text(OriginAccessControlId));
      assert.equal(control?.SigningBehavior, 'always', text(DomainName));
      assert.equal(control?.OriginAccessControlOriginType, S3OriginConfig === undefined ? 'lambda' : 's3');
      assert.equal(S3OriginConfig?.OriginAccessIdentity ?? '', '');
      assert.doesNotMatch(text(DomainName), /BucketsAuth/);
    }
  });

  test(`${id}: cookies, queries and headers neither reach a bucket nor split a cache`, () => {
    const policies = new Map(
      ofType(one, 'AWS::CloudFront::CachePolicy').map(([policy, { Properties }]) => [
        policy,
        Properties.CachePolicyConfig,
      ]),
    );
    for (const behaviour of behaviours.filter((known) => origin(known).S3OriginConfig !== undefined)) {
      assert.equal(behaviour.OriginRequestPolicyId, undefined, behaviour.PathPattern);
      assert.equal(behaviour.ForwardedValues, undefined);
      assert.deepEqual(behaviour.AllowedMethods, ['GET', 'HEAD']);
      const own = behaviour.CachePolicyId.Ref;
      if (own === undefined) {
        assert.equal(behaviour.CachePolicyId, CACHING_DISABLED, behaviour.PathPattern);
        continue;
      }
      const { CookiesConfig, HeadersConfig, QueryStringsConfig } =
        policies.get(own).ParametersInCacheKeyAndForwardedToOrigin;
      assert.deepEqual(
        [CookiesConfig.CookieBehavior, HeadersConfig.HeaderBehavior, QueryStringsConfig.QueryStringBehavior],
        ['none', 'none', 'none'],
        own,
      );
    }
  });

  test(`${id}: signing in is never kept, and never in the clear`, () => {
    const auth = behaviours.filter((behaviour) => origin(behaviour).S3OriginConfig === undefined);
    const [[asked] = []] = ofType(one, 'AWS::CloudFront::OriginRequestPolicy');
    assert.deepEqual(
      auth.map((behaviour) => behaviour.PathPattern),
      ['/auth/renew', '/auth/upload', '/auth/*'],
    );
    for (const behaviour of auth) {
      assert.equal(behaviour.CachePolicyId, CACHING_DISABLED);
      assert.equal(behaviour.ViewerProtocolPolicy, 'https-only');
      assert.deepEqual(behaviour.OriginRequestPolicyId, { Ref: asked });
      assert.equal(origin(behaviour).CustomOriginConfig.OriginProtocolPolicy, 'https-only');
    }
    const urls = auth.map((behaviour) => text(origin(behaviour).DomainName));
    assert.match(urls[0] ?? '', /SignInRenewalFunction/);
    assert.match(urls[1] ?? '', /SignInUploadFunction/);
    assert.match(urls[2] ?? '', /SignInLoginFunction/);
    for (const behaviour of behaviours) assert.notEqual(behaviour.ViewerProtocolPolicy, 'allow-all');
  });

  test(`${id}: signing in is told everything but the host and the cookies that it does not read`, () => {
    const { CookiesConfig, HeadersConfig, QueryStringsConfig } = the(one, 'AWS::CloudFront::OriginRequestPolicy')
      .Properties.OriginRequestPolicyConfig;
    assert.deepEqual(CookiesConfig, {
      CookieBehavior: 'whitelist',
      Cookies: ['__Host-session', '__Host-device', '__Host-owner'],
    });
    assert.deepEqual([...CookiesConfig.Cookies].sort(), cookiesOfSignIn());
    assert.deepEqual(HeadersConfig, { HeaderBehavior: 'allExcept', Headers: ['Host'] });
    assert.deepEqual(QueryStringsConfig, { QueryStringBehavior: 'all' });
  });

  test(`${id}: functions are called by this distribution alone`, () => {
    const permissions = ofType(one, 'AWS::Lambda::Permission')
      .map(([, { Properties }]) => Properties)
      .filter(({ Principal }) => Principal === 'cloudfront.amazonaws.com');
    for (const { SourceArn } of permissions)
      assert.equal(text(SourceArn), `arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:distribution/<${id}>`);
    // Each of the three by its URL, and through its URL.
    const called = permissions.map(({ Action, FunctionName, InvokedViaFunctionUrl }) =>
      [Action, InvokedViaFunctionUrl === true, text(FunctionName).replace(/[0-9A-F]{8}\.FunctionArn/, '')].join(' '),
    );
    assert.deepEqual(
      called.sort(),
      ['Login', 'Renewal', 'Upload']
        .flatMap((part) => [
          `lambda:InvokeFunction true <SignIn${part}FunctionFunctionUrl>`,
          `lambda:InvokeFunctionUrl false <SignIn${part}FunctionFunctionUrl>`,
        ])
        .sort(),
    );
  });

  test(`${id}: the forbidden looks like the missing, and nothing refused becomes a success`, () => {
    // oxlint-disable-next-line no-explicit-any
    const responses = new Map<number, any>(
      config.CustomErrorResponses.map((response: { ErrorCode: number }) => [response.ErrorCode, response]),
    );
    for (const status of [403, 404]) {
      assert.equal(responses.get(status).ResponsePagePath, '/not-found.html');
      assert.equal(responses.get(status).ResponseCode, 404);
    }
    for (const [status, response] of responses) {
      assert.ok(response.ResponseCode === undefined || response.ResponseCode >= 400, String(status));
      assert.ok(response.ErrorCachingMinTTL <= 1, `${status} is kept`);
    }
  });
}

/** AWS, "Use managed cache policies". */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';

/** The cookies that are named in what login, renewal and upload are made of: each is set and read there. */
function cookiesOfSignIn(): string[] {
  const names = ['login', 'session'].flatMap((crate) => {
    const folder = join(ROOT, 'edge-auth', crate, 'src');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.rs'))
      .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/const \w+: &str = "(__Host-\w+)";/g)])
      .map(([, name]) => name ?? '');
  });
  return names.sort();
}
