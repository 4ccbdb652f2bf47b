// A mail server on this machine that is not ours (`tests/peers/smtp_peer.py`), and what it took.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../deploy/commands.ts';

const PEER = join(ROOT, 'tests', 'peers', 'smtp_peer.py');

/** Who may send. */
export const USER = 'family';
export const PASSWORD = 'open sesame';

/** What the mail function is told of this server. */
export function mailSettings({ port }: MailServer): Record<string, string> {
  return {
    HEIRLOOM_MAIL: JSON.stringify({ server: '127.0.0.1', port, user: USER, from: 'photos@example.com' }),
    HEIRLOOM_ADDRESS: 'https://photos.example.com',
  };
}

/** A mail as Python's reader reads it. */
export interface Mail {
  readonly to: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly pictures: number;
}

/** A mail server that runs: STARTTLS, and nothing without the password. */
export class MailServer {
  readonly port: number;
  readonly #python: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(port: number, python: string, folder: string, child: ChildProcess) {
    this.port = port;
    this.#python = python;
    this.#folder = folder;
    this.#process = child;
  }

  /** Starts it with the certificate that the emulator has, which the functions trust. */
  static async start(python: string, folder: string, tls: string): Promise<MailServer> {
    mkdirSync(folder, { recursive: true });
    const flags = [
      '--cert',
      join(tls, 'cert.pem'),
      '--key',
      join(tls, 'key.pem'),
      '--user',
      USER,
      '--password',
      PASSWORD,
    ];
    const child = spawn(python, [PEER, 'serve', folder, ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
    const said = new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the mail server ended with ${code}: has ${python} aiosmtpd?`)));
    });
    return new MailServer(Number(await said), python, folder, child);
  }

  /** Everything that it took, in its order. */
  mails(): Mail[] {
    const numbers = readdirSync(this.#folder).flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []);
    return numbers.sort((a, b) => Number(a) - Number(b)).map((number) => this.#mail(join(this.#folder, number)));
  }

  #mail(file: string): Mail {
    const envelope = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
    const read = spawnSync(this.#python, [PEER, 'read', `${file}.eml`], { maxBuffer: 1 << 26 });
    if (read.status !== 0) throw new Error(`${file}.eml is no mail: ${read.stderr}`);
    const { headers, text, pictures } = JSON.parse(read.stdout.toString());
    if (envelope.tls !== true) throw new Error(`${file}.eml came over a line that was not private`);
    return { to: envelope.to.join(), headers: new Map(headers), text, pictures: pictures.length };
  }

  /** Ends it. */
  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
