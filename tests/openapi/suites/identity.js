// OAuth's routes, on a server of their own that asks who everybody is. How tokens are used and
// misused is tests/identity's and the unit tests'; here every route shows each of its statuses.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { createCredential } from '../../identity/lib/credentials.js';
import { Client, problem } from '../lib/client.js';
import { Server } from '../lib/server.js';

const form = 'application/x-www-form-urlencoded';
const verifier = 'v'.repeat(43);
const redirectUri = 'http://127.0.0.1/back';

export default function identity(context) {
  let server;
  let api;
  let admin;
  let shop;
  let person;

  before(async () => {
    const args = ['sign-in', 'token'].flatMap((kind) => ['--rate-limit', `anonymous.${kind}=off`]);
    server = await Server.start({ partitions: 1, identities: true, args });
    api = new Client(context.contract, server);
    admin = JSON.parse(readFileSync(path.join(server.data, 'bootstrap-admin.json'), 'utf8'));
    shop = await createCredential(server, 'create-client',
      ['--id', 'shop', '--role', 'none', '--redirect-uri', redirectUri]);
    person = await createCredential(server, 'create-login',
      ['--user', 'anna', '--role', 'auditor']);
  });
  after(async () => {
    api?.close();
    await server?.end();
    server?.remove();
  });

  const post = (target, fields, options = {}) => api.send('POST', target,
    { raw: new URLSearchParams(fields).toString(), type: form, ...options });
  const asShop = () => ({ client_id: shop.id, client_secret: shop.secret });

  function request(more = {}) {
    return {
      response_type: 'code', client_id: shop.id, redirect_uri: redirectUri, state: 's',
      scope: 'openid offline_access', code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'), ...more,
    };
  }

  async function openPage() {
    const page = await api.get(`/auth/authorize?${new URLSearchParams(request())}`);
    return {
      ticket: page.text.match(/name="ticket" value="([^"]+)"/)[1],
      headers: { cookie: page.headers['set-cookie'][0].split(';')[0] },
    };
  }

  async function submit(password, more = {}) {
    const { ticket, headers } = await openPage();
    return post('/auth/authorize', { ticket, username: person.id, password, ...more }, { headers });
  }

  async function signIn() {
    const landed = await submit(person.secret);
    assert.equal(landed.status, 303);
    const code = new URL(landed.headers.location).searchParams.get('code');
    const answer = await post('/auth/token', { grant_type: 'authorization_code', code,
      redirect_uri: redirectUri, code_verifier: verifier, ...asShop() }, { expect: 200 });
    return answer.body;
  }

  test('the first administrator has a token for the credential that the start wrote', async () => {
    const basic = Buffer.from(`${admin.client_id}:${admin.client_secret}`).toString('base64');
    const { body } = await post('/auth/token', { grant_type: 'client_credentials' },
      { headers: { authorization: `Basic ${basic}` }, expect: 200 });
    const headers = { authorization: `Bearer ${body.access_token}` };
    await api.get('/orders', { headers });
    assert.equal(problem(await api.get('/orders', { expect: 401 })), 'token-required');
    await api.get('/orders', { headers: { authorization: 'Bearer x' }, expect: 401 });
  });

  test('a person signs in, refreshes and signs out', async () => {
    const tokens = await signIn();
    const token = tokens.access_token;
    await api.get('/.well-known/jwks.json');
    const introspected = await post('/auth/introspect', { token, ...asShop() }, { expect: 200 });
    assert.equal(introspected.body.active, true);
    const next = await post('/auth/refresh',
      { refresh_token: tokens.refresh_token, ...asShop() }, { expect: 200 });
    await post('/auth/revoke', { token: next.body.refresh_token, ...asShop() }, { expect: 200 });
    const after = await post('/auth/introspect', { token, ...asShop() }, { expect: 200 });
    assert.deepEqual(after.body, { active: false });
  });

  test('the two metadata documents are one', async () => {
    const { text } = await api.get('/.well-known/openid-configuration');
    assert.equal((await api.get('/.well-known/oauth-authorization-server')).text, text);
    for (const document of ['openid-configuration', 'oauth-authorization-server', 'jwks.json']) {
      await api.get(`/.well-known/${document}?x=1`, { expect: 400 });
    }
  });

  test('who is no client is 401, and what is no request 400', async () => {
    const stranger = { client_id: 'nobody', client_secret: 'x' };
    for (const target of ['/auth/token', '/auth/refresh', '/auth/revoke', '/auth/introspect']) {
      await post(target, { token: 'x', ...stranger, grant_type: 'refresh_token' }, { expect: 401 });
      const answer = await post(target, asShop(), { expect: 400 });
      assert.equal(answer.body.error, 'invalid_request');
    }
  });

  test('a body that is no form is 415, and one that is too large 413', async () => {
    for (const target of
      ['/auth/token', '/auth/refresh', '/auth/authorize', '/auth/revoke', '/auth/introspect']) {
      await api.post(target, { x: 1 }, { expect: 415 });
      await post(target, { client_id: 'x'.repeat(20_000) }, { expect: 413 });
    }
  });

  test('the sign-in page refuses what it can\'t tell to the client', async () => {
    await api.get('/auth/authorize?client_id=nobody', { expect: 400 });
    await post('/auth/authorize', request(), { expect: 200 });
    await post('/auth/authorize', { ticket: 'forged' }, { expect: 400 });
    const silent = new URLSearchParams(request({ prompt: 'none' }));
    const told = await api.get(`/auth/authorize?${silent}`, { expect: 303 });
    assert.match(told.headers.location, /error=login_required/);
    const wrong = await submit('wrong');
    assert.equal(wrong.status, 403);
    assert.match(wrong.text, /role="alert"/);
    assert.match((await submit('', { action: 'cancel' })).headers.location, /error=access_denied/);
  });
}
