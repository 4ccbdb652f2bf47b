// Lets somebody into a gallery on AWS: `make viewer NAME=gerda`.
//
// Writes the record that login reads (`login::users`), with a passphrase made here that is told once. The hash carries
// its own parameters; login replaces it by one at its own cost when those have risen.

import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argon2id } from 'hash-wasm';
import { Account } from './account.ts';
import { ROOT } from './commands.ts';
import { settings, tell } from './settings.ts';

/** A viewer's record. */
export interface Viewer {
  readonly name: string;
  readonly password: string;
  readonly scope: 'all';
  readonly generation: number;
  readonly created: string;
}

/** A record of somebody who may see everything. */
export async function viewer(name: string, password: string, now: Date): Promise<Viewer> {
  if (!/^[a-z0-9][a-z0-9._@-]{0,63}$/.test(name)) {
    throw new Error(
      `\`${name}\` cannot be a viewer's name: choose small letters, digits and any of . _ - @, a letter or digit first`,
    );
  }
  const hash = await argon2id({
    password,
    salt: randomBytes(16),
    memorySize: 64 * 1024,
    iterations: 3,
    parallelism: 1,
    hashLength: 32,
    outputType: 'encoded',
  });
  return { name, password: hash, scope: 'all', generation: now.getTime(), created: now.toISOString() };
}

/** Six words, as `heirloom user add` makes them. */
export function passphrase(): string {
  const words = readFileSync(join(ROOT, 'edge-auth', 'login', 'src', 'password', 'words.txt'), 'utf8')
    .split('\n')
    .filter((word) => /^[a-z]+$/.test(word));
  if (words.length < 1000) throw new Error('the list of words for passphrases is too short to choose from');
  return Array.from({ length: 6 }, () => words[randomInt(words.length)]).join('-');
}

async function main(): Promise<void> {
  const name = process.argv[2] ?? '';
  const { name: gallery, region } = settings();
  const password = passphrase();
  const record = await viewer(name, password, new Date());
  const account = await Account.ofCredentials(region);
  try {
    await account.put(gallery, `users/${name}.json`, record);
  } catch (error) {
    if (error instanceof Error && error.name === 'PreconditionFailed')
      throw new Error(`there is already a viewer called \`${name}\``, { cause: error });
    throw error;
  }
  console.log(
    `${name} can sign in now.\n\n  password: ${password}\n\nIt is shown this once and kept nowhere: pass it on by phone or in person.`,
  );
}

if (import.meta.filename === process.argv[1]) await main().catch(tell);
