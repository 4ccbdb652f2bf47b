// The owner's deploy itself: what it told, what it keeps, and what a dry run leaves alone.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { verifierLog } from '../edge/edge-stack.ts';
import type { Journey } from './gallery.test.ts';

/** What CDK says when it prepares the region. */
const BOOTSTRAP = /Bootstrapping environment aws:\/\/\d{12}\/us-east-1/;

/** The first deploy, which the stage ran, and others after it. */
export function deployJourneys(journey: Journey): void {
  journey(
    'the deploy tells the address and what is next, and keeps the keys that the gate was packed with',
    async (stage) => {
      assert.match(stage.told, /make --no-print-directory package KEYS=\S+heirloom\.keys\.json ARCHITECTURE=x86_64/);
      assert.match(stage.told, /The gallery is at https:\/\//);
      assert.match(stage.told, /1\. Confirm the mail that AWS sends to owner@example\.com/);
      assert.ok(stage.told.includes(`s3://${stage.bucket('source')}/`));
      assert.deepEqual(JSON.parse(readFileSync(stage.settings('heirloom.keys.json'), 'utf8')), stage.keys);
      assert.equal(stage.keys.keys.length, 1);
      assert.match(stage.told, BOOTSTRAP);
    },
  );

  journey('a dry run shows what would change, and changes nothing', async (stage) => {
    const file = stage.settings('heirloom.keys.json');
    const [keys, web] = [readFileSync(file, 'utf8'), await stage.listed('web')];
    // What a deploy that failed, or one on another machine, left there is not the dry run's to mend.
    writeFileSync(file, '{}');
    const { status, said } = stage.deploy('--dry-run');
    assert.equal(status, 0, said);
    assert.match(said, /There were no differences|Number of stacks with differences: 0/);
    assert.equal(readFileSync(file, 'utf8'), '{}');
    writeFileSync(file, keys);
    assert.deepEqual(await stage.listed('web'), web);
    assert.ok(existsSync(stage.settings('heirloom.toml')));
  });

  journey('a dry run after one value changed shows that value', async (stage) => {
    const { status, said } = stage.deployChanged((resources) => {
      const mail = Object.values(resources).find(({ Properties }) => Properties?.['FunctionName'] === 'heirloom-mail');
      assert.equal(mail?.Properties['MemorySize'], 256);
      mail.Properties['MemorySize'] = 320;
    }, '--dry-run');
    assert.equal(status, 0, said);
    assert.match(said, /AWS::Lambda::Function.*Mail.*\n[^\n]*\[~\] MemorySize\n[^\n]*\[-\] 256\n[^\n]*\[\+\] 320/);
    assert.match(said, /Number of stacks with differences: 1/);
  });

  journey("a second deploy keeps the key, bootstraps nothing, and gives the gate's logs an end", async (stage) => {
    // As Lambda@Edge makes it where somebody looked from.
    const logs = stage.logs('eu-west-1');
    await logs.send(new CreateLogGroupCommand({ logGroupName: verifierLog('heirloom') }));
    const { status, said } = stage.deploy();
    assert.equal(status, 0, said);
    assert.doesNotMatch(said, BOOTSTRAP);
    assert.match(said, /The gallery is at https:\/\//);
    assert.match(said, /The gate's logs in eu-west-1 are kept for 90 days\./);
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
    assert.deepEqual(
      logGroups.map(({ logGroupName, retentionInDays }) => [logGroupName, retentionInDays]),
      [[verifierLog('heirloom'), 90]],
    );
    assert.deepEqual(JSON.parse(readFileSync(stage.settings('heirloom.keys.json'), 'utf8')), stage.keys);
  });
}
