// The past: documents as they stood at a position and at a time, byte for byte as they were served
// then, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { fresh } from '../lib/shop.js';

export default function history(context) {
  const get = (target, options) => context.api.get(target, options);
  const past = (target, moment, options) =>
    get(`${target}?asOf=${encodeURIComponent(moment)}`, options);

  // What a document was after each of `writes`: the positions that they answered may be several,
  // and the document's own is the one that its history names.
  async function versions(target, writes) {
    const seen = [];
    for (const write of writes) {
      const { headers } = await write();
      const position = headers['cassette-position'];
      seen.push({ position, read: await get(target, { position }) });
    }
    return seen;
  }

  test('a document at a position is byte for byte what was served then', async () => {
    const part = await context.shop.part(5);
    const customerId = fresh('c');
    await context.api.post('/customers', { customerId, name: 'Ada Rider' }, { expect: 201 });
    const vendor = `/vendors/${part.vendorId}`;
    const stock = `${vendor}/inventory/${part.productId}`;
    const product = `${vendor}/products/${part.productId}`;
    const rename = (name) => () => context.api.patch(vendor, { name }, { expect: 200 });
    const count = (quantity) => () => context.api.post(stock, { quantity }, { expect: 200 });
    const revise = (amount) => () => context.api.put(product,
      { name: 'Chain', SKU: fresh('SKU'), price: { amount, currency: 'USD' } }, { expect: 200 });
    const call = (name) => () =>
      context.api.patch(`/customers/${customerId}`, { name }, { expect: 200 });
    const all = [
      [vendor, [rename('One'), rename('Two')]],
      [stock, [count(4), count(9)]],
      [product, [revise(100), revise(200)]],
      [`/customers/${customerId}`, [call('Ada'), call('Ada Byron')]],
    ];
    for (const [target, writes] of all) {
      const [first, second] = await versions(target, writes);
      assert.notEqual(first.read.text, second.read.text);
      for (const { position, read } of [first, second, first]) {
        const then = await past(target, position);
        assert.equal(then.text, read.text);
        assert.equal(then.headers.etag, read.headers.etag);
        assert.equal(then.headers['cassette-as-of'], position);
        assert.match(then.headers['cache-control'], /private/);
        await past(target, position, { ifNoneMatch: read.headers.etag, expect: 304 });
      }
    }
  });

  test('an order and its sub-orders are what they were at a time', async () => {
    const part = await context.shop.part(5);
    const { orderId } = await context.shop.order([{ ...part, quantity: 2 }]);
    const order = `/orders/${orderId}`;
    const subOrder = `/vendors/${part.vendorId}/orders/${orderId}`;
    const read = async () => [(await get(order)).text, (await get(subOrder)).text];
    const before = await read();
    const { updatedAt } = JSON.parse(before[0]);
    await context.shop.status(orderId, { status: 'Shipped' });
    const after = await read();
    assert.notEqual(before[0], after[0]);
    assert.notEqual(before[1], after[1]);
    const then = await past(order, updatedAt);
    assert.equal(then.text, before[0]);
    assert.equal((await past(subOrder, JSON.parse(before[1]).updatedAt)).text, before[1]);
    assert.equal((await past(order, JSON.parse(after[0]).updatedAt)).text, after[0]);
    assert.equal((await past(order, then.headers['cassette-as-of'])).text, before[0]);
    await past(order, '2001-01-01T00:00:00Z', { expect: 404 });
    await past(subOrder, '2001-01-01T00:00:00Z', { expect: 404 });
  });

  test('a sub-order is read on its vendor\'s path', async () => {
    const part = await context.shop.part(5);
    const { orderId } = await context.shop.order([{ ...part, quantity: 1 }]);
    const target = `/vendors/${part.vendorId}/orders/${orderId}`;
    const read = await get(target);
    assert.equal(read.body.vendorId, part.vendorId);
    assert.equal(read.body.orderId, orderId);
    await get(target, { ifNoneMatch: read.headers.etag, expect: 304 });
    await get(`${target}?limit=1`, { expect: 400 });
    const other = await context.shop.vendor();
    await get(`/vendors/${other}/orders/${orderId}`, { expect: 404 });
  });

  test('what is no moment of the document is refused', async () => {
    const vendorId = await context.shop.vendor();
    const target = `/vendors/${vendorId}`;
    const made = await past(target, new Date().toISOString());
    const partition = Number(made.headers['cassette-as-of'].split(':')[0]);
    const refused = async (moment) => {
      const answer = await past(target, moment, { expect: 400 });
      assert.equal(problem(answer), 'invalid-parameter');
      return answer.body.detail;
    };
    await refused('yesterday');
    await refused('2024-05-01T10:00:00+02:00');
    assert.match(await refused('2999-01-01T00:00:00Z'), /to come/);
    assert.match(await refused(`${partition}:999999999`), /not there/);
    assert.match(await refused(`${partition + 1}:1`), /give a time/);
    await get(`${target}?asOf=0:1&limit=1`, { expect: 400 });
    await get(`${target}?asOf=0:1&asOf=0:2`, { expect: 400 });
    await get(`/vendors?asOf=${partition}:1`, { expect: 400 });
  });

  test('who was erased is read in the past with nothing of what was personal', async () => {
    const customerId = fresh('c');
    const made = await context.api.post('/customers', {
      customerId, name: 'Grace Rider', contactInfo: { email: 'grace@rider.example' },
      addresses: [{ line1: '1 Chain Street', city: 'Springfield', countryCode: 'US' }],
    }, { expect: 201 });
    const position = made.headers['cassette-position'];
    const target = `/customers/${customerId}`;
    assert.equal((await past(target, position)).body.name, 'Grace Rider');
    await context.api.delete(target, { expect: 204 });
    const then = await past(target, position);
    assert.equal(then.body.version, made.body.version);
    assert.equal(then.body.name, null);
    assert.deepEqual(then.body.addresses, [null]);
    assert.doesNotMatch(then.text, /Grace|grace|Chain/);
  });
}
