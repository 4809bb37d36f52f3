// WebSocket with the npm package `ws`: subscriptions beside one another, resuming, acknowledging,
// ping and pong, compression, and messages that are refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fresh } from '../openapi/lib/shop.js';
import { Market } from './lib/market.js';
import { Socket } from './lib/socket.js';
import { until } from './lib/wait.js';

const partitions = 3;
const sorted = (values) => [...values].sort();

describe('a WebSocket', { concurrency: false }, () => {
  let market;
  let token;
  const sockets = [];

  before(async () => {
    market = await Market.open({ partitions, args: ['--live-heartbeat-seconds', '1'] });
    ({ token } = market.admin);
  });
  after(async () => {
    for (const socket of sockets) socket.ws.terminate();
    await market?.close();
  });

  async function open(options) {
    const socket = await Socket.open(market.live, { token, ...options });
    sockets.push(socket);
    return socket;
  }

  async function follow(id, filter, begins) {
    const socket = await open();
    assert.equal((await socket.subscribe(id, filter, begins)).type, 'subscribed');
    return socket;
  }

  test('follows by several subscriptions, each with its own events', async () => {
    const [one, other] = [await market.shop.part(100), await market.shop.part(100)];
    const socket = await open();
    for (const [id, filter] of Object.entries({
      'of-one': { vendorId: one.vendorId }, 'of-other': { vendorId: other.vendorId },
      'of-type': { types: ['StockAdjusted'] },
    })) {
      const { type, cursor } = await socket.subscribe(id, filter);
      assert.equal(type, 'subscribed');
      assert.equal(cursor.split(',').length, partitions);
    }
    await market.adjust(one, 1);
    await market.adjust(other, 1);
    await until(() => socket.events('of-type').length === 2, 'both by type');
    await until(() => socket.events('of-one').length + socket.events('of-other').length === 2,
      'each by vendor');
    assert.equal(socket.events('of-one')[0].event.vendorid, one.vendorId);
    assert.equal(socket.events('of-other')[0].event.vendorid, other.vendorId);
    assert.deepEqual(sorted(socket.ids('of-type')),
      sorted([...socket.ids('of-one'), ...socket.ids('of-other')]));
  });

  test('has no more of what it unsubscribed from', async () => {
    const part = await market.shop.part(100);
    const socket = await follow('a', { vendorId: part.vendorId });
    await socket.subscribe('b', { vendorId: part.vendorId });
    assert.equal((await socket.unsubscribe('a')).type, 'unsubscribed');
    await market.adjust(part, 1);
    await until(() => socket.events('b').length === 1, 'the event');
    assert.deepEqual(socket.events('a'), []);
    assert.equal((await socket.subscribe('a', { vendorId: part.vendorId })).type, 'subscribed');
  });

  test('goes on from the beginning, and from the middle', async () => {
    const part = await market.shop.part(100);
    await market.order([{ ...part, quantity: 1 }]);
    const { vendorId } = part;
    const whole = await follow('s', { vendorId }, market.beginning);
    await until(() => whole.events('s').some(({ event }) => event.type.endsWith('StockReserved')),
      'the reservation');
    await market.adjust(part, 1);
    await until(() => whole.events('s').some(({ event }) => event.type.endsWith('StockAdjusted')),
      'the change');
    const all = whole.events('s');
    for (const [at, { cursor }] of all.entries()) {
      if (at === all.length - 1) break;
      const later = await follow('s', { vendorId }, cursor);
      await until(() => later.events('s').length >= all.length - at - 1, 'the rest');
      assert.deepEqual(later.ids('s'), all.slice(at + 1).map(({ event }) => event.id));
      later.close();
    }
  });

  test('sees stock fall', async () => {
    const part = await market.shop.part(10);
    const socket = await follow('s', { ...part });
    await until(() => socket.levels('s').length > 0, 'the level');
    assert.equal(socket.levels('s')[0].quantityAvailable, 10);
    await market.order([{ ...part, quantity: 4 }]);
    await until(() => socket.levels('s').at(-1).quantityAvailable === 6, 'the level to fall');
  });

  test('agrees on permessage-deflate, and on doing without', async () => {
    const part = await market.shop.part(100);
    for (const perMessageDeflate of [true, false]) {
      const socket = await open({ perMessageDeflate });
      assert.equal(socket.ws.extensions.startsWith('permessage-deflate'), perMessageDeflate);
      await socket.subscribe('s', { vendorId: part.vendorId }, market.beginning);
      await until(() => socket.events('s').length >= 3, 'the history');
    }
  });

  test('is pinged in silence, and its cursor moves on past what it leaves out', async () => {
    const socket = await follow('s', { types: ['VendorSuspended'] });
    await until(() => socket.pings > 1, 'pings');
    await market.shop.part(1);
    await until(() => socket.messages.some(({ type }) => type === 'position'), 'its cursor');
    const { cursor } = socket.messages.findLast(({ type }) => type === 'position');
    const back = await open();
    assert.equal((await back.subscribe('s', {}, cursor)).type, 'subscribed');
  });

  test('that never answers a ping is closed with 4408', async () => {
    const socket = await open({ autoPong: false });
    assert.equal(await socket.closeCode(), 4408);
  });

  test('that acknowledges is held to it: past the bound it is closed with 4008, and can go on',
    async () => {
      const part = await market.shop.part(1000);
      for (let i = 0; i < 50; i += 1) await market.adjust(part, 1);
      const filter = { vendorId: part.vendorId };
      const socket = await follow('first', filter, market.beginning);
      await until(() => socket.events('first').length >= 52, 'the history');
      const { cursor } = socket.events('first').at(-1);
      socket.send({ type: 'ack', cursor });
      // The same again and again, until it is more than it may owe.
      for (let i = 0; i < 63; i += 1) {
        socket.send({ type: 'subscribe', id: `again-${i}`, filter, after: market.beginning });
      }
      assert.equal(await socket.closeCode(), 4008);
      const back = await follow('s', filter, cursor);
      await market.adjust(part, 1);
      await until(() => back.events('s').length === 1, 'what came after');
    });

  test('that acknowledges all goes on past the bound', async () => {
    const part = await market.shop.part(1000);
    for (let i = 0; i < 50; i += 1) await market.adjust(part, 1);
    const filter = { vendorId: part.vendorId };
    const socket = await open();
    socket.ws.on('message', (text) => {
      const { type, cursor } = JSON.parse(text);
      if (type === 'event') socket.send({ type: 'ack', cursor });
    });
    let bytes = 0;
    socket.ws.on('message', (text) => { bytes += text.length; });
    for (let i = 0; bytes < 2 * 1024 * 1024; i += 1) {
      assert.equal((await socket.subscribe(`s-${i}`, filter, market.beginning)).type, 'subscribed');
      await until(() => socket.events(`s-${i}`).length >= 52, 'the history');
      await socket.unsubscribe(`s-${i}`);
    }
    assert.equal(socket.ws.readyState, 1);
  });

  const refused = {
    'an unknown field of a filter': [{ filter: { colour: 'red' } }, 'unknown-field', 400],
    'an unknown field of a message': [{ hurry: true }, 'unknown-field', 400],
    'an unknown type of event': [{ filter: { types: ['StockMelted'] } }, 'invalid-field', 400],
    'a filter that is no object': [{ filter: 'all' }, 'invalid-field', 400],
    'a cursor that is none': [{ after: 'yesterday' }, 'invalid-cursor', 400],
    'a cursor of another number of partitions': [{ after: '0:0' }, 'invalid-cursor', 400],
    'a cursor past the end': [{ after: '0:999999,1:0,2:0' }, 'stale-position', 400],
    'a product without its vendor': [{ filter: { productId: 'p-1' } }, 'missing-field', 400],
  };
  for (const [what, [fields, problem, status]] of Object.entries(refused)) {
    test(`refuses ${what}, and goes on`, async () => {
      const part = await market.shop.part(5);
      const socket = await follow('good', { vendorId: part.vendorId });
      const answer = await socket.ask({ type: 'subscribe', id: 'bad', ...fields }, 'subscribed');
      assert.equal(answer.type, 'error', JSON.stringify(answer));
      assert.equal(answer.id, 'bad');
      assert.equal(answer.problem.type, `/problems/${problem}`);
      assert.equal(answer.problem.status, status);
      await market.adjust(part, 1);
      await until(() => socket.events('good').length === 1, 'the event');
    });
  }

  test('refuses an id that is in use, an unknown message, and an ack of what was not sent',
    async () => {
      const socket = await follow('s', { vendorId: fresh('v') });
      for (const message of [
        { type: 'subscribe', id: 's' }, { type: 'unsubscribe', id: 'other' }, { type: 'sing' },
        { type: 'ack', cursor: '0:999999,1:0,2:0' }, { type: 'subscribe' },
      ]) {
        const answer = await socket.ask(message, 'subscribed');
        assert.equal(answer.type, 'error', JSON.stringify([message, answer]));
      }
    });

  test('may have 64 subscriptions and no more', async () => {
    const socket = await open();
    for (let i = 0; i < 64; i += 1) {
      const { type } = await socket.subscribe(`s-${i}`, { types: ['StockCounted'] });
      assert.equal(type, 'subscribed');
    }
    assert.equal((await socket.subscribe('s-64', {})).type, 'error');
  });

  test('is closed with 1008 at the eighth message that is refused', async () => {
    const socket = await open();
    for (let i = 0; i < 8; i += 1) socket.send({ type: 'sing', id: `m-${i}` });
    assert.equal(await socket.closeCode(), 1008);
  });

  test('is closed with 1001 when the gateway stops', async () => {
    const other = await Market.open({ partitions: 1 });
    const socket = await Socket.open(other.live, { token: other.admin.token });
    await socket.subscribe('s', {});
    await other.server.end();
    assert.equal(await socket.closeCode(), 1001);
    other.server.remove();
  });
});
