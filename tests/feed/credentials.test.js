// What minted credentials open for the clients that vendors use, and that nothing else is open.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, createInbox, credsAuthenticator } from '@nats-io/transport-node';

import { Market } from './lib/market.js';

let market;
let mine;
let theirs;
let open = [];

before(async () => {
  market = await Market.start();
  for (const vendorId of ['mine', 'theirs']) {
    await market.vendor(vendorId);
    await market.count(vendorId, 20);
  }
  mine = await market.mint('mine');
  theirs = await market.mint('theirs');
});
after(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  await market?.end();
});

async function enter(credentials, options = {}) {
  const connection = await connect({
    servers: credentials.url, inboxPrefix: credentials.inboxPrefix, reconnect: false,
    authenticator: credsAuthenticator(new TextEncoder().encode(credentials.creds)), ...options,
  });
  open.push(connection);
  return connection;
}

const consumerOf = async (connection, { stream, consumer }) =>
  jetstream(connection, { checkAPI: false }).consumers.get(stream, consumer);

// What the server says to a message, or nothing.
async function complaint(credentials, act) {
  const connection = await enter(credentials);
  const said = [];
  const listening = (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error') said.push(status.error.message);
    }
  })();
  act(connection);
  await connection.flush();
  await connection.close();
  await listening;
  return said.join('; ');
}

const publishes = (subject, body = '{}', options) =>
  complaint(mine, (connection) => connection.publish(subject, body, options));
const subscribes = (subject) =>
  complaint(mine, (connection) => { connection.subscribe(subject, { callback() {} }); });

async function pullAll(credentials) {
  const consumer = await consumerOf(await enter(credentials), credentials);
  const events = [];
  for await (const message of await consumer.fetch({ max_messages: 500, expires: 2_000 })) {
    events.push(message.json());
    await message.ackAck();
    if (message.info.pending === 0) break;
  }
  return events;
}

test('the answer says all that a client needs, and no cache keeps it', async () => {
  const answer = await market.post('/vendors/mine/nats-credentials', { expiresInSeconds: 3600 },
    { expect: 201 });
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const { url, creds, stream, consumer, inboxPrefix, expiresAt } = answer.body;
  assert.match(url, /^nats:\/\/127\.0\.0\.1:\d+$/);
  assert.match(creds, /-----BEGIN NATS USER JWT-----/);
  assert.equal(stream, 'FEED-0');
  assert.equal(consumer, 'mine');
  assert.equal(inboxPrefix, '_INBOX_mine');
  const lifetimeMs = new Date(expiresAt) - Date.now();
  assert.ok(lifetimeMs > 3_500_000 && lifetimeMs <= 3_600_000, expiresAt);
});

test('a vendor mints and revokes for itself alone', async () => {
  const token = await market.tokenOf('mine');
  await market.post('/vendors/mine/nats-credentials', {}, { token, expect: 201 });
  await market.post('/vendors/theirs/nats-credentials', {}, { token, expect: 403 });
  await market.ask('DELETE', '/vendors/theirs/nats-credentials', { token, expect: 403 });
  await market.post('/vendors/nobody/nats-credentials', {}, { expect: 404 });
  for (const body of [{ expiresInSeconds: 1 }, { expiresInSeconds: '3600' }, { subjects: ['>'] }]) {
    await market.post('/vendors/mine/nats-credentials', body, { expect: 400 });
  }
});

