// One of our binaries under `cargo lambda watch`: another's Lambda runtime, which starts nothing and hands over events.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../deploy/commands.ts';
import { freePort, REGION } from './emulator.ts';
import type { Stage } from './stage.ts';

/** What `make rehearsal` says. */
function said(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run \`make rehearsal\``);
  return value;
}

/** An event as AWS sent it, about this gallery's buckets. */
export function recorded(name: string, stage: Stage): string {
  return readFileSync(join(import.meta.dirname, 'events', `${name}.json`), 'utf8').replaceAll(
    'SOURCE_BUCKET',
    stage.bucket('source'),
  );
}

/** A binary that runs. */
export class Binary {
  readonly #runtime: ChildProcess;
  readonly #function: ChildProcess;
  readonly #invoke: string;

  private constructor(runtime: ChildProcess, child: ChildProcess, invoke: string) {
    this.#runtime = runtime;
    this.#function = child;
    this.#invoke = invoke;
  }

  /** Starts a binary against the stage's buckets and returns once it was asked for; it may not be ready yet. */
  static async start(name: string, stage: Stage): Promise<Binary> {
    const port = await freePort();
    const runtime = spawn(
      said('REHEARSAL_CARGO_LAMBDA'),
      ['lambda', 'watch', '--only-lambda-apis', '--invoke-address', '127.0.0.1', '--invoke-port', String(port)],
      { cwd: ROOT, stdio: 'ignore' },
    );
    await listening(port);
    const buckets = Object.fromEntries(
      ['source', 'resized', 'web', 'auth'].map((bucket) => [
        `HEIRLOOM_${bucket.toUpperCase()}_BUCKET`,
        stage.bucket(bucket),
      ]),
    );
    const child = spawn(join(said('REHEARSAL_BINARIES'), `heirloom-${name}`), [], {
      stdio: 'ignore',
      env: {
        ...stage.emulator.environment(),
        ...buckets,
        HEIRLOOM_TITLE: 'Rehearsal',
        HEIRLOOM_AUDIENCE: 'heirloom',
        SSL_CERT_FILE: join(said('REHEARSAL_TLS'), 'cert.pem'),
        AWS_REGION: REGION,
        AWS_LAMBDA_RUNTIME_API: `http://127.0.0.1:${port}/.rt`,
        AWS_LAMBDA_FUNCTION_NAME: '_',
        AWS_LAMBDA_FUNCTION_VERSION: '1',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '2048',
      },
    });
    return new Binary(runtime, child, `http://127.0.0.1:${port}/2015-03-31/functions/_/invocations`);
  }

  /** Hands over an event and returns the answer. */
  async handle<Answer>(event: string): Promise<Answer> {
    const answer = await fetch(this.#invoke, { method: 'POST', body: event, signal: AbortSignal.timeout(20_000) });
    const text = await answer.text();
    if (!answer.ok || answer.headers.get('x-amz-function-error') !== null)
      throw new Error(`the binary failed: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** The most memory that it ever held, in megabytes. */
  peak(): number {
    const status = readFileSync(`/proc/${this.#function.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
  }

  /** Ends it. */
  stop(): void {
    this.#function.kill('SIGKILL');
    this.#runtime.kill('SIGKILL');
  }
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error('`cargo lambda watch` does not listen: is cargo-lambda installed?');
}
