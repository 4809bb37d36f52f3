// The permission matrix, walked from the API document: every operation is tried by every role on
// its own and on somebody else's object, and answered as the document and the table in code say.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Contract } from './lib/contract.js';
import { admin, bootstrapAdmin, Caller, fetchToken, makeClient } from './lib/identities.js';
import { Make, samples } from './lib/samples.js';
import { Server } from './lib/server.js';
import { Shop } from './lib/shop.js';

const contract = new Contract();
const roles = ['admin', 'service', 'vendor', 'customer', 'auditor', 'anonymous'];
const kinds = ['all', 'own', 'no'];

// Every row of the document, by operation.
const documented = new Map();
for (const item of Object.values(contract.document.paths)) {
  for (const operation of Object.values(item)) {
    if (operation.operationId) documented.set(operation.operationId, operation['x-permissions']);
  }
}

test('every operation has a row in the document, with every role', () => {
  for (const { id } of contract.operations) {
    const row = documented.get(id);
    assert.ok(row, `${id} has no x-permissions`);
    for (const role of roles) assert.ok(kinds.includes(row[role]), `${id} says nothing of ${role}`);
    assert.equal(roles.some((role) => row[role] === 'own'), row.foreign !== undefined, id);
  }
});

test('the document says what the table in code says', () => {
  const { operations } = admin(undefined, 'permissions', '--json');
  assert.deepEqual(operations.map((row) => row.operationId).sort(), [...documented.keys()].sort());
  for (const { operationId, ...row } of operations) {
    assert.deepEqual(documented.get(operationId), row, operationId);
  }
});

test('every operation has a sample', () => {
  assert.deepEqual(Object.keys(samples).sort(), [...documented.keys()].sort());
});

