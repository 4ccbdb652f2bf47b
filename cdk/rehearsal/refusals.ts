// What must not work, tried (SECURITY-REQUIREMENTS, 21), and what happens when a right is missing.

import assert from 'node:assert/strict';
import { request } from 'node:https';
import { GetFunctionUrlConfigCommand } from '@aws-sdk/client-lambda';
import { DeleteRolePolicyCommand, ListRolePoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import type { Journey } from './gallery.test.ts';
import { signIn } from './sign-in.ts';
import type { Stage } from './stage.ts';

/** Asks the emulator without any credentials, under a host name of AWS's. */
function asStranger(stage: Stage, path: string, host?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${stage.emulator.endpoint}${path}`,
      {
        headers: host === undefined ? {} : { host },
        // The certificate is this machine's; the host name is only for the emulator to tell whom the request is for.
        checkServerIdentity: () => undefined,
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

/** What a stranger and a function without rights are refused. */
export function refusalJourneys(journey: Journey): void {
  journey('buckets refuse a stranger, objects that are public behind the gate too', async (stage) => {
    for (const [bucket, key] of [
      ['web', 'robots.txt'],
      ['web', 'home/all/index.html'],
      ['source', 'Family/after.jpg'],
      ['auth', 'users/gerda.json'],
      ['web', ''],
    ]) {
      assert.equal(await asStranger(stage, `/${stage.bucket(bucket ?? '')}/${key}`), 403, `${bucket}/${key}`);
    }
  });

  journey('function URLs refuse a stranger', async (stage) => {
    for (const name of ['login', 'renewal', 'upload']) {
      const { FunctionUrl, AuthType } = await stage.lambda.send(
        new GetFunctionUrlConfigCommand({ FunctionName: `heirloom-${name}` }),
      );
      assert.equal(AuthType, 'AWS_IAM');
      assert.equal(await asStranger(stage, '/auth/login', new URL(FunctionUrl ?? '').host), 403, name);
    }
  });

  journey('login without its rights lets nobody in', async (stage) => {
    const { Roles = [] } = await stage.iam.send(new ListRolesCommand({}));
    const role = Roles.find(({ RoleName }) => RoleName?.includes('SignInLoginRole'))?.RoleName;
    const { PolicyNames = [] } = await stage.iam.send(new ListRolePoliciesCommand({ RoleName: role }));
    assert.ok(PolicyNames.length > 0);
    for (const PolicyName of PolicyNames)
      await stage.iam.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName }));
    const { answer, cookie } = await signIn(stage, 'gerda', 'correct-horse-battery-staple-of-mine');
    // So the emulator does look at the roles, and all that worked before worked with them.
    assert.deepEqual([answer.statusCode, cookie], [503, undefined]);
  });
}
