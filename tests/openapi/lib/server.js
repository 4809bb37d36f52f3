// Starts the real binary on a free port and an empty data folder, and stops it as an operator does.
// It knows nothing of the API.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const sourceDir =
  process.env.CASSETTE_SOURCE_DIR ?? fileURLToPath(new URL('../../..', import.meta.url));
export const binary = process.env.CASSETTE_BINARY ?? path.join(sourceDir, 'build/release/cassette');

// An orderly stop drains; past this it hangs.
const endTimeoutMs = 20_000;

export class Server {
  // Resolves once the server has said `ready`; rejects with its log when it ends before.
  // Everybody is the administrator, unless `identities`.
  static async start({ partitions, args = [], identities = false }) {
    const server = new Server();
    server.data = mkdtempSync(path.join(tmpdir(), 'cassette-openapi-'));
    server.log = [];
    server.process = spawn(
      binary,
      ['up', '--data', server.data, '--http', '127.0.0.1:0', '--partitions', String(partitions),
        ...(identities ? [] : ['--insecure-no-auth']), ...args],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    server.ended = new Promise((resolve) => {
      server.process.once('exit', (code, signal) => resolve(code ?? signal));
    });
    createInterface({ input: server.process.stderr }).on('line', (line) => server.log.push(line));
    const ready = new Promise((resolve) => {
      createInterface({ input: server.process.stdout }).on('line', (line) => {
        if (line.startsWith('http: ')) server.url = new URL(line.slice('http: '.length));
        if (line.startsWith('live: ')) server.live = new URL(line.slice('live: '.length));
        if (line === 'ready') resolve(true);
      });
    });
    if (!await Promise.race([ready, server.ended.then(() => false)])) {
      throw new Error(`cassette up ended: ${await server.ended}\n${server.log.join('\n')}`);
    }
    return server;
  }

  // Gives the exit status of an orderly stop. The data folder stays.
  async stop() {
    this.process.kill('SIGTERM');
    return this.ended;
  }

  // Ends it at all events, and its children with it where it still can.
  async end() {
    if (this.process.exitCode === null) {
      const timer = setTimeout(() => this.process.kill('SIGKILL'), endTimeoutMs);
      await this.stop();
      clearTimeout(timer);
    }
  }

  remove() {
    rmSync(this.data, { recursive: true, force: true });
  }
}
