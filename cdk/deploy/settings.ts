// The owner's settings, found and read; and errors told as sentences.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Configuration, readConfiguration } from '../config/configuration.ts';
import { ROOT } from './commands.ts';

/** Where the settings lie: `heirloom.toml`, or what HEIRLOOM_CONFIG says. */
export function settingsFile(): string {
  return resolve(process.env['HEIRLOOM_CONFIG'] ?? join(ROOT, 'heirloom.toml'));
}

/** The settings. */
export function settings(): Configuration {
  const file = settingsFile();
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`there is no ${file}: copy docs/heirloom.example.toml there and say what your gallery is called`, {
      cause: error,
    });
  }
  return readConfiguration(text, file);
}

/** Ends the program with a sentence, without where in the code it was said. */
export function tell(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
