// The HTTP contract, held by the real cassette: the suites run on one partition and on three, and
// at the end every operation must have shown what the contract says of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client } from './lib/client.js';
import { Contract, documentErrors } from './lib/contract.js';
import { Server } from './lib/server.js';
import { Shop } from './lib/shop.js';
import audit from './suites/audit.js';
import badInput from './suites/bad_input.js';
import catalogue from './suites/catalogue.js';
import customers from './suites/customers.js';
import fulfilment from './suites/fulfilment.js';
import history from './suites/history.js';
import identity from './suites/identity.js';
import live from './suites/live.js';
import notary from './suites/notary.js';
import orders from './suites/orders.js';
import { plantPersonalData, searchFolder } from './suites/personal_data.js';
import service from './suites/service.js';
import stock from './suites/stock.js';
import vendors from './suites/vendors.js';

const contract = new Contract();

test('docs/openapi.yaml is an OpenAPI 3.1 document', async () => {
  assert.equal(await documentErrors(), undefined);
});

for (const partitions of [1, 3]) {
  describe(`${partitions} partition${partitions > 1 ? 's' : ''}`, { concurrency: false }, () => {
    const context = { contract, partitions };
    before(async () => {
      // Sign-ins are limited by address even where nobody is asked who they are.
      const args = ['sign-in', 'token']
        .flatMap((kind) => ['--rate-limit', `anonymous.${kind}=off`])
        .concat('--notary-commits', '1');
      context.server = await Server.start({ partitions, args });
      context.api = new Client(contract, context.server);
      context.shop = new Shop(context.api);
    });
    after(async () => {
      context.api?.close();
      await context.server?.end();
      context.server?.remove();
    });
    for (const suite of
      [service, vendors, catalogue, stock, orders, fulfilment, customers, audit, history, notary,
        live, badInput]) {
      suite(context);
    }
    test('personal data is nowhere in clear in the data folder', async () => {
      const planted = await plantPersonalData(context);
      assert.equal(await context.server.stop(), 0);
      assert.deepEqual(searchFolder(context.server.data, planted.clear), []);
      // The same search finds what is not personal, so it would have found the rest.
      assert.notDeepEqual(searchFolder(context.server.data, [planted.open]), []);
    });
  });
}

describe('where everybody is asked who they are', { concurrency: false }, () => {
  identity({ contract });
});

// Statuses that no request of this suite can bring about: 202 needs a partition that is slow to
// answer, 503 one that does not answer.
const beyondReach = [202, 503];
// Only with identities: permissions.test.js.
const seenElsewhere = ['listCustomerOrders 404'];
// What the rules or the key can refuse differs by operation; each of these must be seen somewhere.
const seenSomewhere = [409, 422];

describe('coverage', () => {
  test('every operation has shown every status that the contract gives it', () => {
    const missing = [];
    for (const operation of contract.operations) {
      for (const status of Object.keys(operation.responses)) {
        const code = Number(status);
        if (status === 'default' || [...beyondReach, ...seenSomewhere].includes(code)) continue;
        if (seenElsewhere.includes(`${operation.id} ${code}`)) continue;
        if (!contract.answered.get(operation.id).has(code)) missing.push(`${operation.id} ${code}`);
      }
    }
    assert.deepEqual(missing, []);
  });

  test('the refusals of rules and keys were seen', () => {
    const seen = new Set([...contract.answered.values()].flatMap((statuses) => [...statuses]));
    assert.deepEqual(seenSomewhere.filter((status) => !seen.has(status)), []);
  });

  test('every kind of problem was seen', () => {
    const wanted = [
      'already-exists', 'below-reserved', 'body-too-large', 'customer-erased', 'duplicate-sku',
      'idempotency-key-required', 'idempotency-mismatch', 'illegal-transition',
      'insufficient-stock', 'invalid-cursor', 'invalid-field', 'invalid-id', 'invalid-parameter',
      'malformed-request', 'method-not-allowed', 'missing-field', 'mixed-currency',
      'no-such-route', 'not-found', 'on-hand-mismatch', 'precondition-failed', 'price-changed',
      'product-not-listed', 'quantity-exceeds-open', 'reservation-expired', 'stale-position',
      'unknown-field', 'unknown-parameter', 'unsupported-media-type', 'vendor-suspended',
      'version-mismatch',
    ];
    assert.deepEqual(wanted.filter((type) => !contract.problemTypes.has(type)), []);
  });
});
