// The owner's deploy: `make deploy`, or with `--dry-run` what it would change, or with `--destroy` the end.
//
//     settings -> account -> keys -> code -> bootstrap -> stacks -> the first key -> the first pages -> what is next
//
// Each step looks at what is there, so that a deploy that broke off is simply run again.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Configuration } from '../config/configuration.ts';
import { EDGE_REGION } from '../edge/edge-stack.ts';
import { Account } from './account.ts';
import { cdk, ROOT, run } from './commands.ts';
import { edgeConfiguration, newKey } from './keys.ts';
import { farewell, nextSteps, type Outputs } from './sentences.ts';
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
  const small = configuration.smallAccount ?? (await account.isSmall());
  const env = { CDK_DEFAULT_ACCOUNT: account.id, HEIRLOOM_CONFIG: settingsFile(), CDK_DISABLE_CLI_TELEMETRY: '1' };
  const context = ['--context', `small-account=${small}`];

  if (values.destroy) {
    cdk(['destroy', '--all', '--force', ...context], env);
    console.log(farewell(configuration, account));
    return;
  }
  const first = await ready(account, configuration, values['dry-run']);
  if (values['dry-run']) {
    cdk(['diff', ...context], env);
    return;
  }
  if (small) {
    console.log(
      'This account runs few functions at once, so login and renewal get no places of their own. To change that, ask for ' +
        '1,000 concurrent executions under Service Quotas (AWS Lambda), and deploy again.',
    );
  }
  for (const region of new Set([configuration.region, EDGE_REGION])) {
    if (!(await Account.isBootstrapped(region))) cdk(['bootstrap', `aws://${account.id}/${region}`], env);
  }
  const outputs = deployed(context, env);
  if (first !== undefined) await account.put(configuration.name, first.path, first.record);
  await account.reconcile(outputs.Builder);
  console.log(nextSteps(configuration, outputs));
}

/**
 * Builds everything, the gate with the keys that login signs with. The first key is made here and returned: its bucket
 * comes with the deploy. Should that fail, the next deploy finds no key and makes another.
 */
async function ready(account: Account, { name, architecture }: Configuration, dry: boolean) {
  const known = await account.keys(name);
  const first = known.length === 0 && !dry ? newKey(new Date()) : undefined;
  const configuration = edgeConfiguration(name, first === undefined ? known : [first.record]);
  const file = join(dirname(settingsFile()), 'heirloom.keys.json');
  writeFileSync(file, `${JSON.stringify(configuration, null, 2)}\n`);
  run('make', ['--no-print-directory', 'package', `KEYS=${file}`, `ARCHITECTURE=${architecture}`]);
  return first;
}

function deployed(context: readonly string[], env: Record<string, string>): Outputs {
  const file = join(ROOT, 'cdk', 'cdk.out', 'outputs.json');
  // Buckets that an earlier gallery of this name left behind are taken over, with what is in them.
  cdk(
    [
      'deploy',
      '--all',
      '--require-approval',
      'never',
      '--import-existing-resources',
      '--outputs-file',
      file,
      ...context,
    ],
    env,
  );
  const outputs: Record<string, Outputs> = JSON.parse(readFileSync(file, 'utf8'));
  const found = Object.values(outputs).find((one) => one.Builder !== undefined);
  if (found === undefined)
    throw new Error(
      `the stacks were deployed, but ${file} does not say where the gallery is: run \`make deploy\` again`,
    );
  return found;
}

await main().catch(tell);
