// Orders: placing, prices, shortage, confirmation and expiry, cancelling, addresses, lists.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { fresh, usd } from '../lib/shop.js';

const address = {
  name: 'Ada Rider', line1: '1 Hill Rd', city: 'Bend', region: 'OR', postalCode: '97701',
  countryCode: 'US', phone: '+1 555 0100',
};

export default function orders(context) {
  const two = async (quantity = 10) =>
    [await context.shop.part(quantity), await context.shop.part(quantity)];
  const part = (order, vendorId) =>
    order.subOrders.find((subOrder) => subOrder.vendorId === vendorId);

  test('an order over two vendors is split, priced and reserved', async () => {
    const [a, b] = await two();
    const orderId = fresh('o');
    const made = await context.shop.place(
      [{ ...a, quantity: 2 }, { ...b, quantity: 1, unitPrice: usd(100) }],
      { orderId, shippingAddress: address, occurredAt: '2024-05-01T10:00:00Z',
        charges: [{ vendorId: a.vendorId, type: 'shipping', amount: 500 },
          { vendorId: b.vendorId, type: 'discount', amount: -50 }] },
      { expect: 201 });
    const order = made.body;
    assert.equal(made.headers.location, `/orders/${orderId}`);
    assert.deepEqual([order.status, order.settled], ['Confirmed', true]);
    assert.deepEqual(order.totalAmount, usd(2 * 4787 + 500 + 100 - 50));
    assert.deepEqual(order.payableAmount, order.totalAmount);
    assert.deepEqual(order.shippingAddress, address);
    assert.deepEqual(order.fulfilment, { subOrders: 2, shipped: 0, delivered: 0 });
    assert.deepEqual(part(order, a.vendorId).subtotal, usd(2 * 4787 + 500));
    const [line] = part(order, b.vendorId).items;
    assert.deepEqual([line.productId, line.quantity, line.unitPrice],
      [b.productId, 1, usd(100)]);
    assert.equal((await context.shop.stock(a)).quantityReserved, 2);
    assert.equal((await context.shop.stock(b)).quantityAvailable, 9);
    const read = await context.api.get(made.headers.location, { position: undefined });
    assert.deepEqual(read.body, order);
    assert.match(read.headers['cache-control'] ?? '', /private/);
    await context.api.get(made.headers.location, { ifNoneMatch: read.headers.etag, expect: 304 });
    await context.shop.place([{ ...a, quantity: 1 }], { orderId }, { expect: 409 });
  });

  test('an order needs a key, and is placed once under it', async () => {
    const [a] = await two();
    const bare = await context.api.post('/orders',
      { customerId: 'c-1', items: [{ ...a, quantity: 1 }] }, { expect: 400 });
    assert.equal(problem(bare), 'idempotency-key-required');
    const key = fresh('k');
    const once = await context.shop.place([{ ...a, quantity: 1 }], {}, { key, expect: 201 });
    const twice = await context.shop.place([{ ...a, quantity: 1 }], {}, { key, expect: 201 });
    assert.equal(twice.body.orderId, once.body.orderId);
    assert.equal((await context.shop.stock(a)).quantityReserved, 1);
    await context.shop.place([{ ...a, quantity: 2 }], {}, { key, expect: 422 });
  });

  test('an expected price that has changed is refused with the price there is', async () => {
    const [a] = await two();
    await context.shop.order([{ ...a, quantity: 1, expectedUnitPrice: usd(4787) }]);
    const refused = await context.shop.place(
      [{ ...a, quantity: 1, expectedUnitPrice: usd(4786) }], {}, { expect: 409 });
    assert.equal(problem(refused), 'price-changed');
  });

  test('a shortage at one vendor refuses the whole, and releases the others', async () => {
    const [a, b] = await two();
    const refused = await context.shop.place([{ ...a, quantity: 3 }, { ...b, quantity: 11 }], {},
      { expect: 409 });
    assert.equal(problem(refused), 'insufficient-stock');
    const [line] = refused.body.lines;
    assert.deepEqual([line.productId, line.wanted, line.available], [b.productId, 11, 10]);
    await context.shop.order([{ ...a, quantity: 10 }]);
    assert.equal((await context.shop.stock(b)).quantityReserved, 0);
  });

  test('two lines of one order on one product are one demand', async () => {
    const [a] = await two(10);
    const refused = await context.shop.place([{ ...a, quantity: 6 }, { ...a, quantity: 5 }], {},
      { expect: 409 });
    assert.equal(problem(refused), 'insufficient-stock');
    const order = await context.shop.order([{ ...a, quantity: 6 }, { ...a, quantity: 4 }]);
    assert.equal(order.subOrders[0].items.length, 2);
    assert.equal((await context.shop.stock(a)).quantityAvailable, 0);
  });

  test('cancel-short-vendors lets the rest stand', async () => {
    const [a, b] = await two();
    const order = await context.shop.order([{ ...a, quantity: 1 }, { ...b, quantity: 11 }],
      { onShortage: 'cancel-short-vendors' });
    assert.equal(part(order, a.vendorId).status, 'Confirmed');
    assert.equal(part(order, b.vendorId).status, 'Cancelled');
    assert.equal(order.status, 'Confirmed');
    assert.deepEqual(order.payableAmount, usd(4787));
    // What the vendor refused stays as it is: cancelled already, and nothing to note.
    const { orderId } = order;
    const { vendorId } = b;
    const again = await context.api.post(`/orders/${orderId}/cancellations`, { vendorId },
      { expect: 200 });
    assert.equal(part(again.body, vendorId).status, 'Cancelled');
    await context.shop.status(orderId, { vendorId, status: 'Cancelled' });
    const noted = await context.shop.status(orderId, { vendorId, note: 'x' }, { expect: 409 });
    assert.equal(problem(noted), 'illegal-transition');
  });

  test('If-Match of a status is the version of the part, and names the vendor where there are more',
    async () => {
      const [a, b] = await two();
      const cancel = { status: 'Cancelled' };
      const one = await context.shop.order([{ ...a, quantity: 1 }]);
      await context.shop.status(one.orderId, cancel, { ifMatch: '"9999"', expect: 412 });
      const ifMatch = `"${one.subOrders[0].version}"`;
      const gone = await context.shop.status(one.orderId, cancel, { ifMatch });
      assert.equal(gone.body.status, 'Cancelled');
      const more = await context.shop.order([{ ...a, quantity: 1 }, { ...b, quantity: 1 }]);
      const refused = await context.shop.status(more.orderId, cancel,
        { ifMatch: `"${more.version}"`, expect: 400 });
      assert.equal(refused.body.field, 'If-Match');
      await context.shop.status(more.orderId, { ...cancel, vendorId: a.vendorId },
        { ifMatch: `"${part(more, a.vendorId).version}"` });
    });

  test('an order is in one currency', async () => {
    const vendorId = await context.shop.vendor();
    const dollars = await context.shop.part(5, { vendorId });
    const euros = await context.shop.part(5,
      { vendorId, product: { price: { amount: 100, currency: 'EUR' } } });
    const refused = await context.shop.place(
      [{ ...dollars, quantity: 1 }, { ...euros, quantity: 1 }], {}, { expect: 422 });
    assert.equal(problem(refused), 'mixed-currency');
  });

  test('what no one sells can\'t be ordered', async () => {
    const [a] = await two();
    const noProduct = await context.shop.place(
      [{ vendorId: a.vendorId, productId: 'none', quantity: 1 }], {}, { expect: 409 });
    assert.equal(problem(noProduct), 'product-not-listed');
    const noVendor = await context.shop.place(
      [{ vendorId: fresh('v'), productId: 'none', quantity: 1 }], {}, { expect: [404, 409] });
    assert.ok(['not-found', 'product-not-listed'].includes(problem(noVendor)));
    await context.api.get(`/orders/${fresh('o')}`, { expect: 404 });
  });

  test('a manual order waits for its confirmation, which may come twice', async () => {
    const [a, b] = await two();
    const order = await context.shop.order([{ ...a, quantity: 1 }, { ...b, quantity: 1 }],
      { confirmation: 'manual', reservationSeconds: 3600 });
    assert.equal(order.status, 'Pending');
    assert.ok(order.reservedUntil > order.createdAt);
    const path = `/orders/${order.orderId}/confirmation`;
    const early = await context.shop.status(order.orderId,
      { vendorId: a.vendorId, status: 'Packed' }, { expect: 409 });
    assert.equal(problem(early), 'illegal-transition');
    await context.api.post(path, {}, { ifMatch: '"9999"', expect: 412 });
    const { body } = await context.api.post(path, { occurredAt: '2024-05-02T10:00:00Z' },
      { expect: 200 });
    assert.equal(body.status, 'Confirmed');
    assert.deepEqual(body.subOrders.map(({ status }) => status), ['Confirmed', 'Confirmed']);
    const again = await context.api.post(path, {}, { expect: 200 });
    assert.equal(again.body.version, body.version);
    await context.api.post(`/orders/${fresh('o')}/confirmation`, {}, { expect: 404 });
  });

  test('an unconfirmed reservation expires, frees its stock and stays expired', async () => {
    const [a, b] = await two();
    const { orderId } = await context.shop.order([{ ...a, quantity: 10 }, { ...b, quantity: 1 }],
      { confirmation: 'manual', reservationSeconds: 1 });
    let order;
    do {
      order = (await context.api.get(`/orders/${orderId}`)).body;
    } while (order.status === 'Pending');
    assert.equal(order.status, 'Cancelled');
    const late = await context.api.post(`/orders/${orderId}/confirmation`, {}, { expect: 409 });
    assert.equal(problem(late), 'reservation-expired');
    while ((await context.shop.stock(a)).quantityReserved > 0);
    while ((await context.shop.stock(b)).quantityReserved > 0);
    await context.shop.order([{ ...a, quantity: 10 }]);
  });

  test('cancelling one vendor\'s part leaves its sibling, and its stock comes back', async () => {
    const [a, b] = await two();
    const order = await context.shop.order([{ ...a, quantity: 3 }, { ...b, quantity: 2 }]);
    const { body } = await context.api.post(`/orders/${order.orderId}/cancellations`,
      { vendorId: a.vendorId, reason: 'changed my mind' }, { expect: 200 });
    assert.equal(part(body, a.vendorId).status, 'Cancelled');
    assert.equal(part(body, a.vendorId).cancelReason, 'changed my mind');
    assert.equal(part(body, b.vendorId).status, 'Confirmed');
    assert.deepEqual(body.payableAmount, usd(2 * 4787));
    assert.deepEqual(body.totalAmount, order.totalAmount);
    assert.equal((await context.shop.stock(a)).quantityReserved, 0);
    assert.equal((await context.shop.stock(b)).quantityReserved, 2);
  });

  test('some units of a line can be cancelled, and no more than are open', async () => {
    const [a] = await two();
    const { orderId, subOrders } = await context.shop.order([{ ...a, quantity: 5 }]);
    const [{ lineId }] = subOrders[0].items;
    const cancel = (quantity, expect) => context.api.post(`/orders/${orderId}/cancellations`,
      { vendorId: a.vendorId, items: [{ lineId, quantity }] }, { expect });
    const { body } = await cancel(2, 200);
    assert.equal(body.subOrders[0].items[0].cancelled, 2);
    assert.equal(body.subOrders[0].status, 'Confirmed');
    assert.equal((await context.shop.stock(a)).quantityReserved, 3);
    assert.equal(problem(await cancel(4, 409)), 'quantity-exceeds-open');
    assert.equal((await cancel(3, 200)).body.status, 'Cancelled');
  });

  test('the whole is cancelled at every vendor, once and by either path', async () => {
    for (const how of ['cancellations', 'status']) {
      const [a, b] = await two();
      const items = [{ ...a, quantity: 1 }, { ...b, quantity: 1 }];
      const { orderId } = await context.shop.order(items);
      const { body } = how === 'status'
        ? await context.shop.status(orderId, { status: 'Cancelled', reason: 'late' })
        : await context.api.post(`/orders/${orderId}/cancellations`, { reason: 'late' },
          { expect: 200 });
      assert.deepEqual([body.status, ...body.subOrders.map(({ status }) => status)],
        ['Cancelled', 'Cancelled', 'Cancelled']);
      assert.equal((await context.shop.stock(b)).quantityReserved, 0);
    }
    await context.api.post(`/orders/${fresh('o')}/cancellations`, {}, { expect: 404 });
    const [a] = await two();
    const { orderId } = await context.shop.order([{ ...a, quantity: 1 }]);
    await context.api.post(`/orders/${orderId}/cancellations`, {},
      { ifMatch: '"9999"', expect: 412 });
  });

  test('the address can change until a part is packed', async () => {
    const [a, b] = await two();
    const { orderId } = await context.shop.order([{ ...a, quantity: 1 }, { ...b, quantity: 1 }],
      { shippingAddress: address });
    const path = `/orders/${orderId}/address`;
    const moved = { line1: '2 Vale St', city: 'Bend', countryCode: 'US' };
    const { body } = await context.api.patch(path, { shippingAddress: moved }, { expect: 200 });
    assert.deepEqual(body.shippingAddress, moved);
    await context.api.patch(path, { shippingAddress: moved }, { ifMatch: '"9999"', expect: 412 });
    await context.shop.status(orderId, { vendorId: a.vendorId, status: 'Packed' });
    const late = await context.api.patch(path, { shippingAddress: address }, { expect: 409 });
    assert.equal(problem(late), 'illegal-transition');
    await context.api.patch(`/orders/${fresh('o')}/address`, { shippingAddress: moved },
      { expect: 404 });
  });

  test('lists: all, a customer\'s, a vendor\'s own part; by status and time; in pages', async () => {
    const customerId = fresh('c');
    const [a, b] = await two(50);
    const ids = [];
    for (let i = 0; i < 4; ++i) {
      const items = [{ ...a, quantity: 1 }, ...(i % 2 ? [{ ...b, quantity: 1 }] : [])];
      ids.unshift((await context.shop.order(items, { customerId })).orderId);
    }
    await context.shop.status(ids[0], { status: 'Shipped', vendorId: a.vendorId });
    const list = async (target) =>
      (await context.api.pages(target, 3)).items.map(({ orderId }) => orderId);
    assert.deepEqual(await list(`/customers/${customerId}/orders`), ids);
    assert.deepEqual((await list('/orders')).slice(0, 4), ids);
    assert.deepEqual(await list(`/vendors/${b.vendorId}/orders`), [ids[0], ids[2]]);
    assert.deepEqual(await list(`/vendors/${a.vendorId}/orders?status=Shipped`), [ids[0]]);
    assert.deepEqual(await list(`/vendors/${a.vendorId}/orders?status=Shipped&status=Confirmed`),
      ids);
    assert.deepEqual(await list(`/customers/${customerId}/orders?status=Delivered`), []);
    const { createdAt, updatedAt } = (await context.api.get(`/orders/${ids[1]}`)).body;
    const mine = `/customers/${customerId}/orders`;
    assert.deepEqual(await list(`${mine}?createdFrom=${createdAt}`), ids.slice(0, 2));
    assert.deepEqual(await list(`${mine}?createdTo=${createdAt}`), ids.slice(2));
    assert.deepEqual(await list(`${mine}?updatedAfter=${updatedAt}`), [ids[0]]);
    const vendors = (await context.api.get(`/vendors/${b.vendorId}/orders`)).body.items;
    assert.ok(vendors.every((order) => order.vendorId === b.vendorId));
    assert.doesNotMatch(JSON.stringify(vendors), new RegExp(a.vendorId));
    assert.deepEqual(vendors[0].totalAmount, usd(4787));
    await context.api.get(`/vendors/${fresh('v')}/orders`, { expect: 404 });
  });
}
