// Identities: who asks, made as an operator makes them (`cassette admin`), with tokens got as any
// client gets them. It knows no route but /auth/token.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { Client } from './client.js';
import { binary } from './server.js';

// `cassette admin ARGUMENTS`, its stdout as JSON.
export function admin(data, ...args) {
  const all = ['admin', ...args];
  if (data) all.push('--data', data);
  const stdio = ['ignore', 'pipe', 'pipe'];
  return JSON.parse(execFileSync(binary, all, { encoding: 'utf8', stdio }));
}

// The token endpoint's answer to a client.
export async function fetchToken(server, { client_id: id, client_secret: secret }, fields = {}) {
  const answer = await fetch(new URL('/auth/token', server.url), {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...fields }),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`no token for ${id}: ${answer.status} ${text}`);
  return JSON.parse(text).access_token;
}

export function bootstrapAdmin(server) {
  return JSON.parse(readFileSync(path.join(server.data, 'bootstrap-admin.json'), 'utf8'));
}

// A client of the role, as `cassette admin create-client` prints it.
export function makeClient(server, role, ...args) {
  return admin(server.data, 'create-client', '--role', role, ...args);
}

// `cassette admin revoke`.
export function revoke(data, id) {
  execFileSync(binary, ['admin', 'revoke', id, '--data', data], { stdio: 'ignore' });
}

// Sends everything with its token; none when it is anonymous.
export class Caller extends Client {
  constructor(contract, server, token) {
    super(contract, server);
    this.token = token;
  }

  send(method, target, options = {}) {
    const authorization = this.token && { authorization: `Bearer ${this.token}` };
    return super.send(method, target,
      { ...options, headers: { ...authorization, ...options.headers } });
  }
}
