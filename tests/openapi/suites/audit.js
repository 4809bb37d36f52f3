// The timeline and positions: what happened, in order, over partitions, and reading one's writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { fresh } from '../lib/shop.js';

// An event is there a second after it happened; past this it does not come.
const appearsMs = 20_000;

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

  test('every event of a request names it, whichever partition it is in', async () => {
    const part = await context.shop.part(5);
    const events = async (orderId) => (await context.api.pages(`/events?orderId=${orderId}`, 50))
      .items.map(({ requestId }) => requestId);
    const made = await context.shop.place([{ ...part, quantity: 1 }], {}, { expect: 201 });
    const ids = await events(made.body.orderId);
    assert.ok(ids.length > 5);
    assert.deepEqual(new Set(ids), new Set([made.headers['x-request-id']]));
    const named = await context.shop.place([{ ...part, quantity: 1 }], {},
      { expect: 201, headers: { 'x-request-id': 'till-3.4711' } });
    assert.equal(named.headers['x-request-id'], 'till-3.4711');
    assert.deepEqual(new Set(await events(named.body.orderId)), new Set(['till-3.4711']));
  });

  test('an erasure is a security event, with who did it and by which request', async () => {
    const { api } = context;
    const customerId = fresh('c');
    await api.post('/customers', { customerId, name: 'Ada Rider' }, { expect: 201 });
    const requestId = fresh('erase');
    await api.delete(`/customers/${customerId}`,
      { expect: 204, headers: { 'x-request-id': requestId } });
    let found;
    for (const end = Date.now() + appearsMs; !found && Date.now() < end;) {
      const { items } = await api.pages('/security-events?type=CustomerErased', 1);
      found = items.find((event) => event.requestId === requestId);
    }
    assert.ok(found, 'it did not come');
    assert.equal(found.principal, 'admin');
    assert.match(found.address, /^127\.0\.0\.1$|^::1$/);
    const list = async (query) =>
      (await api.pages(`/security-events?${query}`, 2)).items.map(({ id }) => id);
    assert.ok((await list('principal=admin')).includes(found.id));
    assert.ok((await list(`from=${found.at}`)).includes(found.id));
    assert.ok(!(await list(`to=${found.at}`)).includes(found.id));
    assert.deepEqual(await list('principal=nobody'), []);
    assert.deepEqual(await list('credentialId=none'), []);
    assert.deepEqual(await list('type=SignedIn'), []);
    for (const query of ['limit=0', 'limit=201', 'cursor=x', 'from=yesterday', 'who=me']) {
      await api.get(`/security-events?${query}`, { expect: 400 });
    }
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
