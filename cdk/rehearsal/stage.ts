// A gallery deployed to the emulator, the way that `make deploy` deploys it: the same synthesis, CDK's own command line
// for the bootstrap and the stacks, the same first key and first pages.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, copyFileSync, chmodSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BudgetsClient, type CreateBudgetCommandInput } from '@aws-sdk/client-budgets';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Account } from '../deploy/account.ts';
import { cdk, ROOT } from '../deploy/commands.ts';
import { edgeConfiguration, type EdgeConfiguration } from '../deploy/keys.ts';
import { viewer } from '../deploy/viewer.ts';
import { ACCOUNT, Emulator, REGION } from './emulator.ts';
import { MailServer, USER } from './mail-server.ts';

/** What the rehearsed gallery's owner says: not the default, which would prove nothing. */
export const SESSION_DAYS = 7;

/** How long anything may take before it counts as stuck. Generous: machines that test are slow and shared. */
const PATIENCE = 90_000;

/** What `make rehearsal` says. */
function said(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run \`make rehearsal\``);
  return value;
}

/** A gallery on the emulator. */
export class Stage {
  readonly emulator: Emulator;
  readonly mailServer: MailServer;
  readonly folder: string;
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly sqs: SQSClient;
  readonly iam: IAMClient;
  readonly keys: EdgeConfiguration;
  readonly account: Account;
  readonly budgets: BudgetsClient;
  /** What the template says of the month's budget. */
  readonly budget: Pick<CreateBudgetCommandInput, 'Budget' | 'NotificationsWithSubscribers'>;
  /** What the owner was told by the deploy. */
  readonly told: string;
  readonly #client: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };

