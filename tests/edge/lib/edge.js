// Cassette behind nginx, as `deploy/edge` runs them, and one client of both: it holds the server's
// certificate against the one that deploy/edge made, and asks over HTTP/1.1.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { binary, sourceDir } from '../../openapi/lib/server.js';

const endTimeoutMs = 30_000;
// Between two looks at a condition that nothing announces.
const lookAgainMs = 2;

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Looks until `condition` gives something; fails when it does not within `limitMs`.
export async function until(condition, what, limitMs = 30_000) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
  }
}

export class Edge {
  // Resolves at `ready`; rejects with the log when it ends before.
  static async start(args = []) {
    const edge = new Edge();
    edge.data = path.join(mkdtempSync(path.join(tmpdir(), 'cassette-edge-')), 'data');
    edge.port = await freePort();
    edge.log = [];
    edge.process = spawn(path.join(sourceDir, 'deploy/edge'),
      [binary, '--edge', `127.0.0.1:${edge.port}`, '--data', edge.data, '--http', '127.0.0.1:0',
        '--live', '127.0.0.1:0', '--partitions', '1', ...args],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    edge.ended = new Promise((resolve) => {
      edge.process.once('exit', (code, signal) => resolve(code ?? signal));
    });
    createInterface({ input: edge.process.stderr }).on('line', (line) => edge.log.push(line));
    const ready = new Promise((resolve) => {
      createInterface({ input: edge.process.stdout }).on('line', (line) => {
        const [, name, url] = line.match(/^(http|live|edge): (.*)$/) ?? [];
        if (name) edge[`${name}Url`] = new URL(url);
        if (line === 'ready') resolve(true);
      });
    });
    if (!await Promise.race([ready, edge.ended.then(() => false)])) {
      throw new Error(`deploy/edge ended: ${await edge.ended}\n${edge.log.join('\n')}`);
    }
    edge.ca = readFileSync(edge.file('tls.crt'));
    edge.agent = new https.Agent({ keepAlive: true, maxSockets: 32 });
    return edge;
  }

  // Below nginx's folder.
  file(name) {
    return path.join(this.data, 'edge', name);
  }

  // Where nginx keeps the answer of a path: levels=1:2.
  cacheFile(target) {
    const name = createHash('md5').update(target).digest('hex');
    return this.file(path.join('cache', name.slice(-1), name.slice(-3, -1), name));
  }
  keeps(target) {
    return existsSync(this.cacheFile(target));
  }

  nginxPid() {
    return Number(readFileSync(this.file('nginx.pid'), 'utf8'));
  }

  // What a request needs besides its method, path and headers.
  get origin() {
    return { host: '127.0.0.1', port: this.port, ca: this.ca, agent: this.agent };
  }

  // `json` as a body. Gives status, headers, text, body (of JSON), and when it was sent.
  send(method, target, { headers = {}, json, raw } = {}) {
    const body = json === undefined ? raw : JSON.stringify(json);
    const sent = { ...headers };
    if (body !== undefined) {
      sent['content-type'] ??= 'application/json';
      sent['content-length'] = Buffer.byteLength(body);
    }
    return new Promise((resolve, reject) => {
      const at = Date.now();
      const request = https.request({ ...this.origin, method, path: target, headers: sent });
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, headers: response.headers, text, at,
            get body() { return JSON.parse(text); } });
        });
      });
      request.end(body);
    });
  }

  get(target, headers) {
    return this.send('GET', target, { headers });
  }

  // A client's access token, got through the edge.
  async token({ client_id: id, client_secret: secret }) {
    const answer = await this.send('POST', '/auth/token', {
      headers: {
        authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      raw: 'grant_type=client_credentials',
    });
    if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${answer.text}`);
    return answer.body.access_token;
  }

  // The exit status of an orderly stop.
  async end() {
    this.agent?.destroy();
    if (this.process.exitCode === null) this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), endTimeoutMs);
    const status = await this.ended;
    clearTimeout(timer);
    return status;
  }

  remove() {
    rmSync(path.dirname(this.data), { recursive: true, force: true });
  }
}