describe('the matrix', { concurrency: false }, () => {
  const callers = {};
  const tried = new Set();
  let server;
  let client;
  let make;
  let own;
  let foreign;

  // Hundreds of requests in a few seconds are what a limit is for.
  const unlimited = ['admin', 'service', 'vendor', 'customer', 'auditor', 'anonymous']
    .flatMap((role) => ['read', 'write'].map((kind) => `${role}.${kind}=off`))
    .concat('anonymous.sign-in=off', 'anonymous.token=off')
    .flatMap((rule) => ['--rate-limit', rule]);

  before(async () => {
    server = await Server.start({ partitions: 1, identities: true, args: unlimited });
    client = bootstrapAdmin(server);
    callers.admin = new Caller(contract, server, await fetchToken(server, client));
    callers.anonymous = new Caller(contract, server);
    make = new Make(new Shop(callers.admin));
    own = await make.owner();
    foreign = await make.owner();
    const bound = {
      service: [], auditor: [],
      vendor: ['--vendor', own.vendorId], customer: ['--customer', own.customerId],
    };
    for (const [role, args] of Object.entries(bound)) {
      const token = await fetchToken(server, makeClient(server, role, ...args));
      callers[role] = new Caller(contract, server, token);
    }
  });
  after(async () => {
    for (const caller of Object.values(callers)) caller.close();
    await server?.end();
    server?.remove();
  });

  async function attempt(caller, id, whose) {
    const { method, target, options, done = [] } = await samples[id](make, whose, client);
    const answer = await caller.send(method, target, options);
    return { answer, done, what: `${id}: ${method} ${target}: ${answer.status} ${answer.text}` };
  }

  function assertDone({ answer, done, what }) {
    assert.ok((answer.status >= 200 && answer.status < 300) || done.includes(answer.status), what);
  }

  function assertRefused(role, { answer, what }) {
    assert.equal(answer.status, role === 'anonymous' ? 401 : 403, what);
    if (role === 'anonymous') assert.match(answer.headers['www-authenticate'], /^Bearer /, what);
  }

  for (const { id } of contract.operations) {
    const row = documented.get(id) ?? {};
    for (const role of roles) {
      test(`${id} by ${role}: ${row[role]}`, async () => {
        const ours = await attempt(callers[role], id, own);
        if (row[role] === 'no') assertRefused(role, ours);
        else assertDone(ours);
        const theirs = await attempt(callers[role], id, foreign);
        if (row[role] === 'no') {
          assertRefused(role, theirs);
        } else if (row[role] === 'all') {
          assertDone(theirs);
        } else {
          assert.equal(theirs.answer.status, row.foreign, theirs.what);
          if (row.foreign === 200) assert.deepEqual(theirs.answer.body.items, [], theirs.what);
        }
        tried.add(`${id} ${role}`);
      });
    }
    if (row.scope !== undefined) {
      test(`${id} needs the scope ${row.scope}`, async () => {
        const other = row.scope === 'events:read' ? 'stock:write' : 'events:read';
        const narrow = await fetchToken(server, client, { scope: other });
        const caller = new Caller(contract, server, narrow);
        const refused = await attempt(caller, id, own);
        caller.token = await fetchToken(server, client, { scope: row.scope });
        const allowed = await attempt(caller, id, own);
        caller.close();
        assert.equal(refused.answer.status, 403, refused.what);
        assert.equal(refused.answer.body.type, '/problems/insufficient-scope', refused.what);
        assertDone(allowed);
      });
    }
    if (row.anonymous === 'no') {
      test(`${id} refuses a token that is none`, async () => {
        const caller = new Caller(contract, server, 'a.b.c');
        const { answer, what } = await attempt(caller, id, own);
        caller.close();
        assert.equal(answer.status, 401, what);
        assert.match(answer.headers['www-authenticate'], /error="invalid_token"/, what);
      });
    }
  }

  test('every role was tried on every operation, and was answered as the table says', () => {
    const missing = [...documented.keys()].flatMap((id) =>
      roles.filter((role) => !tried.has(`${id} ${role}`)).map((role) => `${id} ${role}`));
    assert.deepEqual(missing, []);
  });

  test('what is hidden is answered as what is not there', async () => {
    const hidden = await make.order(foreign);
    for (const role of ['customer', 'vendor']) {
      const there = await callers[role].send('GET', `/orders/${hidden}`);
      const absent = await callers[role].send('GET', '/orders/nowhere');
      assert.equal(there.text.replaceAll(hidden, 'nowhere'), absent.text);
    }
  });

  test('the past is an auditor\'s and the administrator\'s, on every path that shows one',
    async () => {
      const orderId = await make.order(own);
      const paths = [
        `/vendors/${own.vendorId}`, `/vendors/${own.vendorId}/products/${own.productId}`,
        `/vendors/${own.vendorId}/inventory/${own.productId}`, `/orders/${orderId}`,
        `/vendors/${own.vendorId}/orders/${orderId}`, `/customers/${own.customerId}`,
      ];
      const moment = encodeURIComponent(new Date().toISOString());
      const wanted = {
        admin: [200], auditor: [200], service: [403], vendor: [403], customer: [403],
        anonymous: [401],
      };
      for (const path of paths) {
        for (const role of roles) {
          const { status, text } = await callers[role].send('GET', `${path}?asOf=${moment}`);
          assert.ok(wanted[role].includes(status), `${path} by ${role}: ${status} ${text}`);
        }
      }
      const narrow = await fetchToken(server, client, { scope: 'orders:read' });
      const caller = new Caller(contract, server, narrow);
      await caller.send('GET', `/orders/${orderId}`, { expect: 200 });
      const refused = await caller.send('GET', `/orders/${orderId}?asOf=${moment}`);
      caller.close();
      assert.equal(refused.status, 403);
      assert.equal(refused.body.type, '/problems/insufficient-scope');
    });

  test('refused attempts are among the security events', async () => {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { items } = (await callers.auditor.get('/security-events?type=AccessRefused')).body;
      if (items.some((event) => event.principal === `vendor:${own.vendorId}`)) return;
      assert.ok(Date.now() < deadline, 'no refused attempt of the vendor is recorded');
    }
  });
});
