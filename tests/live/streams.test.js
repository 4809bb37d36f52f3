// SSE with the npm package `eventsource`: filters, resuming from anywhere, a lost connection, stock
// levels, heartbeats, and the redirect from the REST API.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { fresh } from '../openapi/lib/shop.js';
import { Market } from './lib/market.js';
import { Proxy } from './lib/proxy.js';
import { refusal, Stream } from './lib/stream.js';
import { until } from './lib/wait.js';

const partitions = 3;
const sorted = (values) => [...values].sort();
const partitionOf = (id) => id.split('-')[0];
const order = (id) => id.split('-').map(Number);

// Ids of each partition must go up, and none may come twice.
function assertInOrder(ids) {
  const last = new Map();
  for (const id of ids) {
    const [, commit, index] = order(id);
    const [lastCommit, lastIndex] = last.get(partitionOf(id)) ?? [0, -1];
    assert.ok(commit > lastCommit || (commit === lastCommit && index > lastIndex),
      `${id} came after ${lastCommit}-${lastIndex}`);
    last.set(partitionOf(id), [commit, index]);
  }
}

describe('a stream', { concurrency: false }, () => {
  let market;
  let token;
  let whole; // everything from the beginning on: what the others are held against
  const streams = [];

  before(async () => {
    market = await Market.open({ partitions, args: ['--live-heartbeat-seconds', '1'] });
    ({ token } = market.admin);
    whole = await open({}, { lastEventId: market.beginning });
  });
  after(async () => {
    for (const stream of streams) stream.close();
    await market?.close();
  });

  async function open(query, options) {
    const stream = await Stream.open(market.live, query, { token, ...options });
    streams.push(stream);
    return stream;
  }

  // Until `stream` has exactly those of the whole that `fits` says belong to it.
  async function holds(stream, fits) {
    const wanted = () => sorted(whole.events.filter(fits).map(({ data }) => data.id));
    await until(() => JSON.stringify(sorted(stream.ids)) === JSON.stringify(wanted()),
      () => `${wanted()}\nand not ${sorted(stream.ids)}`);
    assert.ok(stream.ids.length > 0);
    assertInOrder(stream.ids);
  }

  // One order of two vendors, shipped by one and cancelled by the other, and what a vendor does.
  async function bustle() {
    const customerId = fresh('c');
    const [one, other] = [await market.shop.part(100), await market.shop.part(100)];
    const items = [{ ...one, quantity: 2 }, { ...other, quantity: 3 }];
    const orderId = await market.order(items, { customerId });
    await market.shop.status(orderId, { status: 'Shipped', vendorId: one.vendorId });
    await market.shop.status(orderId, { status: 'Cancelled', vendorId: other.vendorId });
    await market.adjust(one, 5);
    return { customerId, one, other, orderId };
  }

  // The whole has what was done for this, to the last.
  async function settled({ one, orderId }) {
    await whole.find(({ type, data }) => type === 'StockAdjusted' && data.vendorid === one.vendorId,
      'the stock change');
    await whole.find(({ type, data }) => type === 'LinesCancelled' && data.orderid === orderId,
      'the cancellation');
  }

  test('begins with retry and its cursor', async () => {
    const text = await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'last-event-id': market.beginning };
      http.get(new URL('/live', market.live), { headers }, (response) => {
        assert.equal(response.statusCode, 200);
        assert.match(response.headers['content-type'], /^text\/event-stream/);
        assert.match(response.headers['cache-control'], /no-store|no-cache/);
        let read = '';
        response.on('data', (bytes) => {
          read += bytes;
          if (read.split('\n\n').length > 2) resolve(read) ?? response.destroy();
        });
        response.on('error', reject);
      }).on('error', reject);
    });
    const [retry, begins] = text.split('\n\n');
    assert.equal(retry, 'retry: 1000');
    assert.equal(begins, `id: ${market.beginning}\nevent: Subscribed\n`
      + `data: {"cursor":"${market.beginning}"}`);
  });

  test('is shown to be alive in silence, and its cursor moves on past what it leaves out',
    async () => {
      const url = new URL('/live', market.live);
      url.search = new URLSearchParams({ types: 'VendorSuspended' });
      let read = '';
      const request = http.get(url, { headers: { authorization: `Bearer ${token}` } },
        (response) => response.on('data', (bytes) => { read += bytes; }).on('error', () => {}));
      request.on('error', () => {});
      const cursors = () => [...read.matchAll(/: alive\nid: (\S+)\n\n/g)].map(([, id]) => id);
      await until(() => cursors().length > 0, 'a heartbeat');
      const [first] = cursors();
      await market.shop.part(1);
      await until(() => cursors().some((cursor) => cursor !== first), 'a heartbeat further on');
      request.destroy();
    });

  test('has what its filter names, and nothing else', async () => {
    const [one, other] = [await market.shop.part(100), await market.shop.part(100)];
    const sibling = await market.shop.part(100, { vendorId: one.vendorId });
    const customerId = fresh('c');
    const items = [{ ...one, quantity: 2 }, { ...other, quantity: 3 }, { ...sibling, quantity: 1 }];
    const ofVendor = await open({ vendorId: one.vendorId });
    const ofProduct = await open({ ...one });
    const ofCustomer = await open({ customerId });
    const ofType = await open({ types: 'StockAdjusted,StockReserved' });
    const orderId = fresh('o');
    await market.shop.place(items, { orderId, customerId }, { expect: 201 });
    const ofOrder = await open({ orderId }, { lastEventId: market.beginning });
    await until(async () => (await market.admin.get(`/orders/${orderId}`)).body.settled,
      'the order');
    for (const item of [one, other, sibling]) await market.adjust(item, 1);
    await market.shop.status(orderId, { status: 'Shipped', vendorId: other.vendorId });
    await whole.find(({ type, data }) => type === 'ShipmentDispatched' && data.orderid === orderId,
      'the shipment');

    const begun = (stream) => ({ data }) => {
      const at = stream.begins.split(',')[partitionOf(data.id)].split(/[:.]/).map(Number);
      return order(data.id)[1] > at[1];
    };
    await holds(ofVendor, (event) => event.data.vendorid === one.vendorId
      && begun(ofVendor)(event));
    await holds(ofOrder, ({ data }) => data.orderid === orderId);
    await holds(ofCustomer, ({ data }) => data.orderid === orderId);
    await holds(ofType, (event) => ['StockAdjusted', 'StockReserved'].includes(event.type)
      && begun(ofType)(event));
    // What names lines only names no product.
    await holds(ofProduct, (event) => event.data.vendorid === one.vendorId
      && JSON.stringify(event.data.data).includes(`"${one.productId}"`) && begun(ofProduct)(event));
    assert.ok(ofProduct.ids.length < ofVendor.ids.length);
  });

  test('goes on from the very beginning, and from every place on the way', async () => {
    const made = await bustle();
    await settled(made);
    const all = whole.events;
    const again = await open({}, { lastEventId: market.beginning });
    await holds(again, () => true);
    const byParameter = await open({ after: market.beginning });
    await holds(byParameter, () => true);
    for (let at = 0; at < all.length; at += Math.ceil(all.length / 12)) {
      const stream = await open({}, { lastEventId: all[at].cursor });
      const before = new Set(all.slice(0, at + 1).map(({ data }) => data.id));
      await holds(stream, ({ data }) => !before.has(data.id));
      stream.close();
    }
  });

  test('has the same event in the same bytes, whoever asks and when', async () => {
    const again = await open({}, { lastEventId: market.beginning });
    await holds(again, () => true);
    const byId = new Map(whole.events.map((event) => [event.data.id, event]));
    for (const { type, data } of again.events) {
      const first = byId.get(data.id);
      assert.deepEqual({ type, data }, { type: first.type, data: first.data });
      assert.equal(data.specversion, '1.0');
      assert.equal(data.source, `/ledger/${partitionOf(data.id)}`);
      assert.ok(data.type.endsWith(type), `${data.type} as ${type}`);
    }
  });

  test('comes back by itself after its connection was lost, without a gap', async () => {
    const proxy = await Proxy.before(market.live);
    const stream = await Stream.open(proxy.url, {}, { token });
    streams.push(stream);
    const { begins } = stream;
    const part = await market.shop.part(1000);
    for (let round = 0; round < 3; round += 1) {
      await until(() => stream.opened === round + 1, 'the stream to be back');
      await market.adjust(part, 1);
      await proxy.cut();
      await market.adjust(part, 1);
      await market.order([{ ...part, quantity: 1 }]);
      await proxy.mend();
    }
    await market.adjust(part, 1);
    const since = await open({}, { lastEventId: begins });
    await until(() => since.events.filter(({ type }) => type === 'StockAdjusted').length === 7,
      'all changes');
    await until(() => stream.ids.length >= since.ids.length, 'as many');
    assert.deepEqual(sorted(stream.ids), sorted(since.ids));
    assertInOrder(stream.ids);
    assert.ok(stream.errors.length >= 3 && stream.errors.every((status) => status === undefined));
    stream.close();
    await proxy.close();
  });

  test('has the newest stock level at once, and sees it change', async () => {
    const part = await market.shop.part(50);
    const stream = await open({ ...part, types: 'StockLevel' });
    await until(() => stream.levels.length > 0, 'the level');
    assert.equal(stream.levels[0].quantityAvailable, 50);
    assert.equal(stream.levels[0].vendorId, part.vendorId);
    assert.equal(stream.levels[0].productId, part.productId);
    await market.order([{ ...part, quantity: 3 }]);
    await until(() => stream.levels.at(-1).quantityAvailable === 47, 'the level to fall');
    for (let i = 0; i < 40; i += 1) await market.adjust(part, 1);
    await until(() => stream.levels.at(-1).quantityAvailable === 87, 'the newest level');
    const versions = stream.levels.map(({ version }) => version);
    assert.deepEqual(versions, [...new Set(versions)].sort((a, b) => a - b));
    assert.deepEqual(stream.events, []);
    // A level is as the REST API had it at that position.
    const { body } = await market.admin.get(
      `/vendors/${part.vendorId}/inventory/${part.productId}`);
    assert.equal(body.version, versions.at(-1));
  });

  test('loses no event by coming back with a stock level as the last it has seen', async () => {
    const part = await market.shop.part(50);
    const stream = await open({ ...part });
    await until(() => stream.levels.length > 0, 'the level');
    await market.adjust(part, 1);
    await until(() => stream.levels.at(-1).quantityAvailable === 51, 'the change');
    const at = stream.messages.findLast(({ type }) => type === 'StockLevel').cursor;
    await market.adjust(part, 1);
    const back = await open({ ...part }, { lastEventId: at });
    await until(() => back.levels.at(-1)?.quantityAvailable === 52, 'the newest level');
    await back.find(({ type }) => type === 'StockAdjusted', 'the change');
    assert.equal(new Set([...stream.ids, ...back.ids]).size, 2);
  });

  test('is where the REST API redirects to', async () => {
    const { ticket } = await market.admin.ticket();
    const query = new URLSearchParams({ vendorId: 'v-1', types: 'StockLevel', ticket });
    const answer = await market.admin.get(`/live?${query}`, { expect: 307 });
    const location = new URL(answer.headers.get('location'));
    assert.equal(location.origin, market.live.origin);
    assert.equal(location.pathname, '/live');
    assert.equal(location.search, `?${query}`);
    const stream = await Stream.open(market.server.url, Object.fromEntries(query));
    stream.close();
  });

  const badQueries = {
    'an unknown field': [{ colour: 'red' }, 'unknown-parameter'],
    'a field that stands twice': [[['orderId', 'o-1'], ['orderId', 'o-2']], 'invalid-parameter'],
    'an unknown type': [{ types: 'StockReserved,StockMelted' }, 'invalid-parameter'],
    'an id that is none': [{ vendorId: 'a b' }, 'invalid-parameter'],
    'a cursor that is none': [{ after: 'yesterday' }, 'invalid-cursor'],
    'a cursor of another number of partitions': [{ after: '0:0' }, 'invalid-cursor'],
    'a cursor past the end': [{ after: '0:999999,1:0,2:0' }, 'stale-position'],
  };
  for (const [what, [query, type]] of Object.entries(badQueries)) {
    test(`refuses ${what}`, async () => {
      const answer = await refusal(market.live, query, { token });
      assert.deepEqual([answer.status, answer.type], [400, type]);
    });
  }

  test('refuses other methods', async () => {
    const answer = await fetch(new URL('/live', market.live), { method: 'POST' });
    assert.equal(answer.status, 405);
  });
});
