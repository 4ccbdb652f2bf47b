// Where the built code lies that the stacks carry.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The built code: a folder with a `bootstrap` for each function, and the edge function's zip. */
export interface Assets {
  readonly login: string;
  readonly resizer: string;
  readonly builder: string;
  readonly mail: string;
  readonly verifier: string;
}

/** What can be packed where nothing was built: for the end of a gallery, which needs the stacks' names and no code. */
export function standIns(folder: string): Assets {
  const empty = join(folder, 'function');
  mkdirSync(empty, { recursive: true });
  writeFileSync(join(empty, 'bootstrap'), '');
  const verifier = join(folder, 'verifier.zip');
  writeFileSync(verifier, '');
  return { login: empty, resizer: empty, builder: empty, mail: empty, verifier };
}

/** What was built in a `target` folder: by `cargo lambda build` and by the verifier's `package.py`. */
export function builtAssets(target: string): Assets {
  const lambda = (name: string) => join(target, 'lambda', name);
  const assets: Assets = {
    login: lambda('heirloom-login'),
    resizer: lambda('heirloom-resizer'),
    builder: lambda('heirloom-builder'),
    mail: lambda('heirloom-mail'),
    verifier: join(target, 'edge', 'verifier.zip'),
  };
  const missing = [
    ...[assets.login, assets.resizer, assets.builder, assets.mail].map((folder) => join(folder, 'bootstrap')),
    assets.verifier,
  ].filter((file) => !existsSync(file));
  if (missing.length > 0) {
    throw new Error(
      `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not built yet: run \`make deploy\`, which builds everything first`,
    );
  }
  return assets;
}
