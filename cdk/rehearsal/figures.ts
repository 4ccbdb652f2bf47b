// The figures of README.md that a machine can measure: the size of each zip, the time from a cold start to the first
// handled event, and the most memory held after it. Printed as Markdown. `make figures`.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { ROOT } from '../deploy/commands.ts';
import { Binary, sample } from './binary.ts';
import { mailSettings } from './mail-server.ts';
import { Stage } from './stage.ts';

/** Cold starts for one figure, of which the middle one is told. */
const TIMES = 7;

const events = { login: 'login-page', resizer: 's3-created', builder: 's3-created', mail: 'hourly' } as const;

/** The photo that the events tell of. */
const PHOTO = 'Family/one photo ü.jpg';

/** The size of a function's zip, in words: `make package` has refused what is too large. */
function size(name: string): string {
  const binary = join(process.env['REHEARSAL_BINARIES'] ?? '', `heirloom-${name}`);
  const done = spawnSync('python3', [join(ROOT, 'cdk', 'functions', 'weigh.py'), binary], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`cannot weigh ${binary}: ${done.stderr}`);
  return `${(Number.parseInt(done.stdout, 10) / 1e6).toFixed(1)} MB`;
}

const middle = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const stage = await Stage.set();
try {
  await stage.upload(PHOTO, readFileSync(join(ROOT, 'docs', 'screenshots', 'album.jpg')));
  // The emulator's own resizer takes the photo, too: the first runs would race it for the work.
  await stage.until("the photo's facts", async () => (await stage.factsOf(PHOTO)).length > 0);
  const rows: string[] = [];
  for (const [name, event] of Object.entries(events)) {
    const starts: number[] = [];
    const peaks: number[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      const binary = await Binary.start(name, stage, name === 'mail' ? mailSettings(stage.mailServer) : {});
      const started = performance.now();
      await binary.handle(sample(event, stage));
      starts.push(performance.now() - started);
      peaks.push(binary.peak());
      binary.stop();
    }
    const row = name === 'mail' ? 'mail, hourly and only with `[mail]`' : name;
    rows.push(`| ${row} | ${size(name)} | ${middle(starts).toFixed(0)} ms | ${middle(peaks).toFixed(0)} MB |`);
  }
  const zip = process.env['REHEARSAL_ZIP'];
  if (zip) rows.push(`| the gate | ${(statSync(zip).size / 1e6).toFixed(2)} MB | | |`);
  console.log(
    ['', '| | zipped | cold start to the first handled event | memory |', '|---|--:|--:|--:|', ...rows, ''].join('\n'),
  );
} finally {
  stage.strike();
}
