// Customers: registering, changing, erasing; and the data folder, which must not hold their data.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { fresh } from '../lib/shop.js';

const home = { line1: '1 Hill Rd', city: 'Bend', countryCode: 'US' };

export default function customers(context) {
  const register = async (fields = {}) => {
    const customerId = fresh('c');
    const made = await context.api.post('/customers', {
      customerId, name: 'Ada Rider', contactInfo: { email: 'ada@rider.example', phone: '1' },
      addresses: [home], ...fields,
    }, { expect: 201 });
    assert.equal(made.headers.location, `/customers/${customerId}`);
    return { customerId, path: `/customers/${customerId}`, made };
  };

  test('a registered customer reads as it was given, and privately', async () => {
    const { customerId, path, made } = await register();
    const { body, headers } = await context.api.get(path);
    assert.deepEqual(body, made.body);
    assert.deepEqual([body.name, body.contactInfo, body.addresses],
      ['Ada Rider', { email: 'ada@rider.example', phone: '1' }, [home]]);
    assert.match(headers['cache-control'] ?? '', /private/);
    await context.api.get(path, { ifNoneMatch: headers.etag, expect: 304 });
    const again = await context.api.post('/customers', { customerId, name: 'Eve' },
      { expect: 409 });
    assert.equal(problem(again), 'already-exists');
    const { items } = await context.api.pages('/customers', 1);
    assert.equal(items[0].customerId, customerId);
  });

  test('a merge patch changes what it names, and the same again changes nothing', async () => {
    const { path, made } = await register();
    const { body } = await context.api.patch(path, { contactInfo: { phone: null }, name: 'Ada R.' },
      { type: 'application/merge-patch+json', ifMatch: made.headers.etag, expect: 200 });
    assert.deepEqual([body.name, body.contactInfo, body.addresses],
      ['Ada R.', { email: 'ada@rider.example' }, [home]]);
    await context.api.patch(path, { name: 'X' }, { ifMatch: made.headers.etag, expect: 412 });
    const same = await context.api.patch(path, { name: 'Ada R.' }, { expect: 200 });
    assert.equal(same.body.version, body.version);
    const { body: moved } = await context.api.patch(path, { addresses: null }, { expect: 200 });
    assert.deepEqual(moved.addresses ?? [], []);
  });

  test('an export holds all that is known of a person, and after erasure what is left', async () => {
    const part = await context.shop.part(5);
    const { customerId, path } = await register();
    await context.api.patch(path, { name: 'Ada R.' }, { expect: 200 });
    const shippingAddress = { ...home, line1: '2 Lake Rd' };
    const items = [{ ...part, quantity: 2 }];
    const { orderId, subOrders } =
      await context.shop.order(items, { customerId, shippingAddress });
    await context.shop.status(orderId, { status: 'Shipped' });
    const { lineId } = subOrders[0].items[0];
    await context.api.post(`/orders/${orderId}/returns`,
      { vendorId: part.vendorId, items: [{ lineId, quantity: 1 }] }, { expect: 201 });
    await context.shop.order([{ ...part, quantity: 1 }]);
    const { body, headers } = await context.api.get(`${path}/export`);
    assert.match(headers['cache-control'], /private/);
    assert.deepEqual([body.customerId, body.customer.name, body.customer.addresses],
      [customerId, 'Ada R.', [home]]);
    assert.deepEqual(body.orders.map((order) => order.orderId), [orderId]);
    assert.equal(body.orders[0].shippingAddress.line1, '2 Lake Rd');
    assert.equal(body.orders[0].subOrders[0].returns.length, 1);
    const types = body.events.map(({ type }) => type);
    assert.deepEqual(types.slice(0, 2), ['CustomerChanged', 'CustomerRegistered']);
    for (const type of ['OrderPlaced', 'StockReserved', 'ShipmentDispatched', 'ReturnRequested']) {
      assert.ok(types.includes(type), type);
    }
    assert.ok(body.events.every((event) => event.customerId === customerId
      || event.orderId === orderId));
    assert.match(JSON.stringify(body.events), /Ada Rider.*2 Lake Rd/s);
    await context.api.delete(path, { expect: 204 });
    const { body: left } = await context.api.get(`${path}/export`);
    assert.equal(left.customer.status, 'Erased');
    assert.deepEqual(left.orders.map((order) => order.orderId), [orderId]);
    assert.equal(left.events[0].type, 'CustomerErased');
    assert.doesNotMatch(JSON.stringify(left), /Ada|rider|Hill|Lake/);
    await context.api.get(`/customers/${fresh('c')}/export`, { expect: 404 });
  });

  test('who never registered and has ordered has an export too', async () => {
    const part = await context.shop.part(5);
    const customerId = fresh('c');
    const { orderId } = await context.shop.order([{ ...part, quantity: 1 }], { customerId });
    const { body } = await context.api.get(`/customers/${customerId}/export`);
    assert.equal(body.customer, undefined);
    assert.deepEqual(body.orders.map((order) => order.orderId), [orderId]);
  });

  test('an erased customer is forgotten, and can neither order nor be changed', async () => {
    const part = await context.shop.part(5);
    const { customerId, path } = await register();
    const items = [{ ...part, quantity: 1 }];
    const shippingAddress = { ...home, name: 'Ada Rider' };
    const key = fresh('k');
    const order = (await context.shop.place(items, { customerId, shippingAddress },
      { key, expect: 201 })).body;
    const changed = await context.api.patch(path, { name: 'Ada' }, { key, expect: 200 });
    const address = { shippingAddress: { ...home, name: 'Ada' } };
    const moved = await context.api.patch(`/orders/${order.orderId}/address`, address,
      { key, expect: 200 });
    await context.api.delete(path, { ifMatch: '"9999"', expect: 412 });
    await context.api.delete(path, { expect: 204 });
    await context.api.delete(path, { expect: 204 });
    const { body } = await context.api.get(path);
    assert.equal(body.status, 'Erased');
    assert.doesNotMatch(JSON.stringify(body), /Ada|rider|Hill/);
    const read = await context.api.get(`/orders/${order.orderId}`);
    assert.equal(read.body.status, 'Confirmed');
    const refused = await context.shop.place([{ ...part, quantity: 1 }], { customerId },
      { expect: 409 });
    assert.equal(problem(refused), 'customer-erased');
    await context.api.patch(path, { name: 'Ada' }, { expect: 409 });
    await context.api.post('/customers', { customerId, name: 'Ada' }, { expect: 409 });
    // What was accepted before is answered as it was, with the documents as they are.
    await context.shop.place(items, { customerId, shippingAddress }, { key, expect: 201 });
    await context.shop.place(items, { customerId }, { key, expect: 422 });
    const again = await context.api.patch(path, { name: 'Ada' }, { key, expect: 200 });
    assert.equal(again.headers['cassette-position'], changed.headers['cassette-position']);
    await context.api.patch(`/orders/${order.orderId}/address`, address, { key, expect: 200 });
    assert.equal(moved.body.orderId, order.orderId);
    await context.api.patch(`/orders/${order.orderId}/address`, address, { expect: 409 });
    await context.api.get(`/customers/${fresh('c')}`, { expect: 404 });
    await context.api.patch(`/customers/${fresh('c')}`, { name: 'Ada' }, { expect: 404 });
  });
}