  private constructor(
    emulator: Emulator,
    mailServer: MailServer,
    folder: string,
    budget: Stage['budget'],
    account: Account,
    keys: EdgeConfiguration,
    told: string,
  ) {
    this.told = told;
    this.budget = budget;
    this.emulator = emulator;
    this.mailServer = mailServer;
    this.folder = folder;
    this.account = account;
    this.keys = keys;
    const client = {
      region: REGION,
      endpoint: emulator.endpoint,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    this.#client = client;
    this.s3 = new S3Client({ ...client, forcePathStyle: true });
    this.lambda = new LambdaClient(client);
    this.sqs = new SQSClient(client);
    this.iam = new IAMClient(client);
    this.budgets = new BudgetsClient(client);
  }

  /** Deploys a gallery. */
  static async set(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'heirloom-rehearsal-'));
    const mailServer = await MailServer.start(said('REHEARSAL_PYTHON'), join(folder, 'mails'), said('REHEARSAL_TLS'));
    let emulator: Emulator | undefined;
    try {
      emulator = await Emulator.start(said('REHEARSAL_EMULATOR'), folder, said('REHEARSAL_TLS'));
      Object.assign(process.env, emulator.environment());
      const account = await Account.ofCredentials(REGION);
      const made = synthesised(folder, mailServer.port, emulator.environment());
      const deployed = ownersDeploy(folder, emulator);
      if (deployed.status !== 0) throw new Error(`the deploy failed: ${deployed.said}`);
      await account.reconcile('heirloom-look');
      const keys = edgeConfiguration('heirloom', await account.keys('heirloom'));
      return new Stage(emulator, mailServer, folder, made, account, keys, deployed.said);
    } catch (error) {
      emulator?.stop();
      mailServer.stop();
      throw error;
    }
  }

  /** Runs the owner's deploy once more: `--dry-run`, `--destroy`. */
  deploy(...flags: readonly string[]): Deployed {
    return ownersDeploy(this.folder, this.emulator, flags);
  }

  /** Runs the owner's deploy on templates of which the gallery's is changed, and changes it back. */
  deployChanged(change: (resources: Resources) => void, ...flags: readonly string[]): Deployed {
    const [file, ...told] = ['Gallery.template.json', 'Gallery.assets.json', 'manifest.json'].map((name) =>
      join(assemblyOf(this.folder), name),
    );
    if (file === undefined) throw new Error('there is no template');
    const before = [file, ...told].map((one) => [one, readFileSync(one, 'utf8')] as const);
    const template = JSON.parse(readFileSync(file, 'utf8'));
    change(template.Resources);
    writeFileSync(file, JSON.stringify(template));
    // CDK uploads a template under its hash, and one that is there already it does not upload.
    const { artifacts } = JSON.parse(readFileSync(join(assemblyOf(this.folder), 'manifest.json'), 'utf8'));
    const hash = /([0-9a-f]{64})\.json$/.exec(artifacts.Gallery.properties.stackTemplateAssetObjectUrl)?.[1] ?? '';
    const other = createHash('sha256').update(readFileSync(file)).digest('hex');
    for (const one of told) writeFileSync(one, readFileSync(one, 'utf8').replaceAll(hash, other));
    try {
      return this.deploy(...flags);
    } finally {
      for (const [one, text] of before) writeFileSync(one, text);
    }
  }

  /** Where the owner's settings lie, and the gate's keys beside them. */
  settings(file: 'heirloom.toml' | 'heirloom.keys.json'): string {
    return join(this.folder, file);
  }

  /** Ends it, and forgets what it kept unless something went wrong. */
  strike(keep = false): void {
    this.emulator.stop();
    this.mailServer.stop();
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }

  /** The logs of a region. */
  logs(region: string): CloudWatchLogsClient {
    return new CloudWatchLogsClient({ ...this.#client, region });
  }

  /** A bucket's name. */
  bucket(name: string): string {
    return `heirloom-${name}-${ACCOUNT}-${REGION}`;
  }

  /** Puts a file into the source bucket, as any S3 client does. */
  async upload(key: string, body: Uint8Array | string, type = 'image/jpeg'): Promise<void> {
    await this.s3.send(
      new PutObjectCommand({ Bucket: this.bucket('source'), Key: key, Body: body, ContentType: type }),
    );
  }

  /** Removes a file from the source bucket. */
  async remove(key: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: this.bucket('source'), Key: key }));
  }

  /** The keys in a bucket that begin so. */
  async listed(bucket: string, prefix = ''): Promise<string[]> {
    const { Contents = [] } = await this.s3.send(
      new ListObjectsV2Command({ Bucket: this.bucket(bucket), Prefix: prefix }),
    );
    return Contents.map(({ Key }) => Key ?? '');
  }

  /** An object's text; nothing when it is not there. */
  async read(bucket: string, key: string): Promise<string | undefined> {
    return (await this.stored(bucket, key))?.text;
  }

  /** An object's text and version; nothing when it is not there. */
  async stored(bucket: string, key: string): Promise<{ text: string; etag: string } | undefined> {
    try {
      const { Body, ETag } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket(bucket), Key: key }));
      return { text: (await Body?.transformToString()) ?? '', etag: ETag ?? '' };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Waits until something is so. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const since = Date.now();
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (Date.now() - since > PATIENCE)
        throw new Error(`${what}: not within ${PATIENCE / 1000} seconds; ${this.emulator.log} may say why`);
      await sleep(100);
    }
  }

  /** Calls a function with an event, as AWS does, and returns its answer. */
  async call<Answer>(name: string, event: object): Promise<Answer> {
    const { FunctionError, Payload } = await this.lambda.send(
      new InvokeCommand({ FunctionName: `heirloom-${name}`, Payload: Buffer.from(JSON.stringify(event)) }),
    );
    const text = Buffer.from(Payload ?? []).toString();
    if (FunctionError !== undefined) throw new Error(`${name} failed: ${text}`);
    return JSON.parse(text);
  }

  /** Lets somebody in. */
  async letIn(name: string, password: string, role: 'viewer' | 'owner' = 'viewer'): Promise<void> {
    const record = await viewer(name, password, new Date());
    await this.account.put('heirloom', `users/${name}.json`, role === 'viewer' ? record : { ...record, role });
  }

  /** The facts that tell of an original. */
  async factsOf(key: string): Promise<string[]> {
    const album = key.slice(0, key.lastIndexOf('/') + 1);
    const facts = await this.listed('resized', `facts/${album}`);
    const texts = await Promise.all(facts.map((one) => this.read('resized', one)));
    return texts.filter((text): text is string => text?.includes(JSON.stringify(key)) === true);
  }
}

