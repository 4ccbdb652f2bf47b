// The viewer-request function. It fails closed: whatever goes wrong, the answer is a denial, never the request.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const DENIED = Object.freeze({
  status: '503',
  statusDescription: 'Service Unavailable',
  headers: {
    'cache-control': [{ key: 'cache-control', value: 'no-store' }],
    'content-security-policy': [{ key: 'content-security-policy', value: "default-src 'none'; frame-ancestors 'none'" }],
    'strict-transport-security': [{ key: 'strict-transport-security', value: 'max-age=63072000; includeSubDomains' }],
    'x-content-type-options': [{ key: 'x-content-type-options', value: 'nosniff' }],
    'x-robots-tag': [{ key: 'x-robots-tag', value: 'noindex' }],
  },
});

/** The gate, or nothing when it cannot be loaded. */
function load() {
  try {
    const { Gate } = createRequire(import.meta.url)('./verifier.node');
    return new Gate(readFileSync(new URL('./configuration.json', import.meta.url), 'utf8'));
  } catch (error) {
    console.error(`the gate cannot be loaded: ${error.message}`);
    return undefined;
  }
}

const gate = load();

export async function handler(event) {
  return decide(gate, event, Math.floor(Date.now() / 1000));
}

/** The gate's decision; a denial when there is no gate or it fails. */
export function decide(gate, event, now) {
  try {
    const decision = JSON.parse(gate.decide(JSON.stringify(event), now));
    if (typeof decision.uri === 'string' || typeof decision.status === 'string') return decision;
  } catch (error) {
    console.error(`the gate denies: ${error.message}`);
  }
  return DENIED;
}
