// A client library that others use (openid-client) against the real cassette, with this file as
// the browser: discovery, sign-in with PKCE, the ID token by its JWKS, refresh, reuse, the API,
// sign-out.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Server } from '../openapi/lib/server.js';
import { Browser } from './lib/browser.js';
import { createCredential, rotateKeys } from './lib/credentials.js';

// Node 18 has these in a module only.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
const oidc = await import('openid-client');
const { createRemoteJWKSet, jwtVerify } = await import('jose');

const redirectUri = 'http://127.0.0.1:53124/back';
const scope = 'openid offline_access orders:read';
// How long a token that was revoked may still be taken.
const revokedWithinMs = 5_000;

let server;
let shop;
let person;
let config;

before(async () => {
  server = await Server.start(
    { partitions: 1, identities: true, args: ['sign-in', 'token', 'read']
      .flatMap((kind) => ['--rate-limit', `anonymous.${kind}=off`]) });
  shop = await createCredential(server, 'create-client',
    ['--id', 'shop', '--role', 'none', '--redirect-uri', 'http://127.0.0.1/back']);
  person = await createCredential(server, 'create-customer-login',
    ['--customer', 'c-17', '--user', 'anna']);
  config = await discover(shop.secret);
});

after(async () => {
  await server?.end();
  server?.remove();
});

function discover(secret) {
  return oidc.discovery(new URL(server.url), shop.id, secret, undefined, {
    // Plain HTTP, for this is loopback; and the ID token's signature is checked by the JWK set.
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
  });
}

// Where the browser ends up after a sign-in, and what the client must remember of it.
async function signIn(parameters = {}, password = person.secret) {
  const verifier = oidc.randomPKCECodeVerifier();
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  });
  const browser = new Browser();
  const page = await browser.open(url);
  const landed = await page.submit({ username: person.id, password });
  return { landed, checks, browser, page };
}

async function tokensOfSignIn() {
  const { landed, checks } = await signIn();
  return oidc.authorizationCodeGrant(config, landed.location, checks);
}

function ask(path, accessToken) {
  const headers = accessToken ? { authorization: `Bearer ${accessToken}` } : {};
  return fetch(new URL(path, server.url), { headers });
}

async function refusedSoon(accessToken) {
  const deadline = Date.now() + revokedWithinMs + 1_000;
  for (;;) {
    const { status } = await ask('/customers/c-17/orders', accessToken);
    if (status === 401) return true;
    if (Date.now() > deadline) return false;
  }
}

function refusal(error) {
  return (thrown) => {
    assert.equal(thrown.error, error, thrown.message);
    return true;
  };
}

describe('a person signs in', { concurrency: false }, () => {
  test('the metadata names what is used here', () => {
    const metadata = config.serverMetadata();
    assert.equal(`${metadata.issuer}/`, server.url.href);
    assert.ok(metadata.supportsPKCE());
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  });

  test('by code and PKCE, and the ID token is verified by the JWK set', async () => {
    const { landed, checks } = await signIn();
    assert.equal(landed.status, 303);
    const tokens = await oidc.authorizationCodeGrant(config, landed.location, checks);
    assert.equal(tokens.token_type, 'bearer');
    assert.equal(tokens.claims().sub, person.id);
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
    const { payload, protectedHeader } = await jwtVerify(tokens.id_token, keys, {
      issuer: config.serverMetadata().issuer, audience: shop.id, algorithms: ['ES256'],
    });
    assert.equal(payload.nonce, checks.expectedNonce);
    assert.ok(payload.at_hash && payload.auth_time);
    assert.equal(protectedHeader.alg, 'ES256');
    const access = await jwtVerify(tokens.access_token, keys,
      { typ: 'at+jwt', audience: 'cassette' });
    assert.equal(access.payload.customer_id, 'c-17');
  });

  test('with the token comes what is theirs, without it nothing', async () => {
    const tokens = await tokensOfSignIn();
    assert.equal((await ask('/customers/c-17/orders', tokens.access_token)).status, 200);
    assert.equal((await ask('/customers/c-18/orders', tokens.access_token)).status, 404);
    assert.equal((await ask('/customers/c-17/orders')).status, 401);
    assert.equal((await ask('/customers/c-17/orders', `${tokens.access_token}A`)).status, 401);
    assert.equal((await ask('/customers/c-17/orders', tokens.id_token)).status, 401);
  });

  test('a refresh gives the next token, and a reused one ends the family', async () => {
    const first = await tokensOfSignIn();
    const second = await oidc.refreshTokenGrant(config, first.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.equal((await ask('/customers/c-17/orders', second.access_token)).status, 200);
    await assert.rejects(oidc.refreshTokenGrant(config, first.refresh_token),
      refusal('invalid_grant'));
    await assert.rejects(oidc.refreshTokenGrant(config, second.refresh_token),
      refusal('invalid_grant'));
    assert.ok(await refusedSoon(second.access_token));
  });

  test('the alias refreshes, too', async () => {
    const { refresh_token: token } = await tokensOfSignIn();
    const answer = await fetch(new URL('/auth/refresh', server.url), {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${shop.id}:${shop.secret}`)}` },
      body: new URLSearchParams({ refresh_token: token }),
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.ok((await answer.json()).access_token);
  });

  test('signs out by revocation', async () => {
    const tokens = await tokensOfSignIn();
    assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
    await oidc.tokenRevocation(config, tokens.refresh_token);
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token),
      refusal('invalid_grant'));
    assert.ok(await refusedSoon(tokens.access_token));
    assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
  });

  test('a new key is published before it signs, so no library is caught unawares', async () => {
    const before = await tokensOfSignIn();
    await rotateKeys(server);
    const published = async () => (await (await ask('/.well-known/jwks.json')).json()).keys;
    const deadline = Date.now() + 10_000;
    while ((await published()).length < 2) {
      assert.ok(Date.now() < deadline, 'the new key is not published');
    }
    // The library has the keys from before, and asks for them once a minute at most.
    const after = await tokensOfSignIn();
    for (const tokens of [before, after]) {
      assert.equal((await ask('/customers/c-17/orders', tokens.access_token)).status, 200);
    }
  });
});

