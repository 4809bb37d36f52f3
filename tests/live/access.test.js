// Who may follow what: every role by SSE and by WebSocket, tickets, and connections that end with
// their token.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { revoke } from '../openapi/lib/identities.js';
import { fresh } from '../openapi/lib/shop.js';
import { audience, Issuer } from './lib/issuer.js';
import { Market } from './lib/market.js';
import { Socket } from './lib/socket.js';
import { refusal, Stream } from './lib/stream.js';
import { until, within } from './lib/wait.js';

const sorted = (values) => [...values].sort();
// How long a token that was revoked, or has ended, may still be followed with. An outside issuer's
// clock may be half a minute off.
const revokedWithinMs = 6_000;
const skewMs = 30_000;
const ticketMs = 30_000;

describe('access', { concurrency: false }, () => {
  let market;
  let issuer;
  let own; // { vendorId, productId, customerId, orderId }
  let foreign;
  let delisted;
  const callers = {};
  const open = [];

  before(async () => {
    issuer = await Issuer.start();
    market = await Market.open({ partitions: 2,
      args: ['--trust-issuer', issuer.url, '--trust-audience', audience] });
    own = await owner();
    foreign = await owner();
    delisted = await market.shop.part(5, { vendorId: own.vendorId });
    await market.admin.send('DELETE',
      `/vendors/${delisted.vendorId}/products/${delisted.productId}`);
    callers.admin = market.admin;
    callers.service = await market.caller('service');
    callers.auditor = await market.caller('auditor');
    callers.vendor = await market.caller('vendor', '--vendor', own.vendorId);
    callers.customer = await market.caller('customer', '--customer', own.customerId);
    callers.anonymous = market.nobody();
  });
  after(async () => {
    for (const each of open) each.close();
    await market?.close();
    await issuer?.stop();
  });

  async function owner() {
    const part = await market.shop.part(1000);
    const customerId = fresh('c');
    const orderId = await market.order([{ ...part, quantity: 1 }], { customerId });
    return { ...part, customerId, orderId };
  }

  async function stream(caller, query = {}, lastEventId = market.beginning) {
    const made = await Stream.open(market.live, query, { token: caller.token, lastEventId });
    open.push(made);
    return made;
  }
  async function socket(options) {
    const made = await Socket.open(market.live, options);
    open.push(made);
    return made;
  }

  // What the caller gets of the whole history, by both protocols alike.
  async function idsOf(caller, query, fits) {
    const whole = await stream(callers.admin);
    const wanted = () => sorted(whole.events.filter(fits).map(({ data }) => data.id));
    const bySse = await stream(caller, query);
    const byWebSocket = await socket({ token: caller.token });
    const filter = { ...query, ...(query.types && { types: query.types.split(',') }) };
    const { type } = await byWebSocket.subscribe('s', filter, market.beginning);
    assert.equal(type, 'subscribed');
    await until(() => JSON.stringify(sorted(bySse.ids)) === JSON.stringify(wanted())
      && JSON.stringify(sorted(byWebSocket.ids('s'))) === JSON.stringify(wanted()),
    () => `${wanted()}\nand not ${sorted(bySse.ids)}\nnor ${sorted(byWebSocket.ids('s'))}`);
    return wanted();
  }

  // Also by WebSocket, where a refusal is a message.
  async function assertRefused(role, query, status, type) {
    const { token } = callers[role];
    const bySse = await refusal(market.live, query, { token });
    assert.deepEqual([bySse.status, bySse.type], [status, type],
      `${role} ${JSON.stringify(query)}`);
    const byWebSocket = await socket({ token });
    const filter = { ...query, ...(query.types && { types: query.types.split(',') }) };
    const answer = await byWebSocket.ask({ type: 'subscribe', id: 's', filter }, 'subscribed');
    assert.equal(answer.type, 'error', JSON.stringify(answer));
    assert.equal(answer.problem.status, status);
    assert.equal(answer.problem.type.replace('/problems/', ''), type);
  }

  test('administrator, service and auditor see everything', async () => {
    for (const role of ['admin', 'service', 'auditor']) {
      const ids = await idsOf(callers[role], {}, () => true);
      assert.ok(ids.length > 10, `${role}: ${ids}`);
    }
  });

  test('a vendor sees its own', async () => {
    const ids = await idsOf(callers.vendor, {}, ({ data }) => data.vendorid === own.vendorId);
    assert.ok(ids.length > 4);
  });

  test('a customer sees its own orders', async () => {
    const ids = await idsOf(callers.customer, { types: 'StockReserved,OrderPlaced' },
      ({ type, data }) => data.orderid === own.orderId
        && ['StockReserved', 'OrderPlaced'].includes(type));
    assert.equal(ids.length, 2);
    await idsOf(callers.customer, { orderId: own.orderId },
      ({ data }) => data.orderid === own.orderId);
  });

  test('a customer sees an order that is placed while it looks on', async () => {
    const looking = await stream(callers.customer, { customerId: own.customerId }, undefined);
    const orderId = await market.order([{ ...foreign, quantity: 1 }]
      .map(({ vendorId, productId, quantity }) => ({ vendorId, productId, quantity })),
    { customerId: own.customerId });
    await looking.find(({ type, data }) => type === 'StockReserved' && data.orderid === orderId,
      'the reservation');
  });

  test('anyone sees stock levels of listed products, and no event', async () => {
    const { vendorId, productId } = own;
    for (const role of ['anonymous', 'vendor', 'customer']) {
      for (const item of [own, foreign]) {
        const looking = await stream(callers[role],
          { vendorId: item.vendorId, productId: item.productId, types: 'StockLevel' });
        await until(() => looking.levels.length > 0, `${role} to see a level`);
      }
    }
    const looking = await stream(callers.anonymous, { vendorId, productId });
    const before = await until(() => looking.levels[0]?.quantityAvailable, 'the level');
    await market.adjust(own, 7);
    await until(() => looking.levels.at(-1).quantityAvailable === before + 7, 'the change');
    assert.deepEqual(looking.events, []);
  });

  test('what a caller may not see is refused as the REST API refuses it', async () => {
    const { orderId, customerId } = foreign;
    const product = { vendorId: own.vendorId, productId: own.productId };
    const none = { vendorId: foreign.vendorId };
    await assertRefused('anonymous', { orderId: own.orderId }, 401, 'token-required');
    await assertRefused('anonymous', { customerId: own.customerId }, 401, 'token-required');
    await assertRefused('anonymous', { ...product, types: 'StockReserved' }, 401, 'token-required');
    await assertRefused('anonymous', {}, 400, 'missing-field');
    await assertRefused('anonymous', delisted, 404, 'not-found');
    await assertRefused('customer', delisted, 404, 'not-found');
    await assertRefused('customer', { orderId }, 404, 'not-found');
    await assertRefused('customer', { orderId: 'o-none' }, 404, 'not-found');
    await assertRefused('customer', { customerId }, 404, 'not-found');
    await assertRefused('vendor', { orderId }, 404, 'not-found');
    await assertRefused('vendor', { customerId: own.customerId }, 403, 'not-permitted');
    await assertRefused('vendor', none, 403, 'not-permitted');
    await assertRefused('vendor', { ...none, types: 'StockCounted' }, 403, 'not-permitted');
  });

  test('a foreign vendor\'s events reach no vendor that asks for their product', async () => {
    const { vendorId, productId } = foreign;
    const answer = await refusal(market.live, { vendorId, productId, types: 'StockCounted' },
      { token: callers.vendor.token });
    assert.equal(answer.status, 403);
    const looking = await stream(callers.vendor, {}, undefined);
    await market.adjust(foreign, 1);
    await market.adjust(own, 1);
    await looking.find(({ type }) => type === 'StockAdjusted', 'its own change');
    assert.ok(looking.events.every(({ data }) => data.vendorid === own.vendorId));
  });

  test('a token narrowed to other scopes is refused', async () => {
    const narrow = await market.caller('auditor', '--scope', 'orders:read');
    const answer = await refusal(market.live, {}, { token: narrow.token });
    assert.deepEqual([answer.status, answer.type], [403, 'insufficient-scope']);
  });

  test('a ticket stands for its token, once', async () => {
    const bySse = await callers.vendor.ticket();
    const looking = await Stream.open(market.live,
      { ticket: bySse.ticket, after: market.beginning });
    open.push(looking);
    await until(() => looking.ids.length > 4, 'its own events');
    assert.ok(looking.events.every(({ data }) => data.vendorid === own.vendorId));
    assert.equal((await refusal(market.live, { ticket: bySse.ticket })).status, 401);

    const { ticket } = await callers.customer.ticket();
    const byWebSocket = await socket({ ticket });
    assert.equal((await byWebSocket.subscribe('s', { orderId: own.orderId })).type, 'subscribed');
    assert.equal(await (await socket({ ticket })).closeCode(), 4401);
  });

  test('of many who come with one ticket at the same time, one is let in', async () => {
    const { ticket } = await callers.admin.ticket();
    const answers = await Promise.all(Array.from({ length: 8 },
      () => refusal(market.live, { ticket })));
    assert.deepEqual(sorted(answers.map(({ status }) => status)), [200, ...Array(7).fill(401)]);
  });

  test('who has no token gets no ticket', async () => {
    const answer = await callers.anonymous.post('/live/tickets');
    assert.equal(answer.status, 401);
  });

  test('a ticket says when it ends, and ends then; and so does a token\'s connection',
    async (context) => {
      const exp = Math.floor(Date.now() / 1000) + 2;
      const token = issuer.token(exp, { role: 'vendor', vendor_id: own.vendorId });
      const bySse = await Stream.open(market.live, {}, { token });
      const byWebSocket = await socket({ token });
      assert.equal((await byWebSocket.subscribe('s', {})).type, 'subscribed');
      const { ticket, expiresAt } = await callers.admin.ticket();
      const left = Date.parse(expiresAt) - Date.now();
      assert.ok(left > ticketMs - 5_000 && left <= ticketMs, expiresAt);

      const limit = skewMs + revokedWithinMs + 2_000;
      const ended = await Promise.all([byWebSocket.closeCode(limit), bySse.failed(limit)]);
      assert.equal(ended[0], 4401);
      bySse.close();
      assert.ok(Date.now() / 1000 >= exp, 'it ended before its token');
      context.diagnostic(`${Date.now() / 1000 - exp} s after the token's end`);

      await until(() => Date.now() > Date.parse(expiresAt) + 500, 'the ticket\'s end',
        2 * ticketMs);
      assert.equal((await refusal(market.live, { ticket })).status, 401);
    });

  test('a connection ends when its token is revoked, and comes back with none', async () => {
    const auditor = await market.caller('auditor');
    const ticket = await auditor.ticket();
    const bySse = await Stream.open(market.live, {}, { token: auditor.token });
    const byWebSocket = await socket({ token: auditor.token });
    await byWebSocket.subscribe('s', {});
    const byTicket = await socket({ ticket: ticket.ticket });
    await byTicket.subscribe('s', {});
    const unused = await auditor.ticket();
    const neighbour = await stream(callers.auditor, {}, undefined);

    revoke(market.server.data, auditor.client.client_id);
    const codes = await within(
      Promise.all([byWebSocket.closeCode(), byTicket.closeCode()]), 'the ends', revokedWithinMs);
    assert.deepEqual(codes, [4401, 4401]);
    await bySse.failed(revokedWithinMs);
    // Its own reconnection is refused, and it gives up.
    await until(() => bySse.source.readyState === 2, 'the stream to give up');
    assert.equal(bySse.errors.at(-1), 401);
    const { token } = auditor;
    await until(async () => (await refusal(market.live, {}, { token })).status === 401,
      'the token to be refused');
    assert.equal((await refusal(market.live, { ticket: unused.ticket })).status, 401);

    await market.adjust(own, 1);
    await neighbour.find(({ type }) => type === 'StockAdjusted', 'another\'s connection to go on');
  });
});

describe('a private catalogue', () => {
  test('shows nobody in particular a stock level', async () => {
    const market = await Market.open({ partitions: 1, args: ['--private-catalogue'] });
    try {
      const part = await market.shop.part(5);
      const answer = await refusal(market.live, { ...part, types: 'StockLevel' });
      assert.deepEqual([answer.status, answer.type], [401, 'token-required']);
    } finally {
      await market.close();
    }
  });
});
