// MiniStack: AWS on this machine, as far as the gallery needs it. It runs our binaries as processes, delivers S3's
// notifications through SNS and SQS, and decides about every call by the roles' policies (AUTH).

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The account and the region that are rehearsed in. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

/** An emulator that runs. */
export class Emulator {
  readonly endpoint: string;
  readonly log: string;
  readonly #certificate: string;
  readonly #process: ChildProcess;

  private constructor(endpoint: string, log: string, certificate: string, child: ChildProcess) {
    this.endpoint = endpoint;
    this.#certificate = certificate;
    this.log = log;
    this.#process = child;
  }

  /** Starts `program` with everything that it keeps in a folder. */
  static async start(program: string, folder: string, tls: string): Promise<Emulator> {
    mkdirSync(folder, { recursive: true });
    const certificate = join(tls, 'cert.pem');
    const port = await freePort();
    const endpoint = `https://127.0.0.1:${port}`;
    const log = join(folder, 'emulator.log');
    const out = openSync(log, 'w');
    const child = spawn(program, [], {
      cwd: folder,
      stdio: ['ignore', out, out],
      // A group of its own, so that the functions that it started end with it.
      detached: true,
      env: {
        PATH: process.env['PATH'] ?? '',
        GATEWAY_PORT: String(port),
        BIND_HOST: '127.0.0.1',
        IOT_MTLS_PORT: '0',
        IOT_MTLS_ENABLED: '0',
        LAMBDA_EXECUTOR: 'local',
        AWS_ENDPOINT_URL: endpoint,
        AUTH: 'true',
        // Buckets that speak TLS alone would refuse the functions otherwise, and they would trust nobody without the certificate.
        USE_SSL: '1',
        MINISTACK_SSL_CERT: certificate,
        MINISTACK_SSL_KEY: join(tls, 'key.pem'),
        SSL_CERT_FILE: certificate,
        TMPDIR: folder,
        STATE_DIR: join(folder, 'state'),
        S3_DATA_DIR: join(folder, 's3'),
      },
    });
    const emulator = new Emulator(endpoint, log, certificate, child);
    for (let tries = 0; tries < 300; tries += 1) {
      if (child.exitCode !== null) throw new Error(`the emulator ended with ${child.exitCode}: ${log} says why`);
      try {
        if ((await fetch(`${endpoint}/_ministack/health`)).ok) return emulator;
      } catch {
        // Not listening yet.
      }
      await sleep(100);
    }
    emulator.stop();
    throw new Error(`the emulator did not start within 30 seconds: ${log} says why`);
  }

  /** What a program needs to know to take the emulator for AWS. */
  environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: '1',
      CDK_DEFAULT_ACCOUNT: ACCOUNT,
      NODE_OPTIONS: '--no-warnings',
      AWS_CA_BUNDLE: this.#certificate,
    };
  }

  /** Ends it, and with it the functions that it runs. It keeps nothing that is worth a tidy end. */
  stop(): void {
    if (this.#process.pid !== undefined && this.#process.exitCode === null) process.kill(-this.#process.pid, 'SIGKILL');
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('this machine gives no free port');
  return address.port;
}