/** The resources of a template. */
type Resources = Record<string, { Type: string; Properties: Record<string, unknown> }>;

/** How a deploy ended, and what it said. */
export interface Deployed {
  readonly status: number | null;
  readonly said: string;
}

/** Where the templates lie that a deploy on this stage deploys. */
const assemblyOf = (folder: string) => join(folder, 'cdk.out');

/**
 * `make deploy`, in a process of its own, as the owner runs it. Two things are other than on AWS: what `make package` would
 * build is built already, and CDK's command line takes the templates that were synthesised for this stage (`CDK_APP`).
 */
function ownersDeploy(folder: string, emulator: Emulator, flags: readonly string[] = []): Deployed {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'make'), '#!/bin/sh\necho "make $*"\n', { mode: 0o755 });
  const done = spawnSync(process.execPath, ['--no-warnings', '--import', 'tsx', 'deploy/deploy.ts', ...flags], {
    cwd: join(ROOT, 'cdk'),
    encoding: 'utf8',
    env: {
      ...process.env,
      ...emulator.environment(),
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HEIRLOOM_CONFIG: join(folder, 'heirloom.toml'),
      CDK_APP: assemblyOf(folder),
    },
  });
  return { status: done.status, said: done.stdout + done.stderr };
}

/**
 * The templates, synthesised by the app that `make deploy` runs, around the binaries that were built. The emulator knows
 * budgets, but not as resources of a template, so that one resource is taken out, returned and made by a call of its own
 * (`budget.ts`); everything else is deployed as it is.
 */
function synthesised(folder: string, mailPort: number, env: Record<string, string>): Stage['budget'] {
  const target = join(folder, 'target');
  for (const name of ['heirloom-login', 'heirloom-resizer', 'heirloom-builder', 'heirloom-mail']) {
    const to = join(target, 'lambda', name);
    mkdirSync(to, { recursive: true });
    copyFileSync(join(said('REHEARSAL_BINARIES'), name), join(to, 'bootstrap'));
    chmodSync(join(to, 'bootstrap'), 0o755);
  }
  mkdirSync(join(target, 'edge'), { recursive: true });
  copyFileSync(said('REHEARSAL_ZIP'), join(target, 'edge', 'verifier.zip'));
  const config = join(folder, 'heirloom.toml');
  writeFileSync(
    config,
    `title = "Rehearsal"\nregion = "${REGION}"\nemail = "owner@example.com"\nsession_days = ${SESSION_DAYS}\n` +
      `[mail]\nserver = "127.0.0.1"\nport = ${mailPort}\nuser = "${USER}"\nfrom = "photos@example.com"\nquiet_hours = 0\n`,
  );
  const assembly = assemblyOf(folder);
  cdk(
    ['synth', '--quiet', '--output', assembly, '--app', `node --import tsx ${join(ROOT, 'cdk', 'bin', 'heirloom.ts')}`],
    { ...env, HEIRLOOM_CONFIG: config, CARGO_TARGET_DIR: target },
  );
  const file = join(assembly, 'Gallery.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  let budget: Stage['budget'] | undefined;
  for (const [id, { Type, Properties }] of Object.entries<{ Type: string; Properties: Stage['budget'] }>(
    template.Resources,
  )) {
    if (Type !== 'AWS::Budgets::Budget') continue;
    budget = Properties;
    delete template.Resources[id];
  }
  if (budget === undefined) throw new Error('the template has no budget');
  writeFileSync(file, JSON.stringify(template));
  return budget;
}
