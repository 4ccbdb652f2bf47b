// The viewer-request function. It fails closed: whatever goes wrong, the answer is a denial, never the request.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The gate's own answers carry these too; here they are for when there is no gate to ask. A test compares the two.
const DENIED = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; " +
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), ' +
    'microphone=(), midi=(), payment=(), serial=(), usb=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex, nofollow, noarchive',
};

const gate = load();

export async function handler(event) {
  return decide(gate, event, Math.floor(Date.now() / 1000));
}

/** The gate, or nothing when it cannot be loaded. */
function load() {
  try {
    const { Gate } = createRequire(import.meta.url)('./verifier.node');
    return new Gate(readFileSync(new URL('./configuration.json', import.meta.url), 'utf8'));
  } catch (error) {
    log('the gate cannot be loaded', error);
    return undefined;
  }
}

/** The gate's decision; a denial when there is no gate or it fails. */
export function decide(gate, event, now) {
  try {
    const decision = read(gate, event, now) ?? JSON.parse(gate.decide(JSON.stringify(event), now));
    if (typeof decision.uri === 'string' || typeof decision.status === 'string') return decision;
    console.error('the gate denies: it answered neither a request nor a response');
  } catch (error) {
    log('the gate denies', error);
  }
  return denied();
}

/** The short way, which most requests take: to an object that the gate names when it has seen only what decides. */
function read(gate, event, now) {
  const { Records: records } = event;
  if (records.length !== 1 || records[0].cf.config.eventType !== 'viewer-request') return undefined;
  const { request } = records[0].cf;
  const { headers } = request;
  const cookies = headers.cookie?.map((line) => line.value).join(';') ?? '';
  const object = gate.object(request.method, request.uri, cookies, now);
  if (typeof object !== 'string') return undefined;
  for (const name of (withheld ??= gate.withheld)) delete headers[name];
  delete request.body;
  request.querystring = '';
  request.uri = object;
  return request;
}

let withheld;

function denied() {
  const headers = Object.entries(DENIED).map(([key, value]) => [key, [{ key, value }]]);
  return { status: '503', statusDescription: 'Service Unavailable', headers: Object.fromEntries(headers) };
}

/** Logs an error; its sentence only when it is the gate's own, since others may quote the request. */
function log(what, error) {
  console.error(`${what}: ${error?.code === 'Denied' ? error.message : (error?.code ?? error?.name)}`);
}
