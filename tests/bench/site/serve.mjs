// A web server of the plainest kind for what the others build, with gzip as any server has it.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

const KINDS = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.json': 'application/json',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg', '.webp': 'image/webp', '.woff2': 'font/woff2' };

/** Serves a folder until `close` is called. */
export async function serve(folder) {
  const server = createServer(async ({ url }, answer) => {
    const path = normalize(decodeURIComponent(new URL(url, 'http://x').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    const bytes = await readFile(file).catch(() => undefined);
    if (!bytes) return answer.writeHead(404).end();
    const kind = KINDS[extname(file).toLowerCase()] ?? 'application/octet-stream';
    const packed = /^(text|application\/json|image\/svg)/.test(kind);
    answer.writeHead(200, { 'content-type': kind, ...(packed ? { 'content-encoding': 'gzip' } : {}) });
    answer.end(packed ? gzipSync(bytes) : bytes);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