describe('nothing else is open', { concurrency: false }, () => {
  test('a vendor has its own events, and only those', async () => {
    const events = await pullAll(theirs);
    assert.ok(events.length >= 20);
    for (const event of events) assert.equal(event.vendorid, 'theirs', JSON.stringify(event));
  });

  const elsewhere = [
    '$JS.API.CONSUMER.INFO.FEED-0.theirs', '$JS.API.CONSUMER.MSG.NEXT.FEED-0.theirs',
    '$JS.ACK.FEED-0.theirs.1.1.1.1.0', '$JS.API.INFO', '$JS.API.STREAM.NAMES',
    '$JS.API.STREAM.INFO.FEED-0', '$JS.API.STREAM.CREATE.MINE', '$JS.API.STREAM.UPDATE.FEED-0',
    '$JS.API.STREAM.DELETE.FEED-0', '$JS.API.STREAM.PURGE.FEED-0',
    '$JS.API.STREAM.MSG.GET.FEED-0', '$JS.API.STREAM.MSG.DELETE.FEED-0',
    '$JS.API.DIRECT.GET.FEED-0', '$JS.API.CONSUMER.NAMES.FEED-0',
    '$JS.API.CONSUMER.CREATE.FEED-0', '$JS.API.CONSUMER.CREATE.FEED-0.mine.feed.>',
    '$JS.API.CONSUMER.DURABLE.CREATE.FEED-0.mine', '$JS.API.CONSUMER.DELETE.FEED-0.mine',
    '$JS.API.CONSUMER.PAUSE.FEED-0.mine', '$SYS.REQ.USER.INFO', '$SYS.REQ.CLAIMS.UPDATE',
    'feed.0.vendor.mine.stock.part.StockCounted', 'feed.0.order.o-1.OrderPlaced', 'ledger.0',
    '_INBOX_mine.a', '_INBOX_theirs.a', 'anything',
  ];
  for (const subject of elsewhere) {
    test(`publishing to ${subject}`, async () => {
      assert.match(await publishes(subject), /Permissions Violation for Publish/);
    });
  }
  const heard = ['>', 'feed.>', '_INBOX.>', '_INBOX_theirs.>', '$JS.>', '$SYS.>', '$JS.ACK.>'];
  for (const subject of heard) {
    test(`subscribing to ${subject}`, async () => {
      assert.match(await subscribes(subject), /Permissions Violation for Subscription/);
    });
  }

  test('making, changing and deleting streams and consumers', async () => {
    const connection = await enter(mine);
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2_000 });
    const attempts = {
      'consumers.add': () => manager.consumers.add('FEED-0', { ack_policy: 'none' }),
      'consumers.update': () => manager.consumers.update('FEED-0', 'mine', { filter_subject: '>' }),
      'consumers.delete': () => manager.consumers.delete('FEED-0', 'mine'),
      'streams.add': () => manager.streams.add({ name: 'MINE', subjects: ['mine'] }),
      'streams.delete': () => manager.streams.delete('FEED-0'),
      'streams.purge': () => manager.streams.purge('FEED-0'),
      'streams.getMessage': () => manager.streams.getMessage('FEED-0', { seq: 1 }),
      'another\'s consumer': () => manager.consumers.info('FEED-0', 'theirs'),
      'publishing to the stream': () => jetstream(connection, { checkAPI: false })
        .publish('feed.0.vendor.mine.stock.part.StockCounted', '{}', { timeout: 2_000 }),
    };
    for (const [what, attempt] of Object.entries(attempts)) {
      await assert.rejects(attempt(), (error) =>
        /Permissions Violation/i.test(`${error.message} ${error.cause?.message ?? ''}`), what);
    }
  });

  test('a pull whose reply address is a subject of the feed puts nothing there', async () => {
    const victim = await enter(theirs);
    const their = await consumerOf(victim, theirs);
    for (const reply of ['feed.0.vendor.theirs.stock.part.StockCounted',
      'feed.0.vendor.mine.stock.part.StockCounted', 'feed.0.order.o-1.OrderPlaced', 'ledger.0',
      '$JS.API.STREAM.PURGE.FEED-0', '$JS.API.CONSUMER.DELETE.FEED-0.theirs',
      '$SYS.REQ.CLAIMS.UPDATE', createInbox('_INBOX_theirs'),
      '$JS.API.CONSUMER.MSG.NEXT.FEED-0.mine']) {
      await publishes('$JS.API.CONSUMER.MSG.NEXT.FEED-0.mine', '{"batch":1,"no_wait":true}',
        { reply });
      await publishes('$JS.API.CONSUMER.INFO.FEED-0.mine', '', { reply });
      // What was published would be the vendor's next event.
      const info = await their.info();
      assert.equal(info.num_pending, 0, reply);
    }
    await market.count('theirs', 1, 900);
    const events = await pullAll(theirs);
    assert.deepEqual(events.map((event) => event.type.split('.').at(-1)), ['StockCounted']);
  });

  test('the ledger\'s server lets no vendor in', async () => {
    const record = JSON.parse(
      readFileSync(path.join(market.server.data, 'nats/server.json'), 'utf8'));
    await assert.rejects(enter({ ...mine, url: `nats://127.0.0.1:${record.port}` }),
      /authorization|permission/i);
    await assert.rejects(connect({ servers: mine.url, reconnect: false }), /authorization/i);
  });
});

describe('revoking', { concurrency: false }, () => {
  test('closes what is connected, refuses it from then on, and leaves others alone', async () => {
    const connection = await enter(mine);
    const bystander = await enter(theirs);
    await market.revoke('mine');
    const error = await connection.closed();
    assert.match(String(error?.message), /revoked/i);
    await assert.rejects(enter(mine), /authorization/i);
    assert.equal((await (await consumerOf(bystander, theirs)).info()).name, 'theirs');
    await market.revoke('mine');
  });

  test('is over with new credentials, which go on where the old ones were', async () => {
    mine = await market.mint('mine');
    const before = await pullAll(mine);
    await market.revoke('mine');
    await market.count('mine', 3, 500);
    mine = await market.mint('mine');
    const events = await pullAll(mine);
    const seen = new Set(before.map((event) => event.id));
    assert.equal(events.length, 3);
    assert.ok(events.every((event) => !seen.has(event.id)));
  });

  test('is in the security log, as minting is', async () => {
    const { items } = (await market.ask('GET', '/security-events?limit=200', { expect: 200 })).body;
    const of = (type) => items.filter((item) => item.type === type);
    assert.ok(of('FeedCredentialsMinted').some((item) => item.detail.startsWith('vendor:mine')));
    assert.ok(of('FeedCredentialsRevoked').some((item) => item.detail === 'vendor:mine'));
    assert.ok(!JSON.stringify(items).includes('NKEY SEED'));
  });
});
