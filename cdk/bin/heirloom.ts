// The CDK app. `make synth`, `make deploy` and the pipeline run it. `HEIRLOOM_CONFIG` and `CARGO_TARGET_DIR` say where the
// owner's settings and the built code lie; `HEIRLOOM_SMALL_ACCOUNT` what a deploy found out about the account, and
// `HEIRLOOM_WITHOUT_CODE` that the stacks are to be removed.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyApp } from '../app.ts';
import { builtAssets, standIns } from '../assets.ts';
import { ConfigurationError, readConfiguration } from '../config/configuration.ts';
import { addGallery } from '../gallery.ts';
import { addPipeline } from '../pipeline/pipeline-stack.ts';

const root = join(import.meta.dirname, '..', '..');

try {
  const file = process.env['HEIRLOOM_CONFIG'] ?? join(root, 'heirloom.toml');
  const configuration = readConfiguration(readFileSync(file, 'utf8'), file);
  const app = emptyApp();
  const props = {
    configuration,
    assets:
      process.env['HEIRLOOM_WITHOUT_CODE'] === 'true'
        ? standIns(mkdtempSync(join(tmpdir(), 'heirloom-')))
        : builtAssets(process.env['CARGO_TARGET_DIR'] ?? join(root, 'target')),
    account: process.env['CDK_DEFAULT_ACCOUNT'],
    smallAccount: configuration.smallAccount ?? process.env['HEIRLOOM_SMALL_ACCOUNT'] === 'true',
  };
  addPipeline(app, configuration, props);
  addGallery(app, props);
} catch (error) {
  console.error(sentence(error));
  process.exitCode = 1;
}

function sentence(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return 'there is no heirloom.toml: copy docs/heirloom.example.toml to heirloom.toml and say what your gallery is called';
  }
  return error instanceof Error ? error.message : String(error);
}
