// The figures of README.md that a machine can measure: the size of each zip, the time from a cold start to the first
// handled event, and the most memory held after it. Printed as Markdown. `make figures`.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { ROOT } from '../deploy/commands.ts';
import { Binary, recorded } from './binary.ts';
import { Stage } from './stage.ts';

/** Cold starts for one figure, of which the middle one is told. */
const TIMES = 7;

/** AWS's own limit is 50 MB; a larger one starts more slowly. */
const MOST = 8_000_000;

const events = { login: 'login-page', resizer: 's3-created', builder: 's3-created' } as const;

function zipped(file: string): number {
  const zip = join(stage.folder, 'figure.zip');
  const done = spawnSync('python3', [
    '-c',
    'import sys,zipfile; zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED,compresslevel=9).write(sys.argv[2],"bootstrap")',
    zip,
    file,
  ]);
  if (done.status !== 0) throw new Error(`cannot zip ${file}`);
  return statSync(zip).size;
}

/** The size of a function's zip, in words. */
function size(name: string): string {
  const bytes = zipped(join(process.env['REHEARSAL_BINARIES'] ?? '', `heirloom-${name}`));
  if (process.env['REHEARSAL_ZIP'] && bytes > MOST)
    throw new Error(`${name} is ${bytes} bytes zipped: at most ${MOST} is wanted`);
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const middle = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const stage = await Stage.set();
try {
  await stage.upload('Family/one photo ü.jpg', readFileSync(join(ROOT, 'docs', 'screenshots', 'album.jpg')));
  const rows: string[] = [];
  for (const [name, event] of Object.entries(events)) {
    const starts: number[] = [];
    const peaks: number[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      const binary = await Binary.start(name, stage);
      const started = performance.now();
      await binary.handle(recorded(event, stage));
      starts.push(performance.now() - started);
      peaks.push(binary.peak());
      binary.stop();
    }
    rows.push(`| ${name} | ${size(name)} | ${middle(starts).toFixed(0)} ms | ${middle(peaks).toFixed(0)} MB |`);
  }
  // Nobody waits for a mail: how fast it starts is of no matter.
  rows.push(`| mail, hourly and only with \`[mail]\` | ${size('mail')} | | |`);
  const zip = process.env['REHEARSAL_ZIP'];
  if (zip) rows.push(`| the gate | ${(statSync(zip).size / 1e6).toFixed(2)} MB | | |`);
  console.log(
    ['', '| | zipped | cold start to the first handled event | memory |', '|---|--:|--:|--:|', ...rows, ''].join('\n'),
  );
} finally {
  stage.strike();
}
