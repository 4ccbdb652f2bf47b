// Other programs, run where their output can be seen.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The repository. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** Runs a program to its end; an error names it when it fails. */
export function run(
  program: string,
  args: readonly string[],
  { cwd = ROOT, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): void {
  const done = spawnSync(program, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  if (done.error !== undefined) throw new Error(`cannot run ${program}: ${done.error.message}`, { cause: done.error });
  if (done.status !== 0) throw new Error(`\`${[program, ...args].join(' ')}\` failed: what it said stands above`);
}

/** Runs CDK's command line, the one that `package.json` pins. */
export function cdk(args: readonly string[], env: Record<string, string>): void {
  run(process.execPath, [join(ROOT, 'cdk', 'node_modules', 'aws-cdk', 'bin', 'cdk'), ...args], {
    cwd: join(ROOT, 'cdk'),
    env,
  });
}