describe('and somebody else does not', { concurrency: false }, () => {
  test('with a code that was used', async () => {
    const { landed, checks } = await signIn();
    const tokens = await oidc.authorizationCodeGrant(config, landed.location, checks);
    await assert.rejects(oidc.authorizationCodeGrant(config, landed.location, checks),
      refusal('invalid_grant'));
    assert.ok(await refusedSoon(tokens.access_token));
  });

  test('with another verifier', async () => {
    const { landed, checks } = await signIn();
    const other = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
    await assert.rejects(oidc.authorizationCodeGrant(config, landed.location, other),
      refusal('invalid_grant'));
  });

  test('with a wrong secret', async () => {
    const { landed, checks } = await signIn();
    const wrong = await discover('not the secret');
    await assert.rejects(oidc.authorizationCodeGrant(wrong, landed.location, checks),
      (thrown) => thrown.status === 401);
  });

  test('with a wrong password', async () => {
    const { landed } = await signIn({}, 'not the password');
    assert.equal(landed.status, 403);
    assert.equal(landed.location, undefined);
    assert.match(landed.html, /role="alert"/);
  });

  test('without PKCE, or by plain', async () => {
    for (const parameters of [
      { code_challenge_method: 'plain' }, { code_challenge: '', code_challenge_method: '' }]) {
      const url = oidc.buildAuthorizationUrl(config, { redirect_uri: redirectUri, scope,
        state: 's', code_challenge: 'x'.repeat(43), ...parameters });
      const page = await new Browser().open(url);
      assert.equal(page.status, 303);
      assert.equal(page.location.searchParams.get('error'), 'invalid_request');
    }
  });

  test('at a redirect URI that is not registered', async () => {
    const url = oidc.buildAuthorizationUrl(config, { redirect_uri: 'https://evil.example/back',
      scope, code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' });
    const page = await new Browser().open(url);
    assert.equal(page.status, 400);
    assert.equal(page.location, undefined);
  });

  test('from a page that was never opened by that browser', async () => {
    const { page } = await signIn();
    const stranger = new Browser();
    const landed = await page.submit({ username: person.id, password: person.secret }, stranger);
    assert.equal(landed.status, 400);
  });
});

// Of what the tests above did.
describe('and auditors see it', { concurrency: false }, () => {
  let books;
  const events = async (type) => {
    const answer = await ask(`/security-events?type=${type}`, books);
    assert.equal(answer.status, 200);
    return (await answer.json()).items;
  };

  before(async () => {
    const { id, secret } = await createCredential(server, 'create-client',
      ['--id', 'books', '--role', 'auditor']);
    const answer = await fetch(new URL('/auth/token', server.url), {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    books = (await answer.json()).access_token;
  });

  for (const [type, principal] of [['SignedIn', 'customer:c-17'], ['SignInRefused', /./],
    ['TokenIssued', 'customer:c-17'], ['TokenRefused', /./], ['TokenRevoked', /./],
    ['RefreshReused', 'customer:c-17']]) {
    test(type, async () => {
      // An event is there a second after it happened.
      const fits = (event) => principal instanceof RegExp ? principal.test(event.principal)
        : event.principal === principal;
      let found;
      for (const end = Date.now() + 10_000; !found && Date.now() < end;) {
        found = (await events(type)).find(fits);
      }
      assert.ok(found, 'it did not come');
      assert.equal(found.address, '127.0.0.1');
      assert.ok(found.requestId);
      assert.doesNotMatch(JSON.stringify(found), /not the (secret|password)/);
    });
  }
});
