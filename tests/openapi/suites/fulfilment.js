// Sub-orders after confirmation: statuses, notes, shipments, lost ones, returns.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { fresh } from '../lib/shop.js';

export default function fulfilment(context) {
  // An order of `quantity` from one vendor; its id, vendor, first line and the part.
  const ordered = async (quantity = 4) => {
    const part = await context.shop.part(10);
    const order = await context.shop.order([{ ...part, quantity }]);
    const [{ lineId }] = order.subOrders[0].items;
    return { orderId: order.orderId, part, lineId, vendorId: part.vendorId };
  };
  const ship = (orderId, fields, options = {}) =>
    context.api.post(`/orders/${orderId}/shipments`, fields, { expect: 201, ...options });
  const update = (orderId, shipmentId, fields, options = {}) =>
    context.api.patch(`/orders/${orderId}/shipments/${shipmentId}`, fields,
      { expect: 200, ...options });

  test('everything is shipped or cancelled without a body', async () => {
    const sent = await ordered();
    const shipped = await context.api.send('POST', `/orders/${sent.orderId}/shipments`,
      { expect: 201 });
    assert.equal(shipped.body.status, 'Shipped');
    const { orderId } = await ordered();
    const cancelled = await context.api.send('POST', `/orders/${orderId}/cancellations`,
      { expect: 200 });
    assert.equal(cancelled.body.status, 'Cancelled');
  });

  test('a status moves forward, repeats quietly, and never goes back', async () => {
    const { orderId, part } = await ordered();
    const packed = await context.shop.status(orderId,
      { status: 'Packed', occurredAt: '2024-05-03T10:00:00Z' });
    assert.equal(packed.body.status, 'Packed');
    const again = await context.shop.status(orderId, { status: 'Packed' });
    assert.equal(again.body.version, packed.body.version);
    const shipped = await context.shop.status(orderId,
      { status: 'Shipped', carrier: 'XRQ', trackingCode: 'T-1' });
    const [shipment] = shipped.body.subOrders[0].shipments;
    assert.deepEqual([shipment.status, shipment.carrier, shipment.trackingCode],
      ['Shipped', 'XRQ', 'T-1']);
    const { quantityOnHand, quantityReserved } = await context.shop.stock(part);
    assert.deepEqual([quantityOnHand, quantityReserved], [6, 0]);
    const back = await context.shop.status(orderId, { status: 'Packed' }, { expect: 409 });
    assert.equal(problem(back), 'illegal-transition');
    assert.ok(back.body.allowed.includes('Delivered'));
    const other = await context.shop.status(orderId,
      { status: 'Delivered', trackingCode: 'other' }, { expect: 422 });
    assert.equal(other.body.field, 'carrier');
    const delivered = await context.shop.status(orderId, { status: 'Delivered' });
    assert.deepEqual([delivered.body.status, delivered.body.fulfilment.delivered],
      ['Delivered', 1]);
    const cancelled = await context.shop.status(orderId, { status: 'Cancelled' },
      { expect: [200, 409] });
    assert.notEqual(cancelled.body.status, 'Cancelled');
  });

  test('a skipped step is recorded, and a sub-order can be noted at any time', async () => {
    const { orderId, vendorId } = await ordered();
    await context.shop.status(orderId, { vendorId, note: 'fragile' });
    const { body } = await context.shop.status(orderId, { vendorId, status: 'Delivered' });
    const [subOrder] = body.subOrders;
    assert.equal(subOrder.status, 'Delivered');
    assert.equal(subOrder.items[0].delivered, 4);
    assert.match(JSON.stringify(subOrder.notes), /fragile/);
    const { items } =
      await context.api.pages(`/events?orderId=${orderId}&vendorId=${vendorId}`, 50);
    const types = items.map(({ type }) => type);
    for (const type of ['SubOrderPacked', 'ShipmentDispatched', 'ShipmentDelivered']) {
      assert.ok(types.includes(type), type);
    }
  });

  test('an order of several vendors needs the vendor named', async () => {
    const [a, b] = [await context.shop.part(5), await context.shop.part(5)];
    const { orderId } = await context.shop.order([{ ...a, quantity: 1 }, { ...b, quantity: 1 }]);
    await context.shop.status(orderId, { status: 'Packed' }, { expect: [400, 422] });
    await context.shop.status(orderId, { status: 'Packed', vendorId: fresh('v') },
      { expect: 404 });
    await context.shop.status(fresh('o'), { status: 'Packed', vendorId: a.vendorId },
      { expect: 404 });
    const { body } = await context.shop.status(orderId,
      { status: 'Shipped', vendorId: a.vendorId });
    assert.equal(body.status, 'Confirmed');
    assert.deepEqual(body.fulfilment, { subOrders: 2, shipped: 1, delivered: 0 });
    // What has shipped stays, and the answer says so.
    const cancelled = await context.shop.status(orderId, { status: 'Cancelled' });
    const statusOf = (vendorId) =>
      cancelled.body.subOrders.find((one) => one.vendorId === vendorId).status;
    assert.deepEqual([statusOf(a.vendorId), statusOf(b.vendorId)], ['Shipped', 'Cancelled']);
  });

  test('If-Match on a sub-order is that sub-order\'s version', async () => {
    const { orderId, vendorId } = await ordered();
    const version = async () =>
      (await context.api.get(`/orders/${orderId}`)).body.subOrders[0].version;
    const before = await version();
    await context.shop.status(orderId, { vendorId, status: 'Packed' }, { ifMatch: `"${before}"` });
    await context.shop.status(orderId, { vendorId, status: 'Shipped' },
      { ifMatch: `"${before}"`, expect: 412 });
    await ship(orderId, { vendorId }, { ifMatch: `"${before}"`, expect: 412 });
    const shipmentId = fresh('s');
    await ship(orderId, { vendorId, shipmentId }, { ifMatch: `"${await version()}"` });
    await update(orderId, shipmentId, { vendorId, status: 'Delivered' },
      { ifMatch: `"${before}"`, expect: 412 });
    await context.api.post(`/orders/${orderId}/returns`,
      { vendorId, items: [{ lineId: '1', quantity: 1 }] }, { ifMatch: `"${before}"`, expect: 412 });
  });

  test('an order ships in parts, its last reserved units included', async () => {
    const { orderId, part, lineId, vendorId } = await ordered(10);
    const shipmentId = fresh('s');
    const first = await ship(orderId, {
      shipmentId, vendorId, items: [{ lineId, quantity: 4 }], carrier: 'XRQ', trackingCode: 'T-1',
      occurredAt: '2024-05-04T10:00:00Z',
    });
    assert.equal(first.headers.location, `/orders/${orderId}/shipments/${shipmentId}`);
    assert.notEqual(first.body.status, 'Shipped');
    const many = await ship(orderId, { items: [{ lineId, quantity: 7 }] }, { expect: 409 });
    assert.equal(problem(many), 'quantity-exceeds-open');
    const taken = await ship(orderId, { shipmentId }, { expect: 409 });
    assert.equal(problem(taken), 'already-exists');
    const rest = await ship(orderId, { vendorId });
    assert.equal(rest.body.status, 'Shipped');
    const { quantityOnHand, quantityReserved } = await context.shop.stock(part);
    assert.deepEqual([quantityOnHand, quantityReserved], [0, 0]);
    await update(orderId, shipmentId, { status: 'Delivered', vendorId });
    const second = rest.body.subOrders[0].shipments
      .find((shipment) => shipment.shipmentId !== shipmentId).shipmentId;
    const { body } = await update(orderId, second, { status: 'Delivered' });
    assert.equal(body.status, 'Delivered');
    await ship(fresh('o'), { vendorId }, { expect: 404 });
    await update(orderId, fresh('s'), { status: 'Delivered' }, { expect: 404 });
  });

  test('shipments take notes, problems and a new tracking code', async () => {
    const { orderId, vendorId } = await ordered();
    const shipmentId = fresh('s');
    await ship(orderId, { shipmentId, vendorId });
    const path = { status: 'Problem', note: 'address unknown', vendorId };
    const problemed = await update(orderId, shipmentId, path);
    assert.equal(problemed.body.subOrders[0].shipments[0].status, 'Problem');
    const { body } = await update(orderId, shipmentId,
      { note: 'found it', trackingCode: 'T-2', vendorId });
    const [shipment] = body.subOrders[0].shipments;
    assert.equal(shipment.trackingCode, 'T-2');
    assert.match(JSON.stringify(shipment.notes), /address unknown.*found it/);
    const delivered = await context.shop.status(orderId, { status: 'Delivered' });
    assert.equal(delivered.body.subOrders[0].shipments[0].status, 'Delivered');
  });

  test('a lost shipment is replaced, or written off', async () => {
    const { orderId, part, vendorId } = await ordered(4);
    const shipmentId = fresh('s');
    await ship(orderId, { shipmentId, vendorId });
    await update(orderId, shipmentId, { status: 'Lost', vendorId });
    const { body } = await update(orderId, shipmentId, { resolution: 'replaced', vendorId });
    assert.notEqual(body.status, 'Shipped');
    assert.equal((await context.shop.stock(part)).quantityReserved, 4);
    const again = await ship(orderId, { vendorId });
    assert.equal(again.body.status, 'Shipped');
    const second = again.body.subOrders[0].shipments
      .find((shipment) => shipment.shipmentId !== shipmentId).shipmentId;
    await update(orderId, second, { status: 'Lost', vendorId });
    const off = await update(orderId, second, { resolution: 'writtenOff', vendorId });
    assert.equal(off.body.payableAmount.amount, 0);
    await update(orderId, second, { status: 'Delivered', vendorId }, { expect: 409 });
  });

  test('what has shipped can come back, to the shelf or not', async () => {
    const { orderId, part, lineId, vendorId } = await ordered(4);
    const path = `/orders/${orderId}/returns`;
    const ask = (quantity, fields, expect) => context.api.post(path,
      { vendorId, items: [{ lineId, quantity }], reason: 'too small', ...fields }, { expect });
    await ask(1, {}, 409);
    await context.shop.status(orderId, { status: 'Delivered' });
    const [kept, refused, lost] = [fresh('r'), fresh('r'), fresh('r')];
    const made = await ask(1, { returnId: kept }, 201);
    assert.equal(made.headers.location, `${path}/${kept}`);
    await ask(1, { returnId: refused }, 201);
    await ask(1, { returnId: lost }, 201);
    assert.equal(problem(await ask(2, {}, 409)), 'quantity-exceeds-open');
    const resolve = (returnId, fields, options = {}) =>
      context.api.patch(`${path}/${returnId}`, { vendorId, ...fields },
        { expect: 200, ...options });
    await resolve(kept, { status: 'Received', restock: true }, { ifMatch: '"9999"', expect: 412 });
    await resolve(kept, { status: 'Received', restock: true });
    await resolve(refused, { status: 'Refused', reason: 'worn' });
    const { body } = await resolve(lost, { status: 'Received', restock: false });
    const statuses = Object.fromEntries(body.subOrders[0].returns
      .map(({ returnId, status }) => [returnId, status]));
    assert.deepEqual(statuses, { [kept]: 'Received', [refused]: 'Refused', [lost]: 'Received' });
    assert.equal(body.subOrders[0].items[0].returned, 2);
    assert.equal((await context.shop.stock(part)).quantityOnHand, 7);
    await resolve(refused, { status: 'Received' }, { expect: 409 });
    await resolve(fresh('r'), { status: 'Received' }, { expect: 404 });
    await context.api.post(`/orders/${fresh('o')}/returns`,
      { vendorId, items: [{ lineId, quantity: 1 }] }, { expect: 404 });
  });

  test('a cancelled order\'s remainder is cancelled, and what shipped stays', async () => {
    const { orderId, part, lineId, vendorId } = await ordered(4);
    await ship(orderId, { vendorId, items: [{ lineId, quantity: 1 }] });
    const { body } = await context.api.post(`/orders/${orderId}/cancellations`, { vendorId },
      { expect: 200 });
    assert.equal(body.subOrders[0].status, 'Shipped');
    assert.equal(body.subOrders[0].items[0].cancelled, 3);
    const { quantityOnHand, quantityReserved } = await context.shop.stock(part);
    assert.deepEqual([quantityOnHand, quantityReserved], [9, 0]);
  });
}
