// What strangers' auditors say of a gallery's headers: Mozilla's HTTP Observatory of the page that everybody sees, and
// Google's CSP Evaluator of the policy of every page.
//
//   GALLERY=https://localhost:8443 COOKIE='__Host-session=…' node scan.mjs / /albums/Family/Lisbon/ …
//
// NODE_EXTRA_CA_CERTS names the gallery's certificate. Prints one line of JSON: { score, tests, findings }.

import fs from 'node:fs';
import { CspEvaluator } from 'csp_evaluator/dist/evaluator.js';
import { Severity } from 'csp_evaluator/dist/finding.js';
import { CspParser } from 'csp_evaluator/dist/parser.js';

const observatory = new URL('./node_modules/@mdn/mdn-http-observatory/', import.meta.url);
// The list of preloaded domains, which its installation would download: no gallery is on it.
const preloaded = new URL('conf/hsts-preload.json', observatory);
if (!fs.existsSync(preloaded)) fs.writeFileSync(preloaded, '{}');
const [{ retrieve }, { ALL_TESTS }, { getScoreModifier }] = await Promise.all(
  ['retriever/retriever.js', 'constants.js', 'grader/grader.js'].map((file) => import(new URL(`src/${file}`, observatory))),
);

const { hostname, port, origin } = new URL(process.env.GALLERY);
// `scan` of the package asks the standard ports; what it does besides is to add up.
const retrieved = await retrieve(hostname, { httpPort: port, httpsPort: port });
const results = ALL_TESTS.map((test) => test(retrieved));
const tests = Object.fromEntries(results.map((one) => [one.constructor.name, { result: one.result, passed: one.pass, points: getScoreModifier(one.result) }]));
const score = Object.values(tests).reduce((sum, one) => sum + one.points, 100);

const findings = [];
for (const path of process.argv.slice(2)) {
  const answer = await fetch(origin + path, { headers: { cookie: process.env.COOKIE ?? '' }, redirect: 'manual' });
  const policy = answer.headers.get('content-security-policy');
  if (answer.status !== 200 && answer.status !== 404) findings.push(`${path}: answered ${answer.status}`);
  if (!policy) findings.push(`${path}: no policy`);
  for (const found of new CspEvaluator(new CspParser(policy ?? '').csp).evaluate()) {
    // The one reminder that stays: `'self'` is as good as what lies under it. Only the owner puts files there, and a
    // host's name, which would narrow it to /assets/, is not known when a gallery is deployed.
    if (found.directive === 'script-src' && found.value === "'self'" && found.severity === Severity.MEDIUM_MAYBE) continue;
    findings.push(`${path}: ${found.directive} ${found.value ?? ''}: ${found.description}`);
  }
}
console.log(JSON.stringify({ score, tests, findings }));
