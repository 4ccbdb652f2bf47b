// The owner's deploy: `make deploy`, or with `--dry-run` what it would change, or with `--destroy` the end.
//
//     settings -> account -> keys -> code -> bootstrap -> stacks -> the first key -> the first pages -> the gate's logs
//     -> what is next
//
// Each step looks at what is there, so that a deploy that broke off is simply run again.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Configuration } from '../config/configuration.ts';
import { EDGE_REGION } from '../edge/edge-stack.ts';
import { Account } from './account.ts';
import { cdk, ROOT, run } from './commands.ts';
import { endGateLogs } from './gate-logs.ts';
import { edgeConfiguration, newKey } from './keys.ts';
import { farewell, gateLogs, latePages, nextSteps, type Outputs } from './sentences.ts';
import { settings, settingsFile, tell } from './settings.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { 'dry-run': { type: 'boolean', default: false }, destroy: { type: 'boolean', default: false } },
  });
  const configuration = settings();
  const account = await Account.ofCredentials(configuration.region);
  const { pipeline } = configuration;
  if (pipeline !== undefined && pipeline.account !== account.id) {
    throw new Error(
      `the pipeline is for the account ${pipeline.account}, but these credentials are for ${account.id}: change \`pipeline.account\` or AWS_PROFILE`,
    );
  }
  const small = configuration.smallAccount ?? (await account.isSmall(configuration.name));
  const env = {
    CDK_DEFAULT_ACCOUNT: account.id,
    HEIRLOOM_CONFIG: settingsFile(),
    HEIRLOOM_SMALL_ACCOUNT: String(small),
    CDK_DISABLE_CLI_TELEMETRY: '1',
  };

  if (values.destroy) {
    let error: unknown;
    try {
      // What was built for the stacks says nothing about what is to be removed.
      cdk(['destroy', '--all', '--force'], { ...env, HEIRLOOM_WITHOUT_CODE: 'true' });
    } catch (refused) {
      // CloudFront lets go of the gate hours after it was last used, so the first end of a gallery ends like this.
      error = refused;
    }
    console.log(farewell(configuration, account, error === undefined));
    if (error !== undefined) throw error;
    return;
  }
  const { first, keys } = await ready(account, configuration, values['dry-run']);
  if (values['dry-run']) {
    cdk(['diff'], env);
    return;
  }
  if (small) {
    console.log(
      'This account runs few functions at once, so login, renewal and uploads get no places of their own. To change ' +
        'that, ask for 1,000 concurrent executions under Service Quotas (AWS Lambda), and deploy again.',
    );
  }
  for (const region of new Set([configuration.region, EDGE_REGION])) {
    if (!(await Account.isBootstrapped(region))) cdk(['bootstrap', `aws://${account.id}/${region}`], env);
  }
  const outputs = deployed(env);
  // Only now does the gate know these keys: `heirloom doctor` and the pipeline believe the file beside the settings.
  copyFileSync(keys, join(dirname(settingsFile()), 'heirloom.keys.json'));
  if (first !== undefined) await account.put(configuration.name, first.path, first.record);
  let late: unknown;
  try {
    await account.reconcile(outputs.Builder);
  } catch (failed) {
    late = failed;
  }
  const ended = gateLogs(await endGateLogs(configuration.name, configuration.logDays), configuration.logDays);
  if (ended !== undefined) console.log(ended);
  console.log(nextSteps(configuration, outputs));
  if (late !== undefined) throw latePages(late);
}

/**
 * Builds everything, the gate with the keys that login signs with. The first key is made here and returned: its bucket
 * comes with the deploy. Should that fail, the next deploy finds no key and makes another.
 */
async function ready(account: Account, { name, architecture }: Configuration, dry: boolean) {
  const known = await account.keys(name);
  const first = known.length === 0 && !dry ? newKey(new Date()) : undefined;
  const configuration = edgeConfiguration(name, first === undefined ? known : [first.record]);
  const keys = join(BESIDE, 'heirloom.keys.json');
  mkdirSync(BESIDE, { recursive: true });
  writeFileSync(keys, `${JSON.stringify(configuration, null, 2)}\n`);
  run('make', ['--no-print-directory', 'package', `KEYS=${keys}`, `ARCHITECTURE=${architecture}`]);
  return { first, keys };
}

/** Where a deploy keeps what it needs on its way. */
const BESIDE = join(ROOT, 'cdk', 'cdk.out');

function deployed(env: Record<string, string>): Outputs {
  const file = join(BESIDE, 'outputs.json');
  // Buckets that an earlier gallery of this name left behind are taken over, with what is in them.
  const flags = ['--require-approval', 'never', '--import-existing-resources', '--outputs-file', file];
  cdk(['deploy', '--all', ...flags], env);
  const outputs: Record<string, Outputs> = JSON.parse(readFileSync(file, 'utf8'));
  const found = Object.values(outputs).find((one) => one.Builder !== undefined);
  if (found === undefined)
    throw new Error(
      `the stacks were deployed, but ${file} does not say where the gallery is: run \`make deploy\` again`,
    );
  return found;
}

await main().catch(tell);
