// cdk-nag has the last word in every synthesis (`app.ts`). Here: that it was asked, and that what we argue is argued.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OUT } from './galleries.ts';

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly violations: readonly unknown[];
    readonly suppressedViolations?: readonly { readonly ruleName: string; readonly reason: string }[];
  }[];
}

test('AWS Solutions finds nothing that is not argued', () => {
  const report: Report = JSON.parse(readFileSync(join(OUT, 'validation-report.json'), 'utf8'));
  const nag = report.pluginReports.find(({ pluginName }) => pluginName === 'AwsSolutions');
  assert.equal(nag?.conclusion, 'success');
  assert.deepEqual(nag.violations, []);
  const argued = nag.suppressedViolations ?? [];
  for (const gallery of ['least', 'full'])
    assert.ok(JSON.stringify(argued).includes(`"${gallery}/Gallery/`), `cdk-nag did not look at ${gallery}`);
  for (const { ruleName, reason } of argued)
    assert.ok(reason.split(' ').length >= 8, `${ruleName} is argued with "${reason}" alone`);
});
