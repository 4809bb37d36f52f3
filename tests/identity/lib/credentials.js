// Credentials, made as an operator makes them: by `cassette admin` beside the running server.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { sourceDir } from '../../openapi/lib/server.js';

const run = promisify(execFile);
const binary = process.env.CASSETTE_BINARY ?? path.join(sourceDir, 'build/release/cassette');

async function admin(server, task, args) {
  const { stdout } = await run(binary, ['admin', task, '--data', server.data, ...args]);
  return stdout;
}

// A client or login with its secret: `admin create-client` and its like print one JSON object.
export async function createCredential(server, task, args) {
  const made = JSON.parse(await admin(server, task, args));
  return { id: made.client_id ?? made.username, secret: made.client_secret ?? made.password };
}

export async function rotateKeys(server) {
  await admin(server, 'rotate-keys', []);
}
