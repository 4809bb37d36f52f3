// Engine: the real binary with AdventureWorks imported, and the auditors' commands beside it.
import { execFile } from 'node:child_process';
import http from 'node:http';
import { promisify } from 'node:util';

import { binary, Server } from '../../openapi/lib/server.js';

const run = promisify(execFile);
const most = 256 * 1024 * 1024;

// The folder of the tables may be named by the variable that names a server's data, too.
const environment = { ...process.env };
delete environment.CASSETTE_DATA;

// `cassette ARGUMENTS`: its exit status and what it said.
export async function cassette(...args) {
  try {
    const { stdout } = await run(binary, args, { maxBuffer: most, env: environment });
    return { status: 0, stdout };
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return { status: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

// The same, which must end well.
export async function must(...args) {
  const { status, stdout, stderr } = await cassette(...args);
  if (status !== 0) throw new Error(`cassette ${args.join(' ')}: ${status}\n${stderr}${stdout}`);
  return stdout;
}

export class Engine {
  static async start({ partitions }) {
    const engine = new Engine();
    engine.server = await Server.start({ partitions });
    engine.data = engine.server.data;
    engine.agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
    return engine;
  }

  // Gives each month's positions after its last event: [["2011-05", ["0:812", …]], …].
  async import(folder) {
    const said = await must('import', 'adventureworks', folder, '--url', this.server.url.origin);
    const lines = said.matchAll(/^(\d{4}-\d\d) {2}(\d+:\d+(?:,\d+:\d+)*)$/gm);
    return [...lines].map(([, month, positions]) => [month, positions.split(',')]);
  }

  get(target) {
    return new Promise((resolve, reject) => {
      http.get(new URL(target, this.server.url), { agent: this.agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece) => { text += piece; });
        answer.on('end', () => resolve({ status: answer.statusCode, text }));
      }).on('error', reject);
    });
  }

  async end() {
    this.agent.destroy();
    await this.server.end();
  }
}

// `task` of each item, some at a time, in the order of items.
export async function forEach(items, task, atOnce = 12) {
  const left = [...items].reverse();
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (left.length > 0) await task(left.pop());
  }));
}
