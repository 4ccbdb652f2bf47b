// A bundle in a folder of its own, as package.py packs it, around the addon that the environment names: VERIFIER, or
// VERIFIER_THAT_PANICS, which was built with the feature `panics`. VERIFIER_INDEX names the index.mjs of a bundle that is
// packed already; without it the one in this folder's parent is taken.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** The modules of a bundle of this addon (none, if it is null) and this configuration. */
export async function bundle(addon, configuration) {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-edge-'));
  folders.push(folder);
  copyFileSync(process.env.VERIFIER_INDEX ?? new URL('../index.mjs', import.meta.url), join(folder, 'index.mjs'));
  if (addon) copyFileSync(addon, join(folder, 'verifier.node'));
  writeFileSync(join(folder, 'configuration.json'), configuration);
  const { handler, decide } = await import(pathToFileURL(join(folder, 'index.mjs')));
  return { handler, decide, Gate: () => createRequire(join(folder, 'index.mjs'))('./verifier.node').Gate };
}

/** The event of a request, in the shape of AWS's page "Lambda@Edge event structure". */
export function eventOf(request) {
  return { Records: [{ cf: {
    config: { distributionDomainName: 'd111111abcdef8.cloudfront.net', distributionId: 'EDFDVBD6EXAMPLE', eventType: 'viewer-request', requestId: 'R' },
    request: { clientIp: '203.0.113.9', method: 'GET', querystring: '', headers: {}, ...request },
  } }] };
}

/** Headers as CloudFront tells them, each with one line or several. */
export function headersOf(headers) {
  const lines = (key, values) => [values].flat().map((value) => ({ key, value }));
  return Object.fromEntries(Object.entries(headers).map(([key, values]) => [key, lines(key, values)]));
}

/** What was logged while `work` ran. */
export async function logged(work) {
  const lines = [];
  const { error } = console;
  console.error = (...line) => lines.push(line.join(' '));
  try {
    return { answer: await work(), log: lines.join('\n') };
  } finally {
    console.error = error;
  }
}
