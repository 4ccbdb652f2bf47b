import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofType, template } from '../test/galleries.ts';
import { endGateLogs } from './gate-logs.ts';
import { gateLogs } from './sentences.ts';

/** AWS, as far as it has a log in Ireland, has Cape Town turned off and lets nobody into São Paulo. */
async function put(region: string): Promise<void> {
  if (region === 'eu-west-1') return;
  const [name, message] =
    region === 'sa-east-1'
      ? ['AccessDeniedException', 'not authorized to perform logs:PutRetentionPolicy']
      : [region === 'af-south-1' ? 'UnrecognizedClientException' : 'ResourceNotFoundException', 'nothing here'];
  throw Object.assign(new Error(message), { name });
}

test("the gate's logs get an end in every region where there are some", async () => {
  assert.deepEqual(await endGateLogs('meyers', 30, put), {
    set: ['eu-west-1'],
    failed: { 'sa-east-1': 'not authorized to perform logs:PutRetentionPolicy' },
  });
});

test('the group is the one that Lambda@Edge makes, and the one in us-east-1 is left to its stack', async () => {
  const asked: [string, string, number][] = [];
  await endGateLogs('meyers', 30, async (...one) => asked.push(one));
  const groups = ofType(template('full', 'Edge'), 'AWS::Logs::LogGroup').map(([, { Properties }]) => [
    Properties.LogGroupName,
    Properties.RetentionInDays,
  ]);
  assert.deepEqual([...new Set(asked.map(([, ...what]) => what.join()))], groups.map(String));
  const regions = asked.map(([region]) => region);
  assert.ok(regions.includes('eu-central-1') && regions.includes('ap-southeast-2'));
  assert.ok(!regions.includes('us-east-1') && !regions.some((region) => region.startsWith('cn-')));
});

test('what became of the logs is told, and nothing where there was nothing to do', () => {
  assert.equal(gateLogs({ set: [], failed: {} }, 90), undefined);
  assert.equal(
    gateLogs({ set: ['eu-west-1', 'sa-east-1'], failed: {} }, 90),
    "The gate's logs in eu-west-1 and sa-east-1 are kept for 90 days.",
  );
  assert.equal(
    gateLogs({ set: ['eu-west-1'], failed: { 'ap-east-1': 'no answer', 'sa-east-1': 'none' } }, 1),
    "The gate's logs in eu-west-1 are kept for 1 day.\n" +
      "How long the gate's logs in ap-east-1 and sa-east-1 are kept could not be set (no answer): the next `make deploy` tries again.",
  );
});
