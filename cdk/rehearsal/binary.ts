// One of our binaries under `cargo lambda watch`: another's Lambda runtime, which starts nothing, and hands over the events
// that `cargo lambda invoke` sends it.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ROOT } from '../deploy/commands.ts';
import { freePort, REGION } from './emulator.ts';
import type { Stage } from './stage.ts';

const execute = promisify(execFile);

/** What `make rehearsal` says. */
function said(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run \`make rehearsal\``);
  return value;
}

/**
 * An event about this gallery's buckets, with this cookie where there is one. None was taken from AWS: each is written
 * after the sample in AWS's documentation, with what CloudFront and the gate add.
 *
 * - `s3-…`: "Event message structure" (S3), its test message among them, in what "Using Lambda with Amazon SQS" shows.
 * - `login-…`, `renew`, `upload`: "Invoking Lambda function URLs", payload format 2.0.
 * - `hourly`: "Creating a rule that runs on a schedule in Amazon EventBridge".
 * - `daily`, `catch-up`: what our own rules send (`photos/photo-flow.ts`).
 */
export function sample(name: string, stage: Stage, cookie = ''): string {
  return readFileSync(join(import.meta.dirname, 'events', `${name}.json`), 'utf8')
    .replaceAll('SOURCE_BUCKET', stage.bucket('source'))
    .replaceAll('SESSION_COOKIE', cookie);
}

/** A form in the place of the one that an event holds. */
export function withForm(event: string, form: Record<string, string>): string {
  const body = Buffer.from(new URLSearchParams(form).toString());
  const { headers, ...rest } = JSON.parse(event);
  return JSON.stringify({
    ...rest,
    headers: {
      ...headers,
      'content-length': String(body.length),
      'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    },
    body: body.toString('base64'),
  });
}

/** What a binary is told beside its buckets; one that it is not told of is `undefined`. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** A binary that runs. */
export class Binary {
  readonly #runtime: ChildProcess;
  readonly #function: ChildProcess;
  readonly #port: number;
  readonly #folder: string;

  private constructor(runtime: ChildProcess, child: ChildProcess, port: number, folder: string) {
    this.#runtime = runtime;
    this.#function = child;
    this.#port = port;
    this.#folder = folder;
  }

  /** Starts a binary against the stage's buckets and returns once it was asked for; it may not be ready yet. */
  static async start(name: string, stage: Stage, settings: Settings = {}): Promise<Binary> {
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
        ...settings,
      },
    });
    return new Binary(runtime, child, port, stage.folder);
  }

  /** Hands over an event and returns the answer: straight, for who takes the time. */
  async handle<Answer>(event: string): Promise<Answer> {
    const url = `http://127.0.0.1:${this.#port}/2015-03-31/functions/_/invocations`;
    const answer = await fetch(url, { method: 'POST', body: event, signal: AbortSignal.timeout(20_000) });
    const text = await answer.text();
    if (!answer.ok || answer.headers.get('x-amz-function-error') !== null)
      throw new Error(`the binary failed: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Hands over an event with `cargo lambda invoke` and returns the answer. */
  async invoke<Answer>(event: string): Promise<Answer> {
    const file = join(this.#folder, 'event.json');
    writeFileSync(file, event);
    const address = ['--invoke-address', '127.0.0.1', '--invoke-port', String(this.#port)];
    const { stdout } = await execute(
      said('REHEARSAL_CARGO_LAMBDA'),
      ['lambda', 'invoke', '_', ...address, '--data-file', file, '--output-format', 'json'],
      { cwd: ROOT, timeout: 20_000 },
    );
    return JSON.parse(stdout);
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
  for (let tries = 0; tries < 600; tries += 1) {
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
