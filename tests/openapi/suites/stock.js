// Stock: counting, adjusting, thresholds, shortfalls, warehouses, lists and bulk.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { fresh } from '../lib/shop.js';

export default function stock(context) {
  const at = ({ vendorId, productId }) => `/vendors/${vendorId}/inventory/${productId}`;
  const unstocked = async () => {
    const vendorId = await context.shop.vendor();
    return { vendorId, productId: await context.shop.product(vendorId) };
  };
  const adjust = (item, change, options = {}) =>
    context.api.patch(at(item), change, { key: fresh('k'), expect: 200, ...options });

  test('the first count is 201, later ones 200, and If-None-Match * is for the first', async () => {
    const item = await unstocked();
    const first = await context.api.post(at(item),
      { quantity: 100, reorderPoint: 10, safetyStock: 20, occurredAt: '2024-05-01T10:00:00Z' },
      { ifNoneMatch: '*', expect: 201 });
    assert.equal(first.headers.location, at(item));
    assert.equal(first.body.inventoryId, `${item.vendorId}/${item.productId}`);
    assert.deepEqual([first.body.quantityOnHand, first.body.quantityReserved,
      first.body.quantityAvailable], [100, 0, 80]);
    await context.api.post(at(item), { quantity: 1 }, { ifNoneMatch: '*', expect: 412 });
    const second = await context.api.post(at(item), { quantity: 50 },
      { ifMatch: first.headers.etag, expect: 200 });
    assert.equal(second.body.quantityAvailable, 30);
    const late = await context.api.post(at(item), { quantity: 60 },
      { ifMatch: first.headers.etag, expect: 412 });
    assert.equal(problem(late), 'version-mismatch');
    const read = await context.api.get(at(item));
    assert.deepEqual(read.body, second.body);
    await context.api.get(at(item), { ifNoneMatch: read.headers.etag, expect: 304 });
  });

  test('expectedOnHand compares what is on the shelf, whatever is reserved', async () => {
    const part = await context.shop.part(10);
    await context.shop.order([{ ...part, quantity: 4 }]);
    const wrong = await context.api.post(at(part), { quantity: 20, expectedOnHand: 6 },
      { expect: 412 });
    assert.equal(problem(wrong), 'on-hand-mismatch');
    await context.api.post(at(part), { quantity: 20, expectedOnHand: 10 }, { expect: 200 });
    await adjust(part, { delta: 1, reason: 'found', expectedOnHand: 20 });
    await adjust(part, { delta: 1, reason: 'found', expectedOnHand: 20 }, { expect: 412 });
  });

  test('an adjustment needs a key, and happens once under it', async () => {
    const part = await context.shop.part(10);
    const bare = await context.api.patch(at(part), { delta: 1, reason: 'x' }, { expect: 400 });
    assert.equal(problem(bare), 'idempotency-key-required');
    const key = fresh('k');
    const once = await adjust(part, { delta: -3, reason: 'damaged' }, { key });
    assert.equal(once.body.quantityOnHand, 7);
    const twice = await adjust(part, { delta: -3, reason: 'damaged' }, { key });
    assert.equal(twice.body.quantityOnHand, 7);
    assert.equal(twice.headers['cassette-position'], once.headers['cassette-position']);
    const other = await adjust(part, { delta: -4, reason: 'damaged' }, { key, expect: 422 });
    assert.equal(problem(other), 'idempotency-mismatch');
    const thresholds = await adjust(part, { reorderPoint: 2, safetyStock: 1 });
    assert.deepEqual([thresholds.body.reorderPoint, thresholds.body.safetyStock,
      thresholds.body.quantityAvailable], [2, 1, 6]);
    await adjust(part, { delta: -100, reason: 'x' }, { expect: [409, 422] });
    await adjust(part, { delta: 1, reason: 'x' }, { ifMatch: '"999"', expect: 412 });
    await adjust(part, { delta: 1, reason: 'x' }, { type: 'application/merge-patch+json' });
  });

  test('what orders were promised stays on the shelf, unless the shortfall is frozen', async () => {
    const part = await context.shop.part(10);
    const order = await context.shop.order([{ ...part, quantity: 6 }]);
    const refused = await context.api.post(at(part), { quantity: 5 }, { expect: 409 });
    assert.equal(problem(refused), 'below-reserved');
    assert.deepEqual(refused.body.orders, [order.orderId]);
    const frozen = await context.api.post(at(part), { quantity: 5, onShortfall: 'freeze' },
      { expect: 200 });
    assert.deepEqual([frozen.body.quantityOnHand, frozen.body.quantityReserved,
      frozen.body.quantityAvailable], [6, 6, 0]);
  });

  test('warehouses break down what is on hand', async () => {
    const part = await context.shop.part(10);
    const { body } = await context.api.post(at(part), { quantity: 5, warehouseId: 'north' },
      { expect: 200 });
    assert.equal(body.quantityOnHand, 15);
    assert.deepEqual([...body.locations].sort((a, b) => a.warehouseId < b.warehouseId ? -1 : 1),
      [{ warehouseId: 'main', quantityOnHand: 10 }, { warehouseId: 'north', quantityOnHand: 5 }]);
  });

  test('stock of what no one lists, or no one is, is 404', async () => {
    const { vendorId } = await unstocked();
    const item = { vendorId, productId: fresh('p') };
    await context.api.get(at(item), { expect: 404 });
    await context.api.post(at(item), { quantity: 1 }, { expect: 404 });
    await adjust(item, { delta: 1, reason: 'x' }, { expect: 404 });
  });

  test('lists: one vendor\'s, what is low, what changed, and many at once', async () => {
    const vendorId = await context.shop.vendor();
    const plenty = await context.shop.part(50, { vendorId, stock: { reorderPoint: 5 } });
    const low = await context.shop.part(4, { vendorId, stock: { reorderPoint: 5 } });
    const list = async (query) =>
      (await context.api.get(`/vendors/${vendorId}/inventory${query}`)).body.items
        .map((item) => item.productId);
    assert.deepEqual(new Set(await list('')), new Set([plenty.productId, low.productId]));
    assert.deepEqual(await list('?belowReorderPoint=true'), [low.productId]);
    assert.deepEqual(await list('?belowReorderPoint=false'), [plenty.productId]);
    const { lastUpdated } = await context.shop.stock(low);
    assert.deepEqual(await list(`?updatedAfter=${lastUpdated}`), []);
    await adjust(plenty, { delta: 1, reason: 'found' });
    assert.deepEqual(await list(`?updatedAfter=${lastUpdated}`), [plenty.productId]);
    const { items } = await context.api.pages(`/vendors/${vendorId}/inventory`, 1);
    assert.equal(items.length, 2);
    const keys = [low, { vendorId, productId: 'none' }, plenty]
      .map((item) => `item=${item.vendorId}/${item.productId}`).join('&');
    const many = (await context.api.get(`/inventory?${keys}`)).body.items;
    assert.deepEqual(many.map((item) => item.productId), [low.productId, plenty.productId]);
    await context.api.get('/inventory', { expect: 400 });
    await context.api.get(`/inventory?${'item=a/b&'.repeat(101).slice(0, -1)}`, { expect: 400 });
  });

  test('a bulk request\'s lines stand alone, and a repeat under its key changes nothing',
    async () => {
      const vendorId = await context.shop.vendor();
      const SKU = fresh('SKU');
      const one = await context.shop.product(vendorId, { SKU });
      const two = await context.shop.product(vendorId);
      const lines = [
        JSON.stringify({ productId: one, quantity: 10, reorderPoint: 2 }),
        JSON.stringify({ sku: SKU, delta: -4, reason: 'damaged' }),
        JSON.stringify({ productId: two, quantity: 7 }),
        JSON.stringify({ productId: fresh('p'), quantity: 7 }),
      ];
      const path = `/vendors/${vendorId}/inventory`;
      const options = { raw: `${lines.join('\n')}\n`, type: 'application/x-ndjson',
        key: fresh('k'), expect: 200 };
      const first = await context.api.send('POST', path, options);
      const results = first.text.trim().split('\n').map((line) => JSON.parse(line));
      assert.deepEqual(results.map(({ line }) => line), [1, 2, 3, 4]);
      assert.deepEqual(results.map(({ status }) => status < 400), [true, true, true, false]);
      assert.equal(results[3].problem.type, '/problems/not-found');
      assert.equal((await context.shop.stock({ vendorId, productId: one })).quantityOnHand, 6);
      await context.api.send('POST', path, options);
      assert.equal((await context.shop.stock({ vendorId, productId: one })).quantityOnHand, 6);
    });

  test('a malformed bulk line fails only itself', async () => {
    const part = await context.shop.part(1);
    const bad = ['{', '{"productId":"x"}', '{"productId":"a b","quantity":1}',
      '{"productId":"x","quantity":-1}', '{"productId":"x","quantity":1,"surprise":1}'];
    bad.push(`{"productId":"${part.productId}","quantity":1${' '.repeat(1 << 16)}}`);
    const raw = [...bad, JSON.stringify({ productId: part.productId, quantity: 9 })].join('\n');
    const answer = await context.api.send('POST', `/vendors/${part.vendorId}/inventory`,
      { raw, type: 'application/x-ndjson', expect: 200, forbidden: true });
    const results = answer.text.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(results.map(({ status }) => status), [400, 400, 400, 400, 400, 400, 200]);
    assert.equal((await context.shop.stock(part)).quantityOnHand, 9);
  });
}
