// The timeline and positions: what happened, in order, over partitions, and reading one's writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';

export default function audit(context) {
  test('an order\'s timeline has all that happened to it, newest first, with who and when',
    async () => {
      const part = await context.shop.part(5);
      const { orderId } = await context.shop.order([{ ...part, quantity: 2 }],
        { occurredAt: '2024-05-01T10:00:00Z' });
      await context.shop.status(orderId, { status: 'Shipped' });
      const { items } = await context.api.pages(`/events?orderId=${orderId}`, 3);
      const types = items.map(({ type }) => type);
      for (const type of
        ['OrderPlaced', 'StockReserved', 'OrderSettled', 'OrderConfirmed', 'ShipmentDispatched']) {
        assert.ok(types.includes(type), type);
      }
      assert.ok(types.indexOf('ShipmentDispatched') < types.indexOf('OrderPlaced'));
      const placed = items.find(({ type }) => type === 'OrderPlaced');
      assert.match(placed.occurredAt, /^2024-05-01T10:00:00/);
      assert.equal(placed.by, 'admin');
      const times = items.map(({ at }) => at);
      assert.deepEqual(times, [...times].sort().reverse());
    });

  test('the timeline is filtered by entity, type, principal and time', async () => {
    const part = await context.shop.part(5);
    const list = async (query) => (await context.api.pages(`/events?${query}`, 2)).items;
    const ofVendor = await list(`vendorId=${part.vendorId}`);
    assert.deepEqual(ofVendor.map(({ type }) => type),
      ['StockCounted', 'ProductListed', 'VendorRegistered']);
    const one = `vendorId=${part.vendorId}&productId=${part.productId}`;
    assert.deepEqual((await list(`${one}&type=StockCounted`)).length, 1);
    assert.deepEqual(await list(`${one}&by=nobody`), []);
    const [counted, listed] = ofVendor;
    assert.deepEqual((await list(`${one}&from=${counted.at}`)).map(({ type }) => type),
      counted.at === listed.at ? ['StockCounted', 'ProductListed'] : ['StockCounted']);
    assert.deepEqual(await list(`vendorId=${part.vendorId}&to=${ofVendor[2].at}`), []);
  });

  test('the whole timeline spans the partitions, in pages that miss and repeat nothing',
    async () => {
      const { items } = await context.api.pages('/events', 200);
      const keys = items.map((event) => JSON.stringify(event));
      assert.equal(new Set(keys).size, keys.length);
      const partitions = new Set(items.map(({ position }) => position.split(':')[0]));
      assert.equal(partitions.size, context.partitions);
    });

  test('a read that carries a write\'s position sees the write, in every list', async () => {
    const part = await context.shop.part(5);
    for (let i = 0; i < 20; ++i) {
      const made = await context.shop.place([{ ...part, quantity: 1 }], {}, { expect: [201, 409] });
      if (made.status === 409) break;
      const position = made.headers['cassette-position'];
      const { body } = await context.api.get('/orders?limit=1', { position });
      assert.equal(body.items[0].orderId, made.body.orderId);
    }
  });

  test('a position of another ledger, or none at all, is refused', async () => {
    for (const position of ['x', '0', '0:', ':1', '0:1,', '-1:2', '0:99999999999999999999999']) {
      await context.api.get('/vendors', { position, expect: 400 });
    }
    for (const position of ['63:1', '0:9007199254740000']) {
      const answer = await context.api.get('/vendors', { position, expect: 400 });
      assert.equal(problem(answer), 'stale-position');
    }
  });
}
