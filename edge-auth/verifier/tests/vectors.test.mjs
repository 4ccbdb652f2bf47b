// The vectors of `session`, through the addon and its glue, with tokens that Node's own cryptography signs.
//
// VERIFIER names the built addon. Run by `make test`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bundle, eventOf, headersOf, logged } from './bundle.mjs';
import { CONFIGURATION, expanded, made } from './tokens.mjs';

const { now, as, vectors } = JSON.parse(readFileSync(new URL('../../session/vectors.json', import.meta.url), 'utf8'));
const { decide, Gate } = await bundle(process.env.VERIFIER, CONFIGURATION);
const gate = new (Gate())(CONFIGURATION);
const SECRET = 'correct-horse-battery-staple';

const inLine = (session) => (session.line ?? 'theme=dark; __Host-session={}').replace('{}', () => made(session, now));

function requestOf({ as: who, method = 'GET', path, query = '', headers = {}, cookies = [], session, body }) {
  const lines = cookies.map((each) => (typeof each === 'string' ? each : inLine(each.session)));
  if (session) lines.push(inLine(session));
  return {
    uri: expanded(path), method, querystring: query, ...(body && { body }),
    headers: headersOf({ ...as[who], ...headers, ...(lines.length > 0 && { cookie: lines }) }),
  };
}

function asExpected(request, decision, expect) {
  const first = (name) => decision.headers[name]?.[0].value;
  if (expect.forward !== undefined) {
    assert.equal(decision.uri, expanded(expect.forward));
    assert.equal(decision.querystring, expect.query ?? '');
    assert.equal(decision.method, request.method);
    assert.equal(decision.headers.authorization, undefined);
    if (!request.uri.startsWith('/auth/')) {
      for (const name of gate.withheld) assert.equal(decision.headers[name], undefined, name);
      assert.equal(decision.body, undefined);
    }
    for (const [name, value] of Object.entries(expect.headers ?? {})) {
      assert.equal(decision.headers[name]?.length === 1 ? first(name) : undefined, value ?? undefined, name);
    }
    return;
  }
  assert.equal(decision.uri, undefined);
  assert.equal(decision.status, expect.status);
  assert.equal(first('location'), expect.location && expanded(expect.location));
  assert.equal(first('allow'), expect.allow);
  const cleared = '__Host-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0';
  assert.equal(first('set-cookie'), expect.clears ? cleared : undefined);
  assert.equal(first('cache-control'), 'no-store');
  assert.equal(decision.body, undefined);
  const written = JSON.stringify(decision);
  assert.ok(!written.includes(SECRET));
  const secrets = (request.headers.cookie ?? []).flatMap(({ value }) => value.split(/[.= ;]/)).filter((part) => part.length >= 20);
  for (const secret of secrets) assert.ok(!written.includes(secret));
}

const numbers = [...new Set(vectors.flatMap(({ requirements }) => requirements))].sort((a, b) => a - b);

test('the vectors are all there', () => {
  assert.ok(vectors.length >= 500, `${vectors.length} vectors`);
  assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 12, 19, 20, 23]);
});

for (const number of numbers) {
  test(`requirement ${String(number).padStart(2, '0')}: its vectors hold through the addon`, async (t) => {
    for (const { name, requirements, request: described, expect } of vectors) {
      if (!requirements.includes(number)) continue;
      const request = requestOf(described);
      const event = eventOf(request);
      const long = JSON.parse(gate.decide(JSON.stringify(event), now));
      const { answer, log } = await logged(async () => decide(gate, structuredClone(event), now));
      const again = decide(gate, structuredClone(event), now);
      try {
        asExpected(request, answer, expect);
        assert.deepEqual(answer, long, 'the short way and the long way');
        assert.deepEqual(again, answer, 'a token seen before');
        assert.equal(log, '');
      } catch (error) {
        error.message = `${name}: ${error.message}`;
        throw error;
      }
    }
    t.diagnostic(`${vectors.filter(({ requirements }) => requirements.includes(number)).length} vectors`);
  });
}
