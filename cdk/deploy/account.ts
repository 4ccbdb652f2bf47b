// The owner's account, as far as a deploy asks it: whose it is, what it may run, what lies in the auth bucket.

import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command, NoSuchBucket, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { APART, PLACES } from '../sign-in/sign-in.ts';
import type { KeyRecord } from './keys.ts';

/** Where `cdk bootstrap` leaves its version, with CDK's own qualifier. */
const BOOTSTRAP = '/cdk-bootstrap/hnb659fds/version';

/** AWS keeps so many places for functions that reserve none (AWS, "Configuring reserved concurrency"). */
const UNRESERVED_AT_LEAST = 100;

/**
 * Whether an account runs so few functions at once that none can be set apart, as new accounts do: `unreserved` places
 * are nobody's, and `own` are set apart for this gallery already.
 */
export function isSmall(unreserved: number, own: number): boolean {
  return unreserved + own < UNRESERVED_AT_LEAST + APART.length * PLACES;
}

/** An account and a region in it. */
export class Account {
  readonly id: string;
  readonly region: string;
  readonly #s3: S3Client;

  private constructor(id: string, region: string) {
    this.id = id;
    this.region = region;
    // An emulator on this machine has no host names for its buckets.
    this.#s3 = new S3Client({ region, forcePathStyle: process.env['AWS_ENDPOINT_URL'] !== undefined });
  }

  /** The account that the surroundings have credentials for. */
  static async ofCredentials(region: string): Promise<Account> {
    try {
      const { Account: id } = await new STSClient({ region }).send(new GetCallerIdentityCommand());
      if (id === undefined) throw new Error('AWS names no account');
      return new Account(id, region);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`AWS cannot be reached as anybody (${why}): sign in with \`aws sso login\` or set AWS_PROFILE`, {
        cause: error,
      });
    }
  }

  /** The name of one of the gallery's buckets (`storage/buckets.ts`). */
  bucket(gallery: string, name: 'source' | 'auth'): string {
    return `${gallery}-${name}-${this.id}-${this.region}`;
  }

  /** Whether a region is ready for CDK. */
  static async isBootstrapped(region: string): Promise<boolean> {
    try {
      await new SSMClient({ region }).send(new GetParameterCommand({ Name: BOOTSTRAP }));
      return true;
    } catch (error) {
      if (error instanceof ParameterNotFound) return false;
      throw error;
    }
  }

  /** Whether the account runs so few functions at once that none can be set apart for a gallery. */
  async isSmall(gallery: string): Promise<boolean> {
    const lambda = new LambdaClient({ region: this.region });
    const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand());
    const reserved = APART.map(async (part) => {
      try {
        const FunctionName = `${gallery}-${part.toLowerCase()}`;
        const answer = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
        return answer.ReservedConcurrentExecutions ?? 0;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return 0;
        throw error;
      }
    });
    const own = (await Promise.all(reserved)).reduce((sum, places) => sum + places, 0);
    return isSmall(AccountLimit?.UnreservedConcurrentExecutions ?? 0, own);
  }

  /** The signing keys in the auth bucket; none when the bucket is not there yet. */
  async keys(gallery: string): Promise<KeyRecord[]> {
    const Bucket = this.bucket(gallery, 'auth');
    const records: KeyRecord[] = [];
    try {
      const { Contents = [] } = await this.#s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'keys/' }));
      for (const { Key } of Contents) {
        const object = await this.#s3.send(new GetObjectCommand({ Bucket, Key }));
        records.push(JSON.parse((await object.Body?.transformToString()) ?? ''));
      }
    } catch (error) {
      if (error instanceof NoSuchBucket) return [];
      throw error;
    }
    return records;
  }

  /** Puts a record into the auth bucket, where nothing may lie yet. */
  async put(gallery: string, path: string, record: object): Promise<void> {
    await this.#s3.send(
      new PutObjectCommand({
        Bucket: this.bucket(gallery, 'auth'),
        Key: path,
        Body: JSON.stringify(record),
        IfNoneMatch: '*',
        ContentType: 'application/json',
        CacheControl: 'no-store',
      }),
    );
  }

  /** Lets the builder look through everything. */
  async reconcile(builder: string): Promise<void> {
    const answer = await new LambdaClient({ region: this.region }).send(
      new InvokeCommand({ FunctionName: builder, Payload: Buffer.from('{"reconcile":true}') }),
    );
    if (answer.FunctionError !== undefined) {
      throw new Error(`the builder failed: ${Buffer.from(answer.Payload ?? []).toString()}`);
    }
  }
}
