// Bad input: whatever a client does wrong ends its own connection, with the right code, and no
// other: two well-behaved neighbours look on all the while.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';

import { Market } from './lib/market.js';
import { frame, opcodes, RawSocket } from './lib/raw_socket.js';
import { Socket } from './lib/socket.js';
import { refusal, Stream } from './lib/stream.js';
import { until, within } from './lib/wait.js';

const maxMessage = 16 * 1024;
// Frames that a flood sends at most before it must have been ended.
const flood = 200_000;

describe('bad input', { concurrency: false }, () => {
  let market;
  let token;
  let part;
  let foreign;
  let vendor;
  let bySse;
  let byWebSocket;
  let changes = 0;

  before(async () => {
    market = await Market.open({ partitions: 1, args: ['--live-heartbeat-seconds', '1'] });
    ({ token } = market.admin);
    part = await market.shop.part(1000);
    foreign = await market.shop.part(1000);
    vendor = await market.caller('vendor', '--vendor', part.vendorId);
    const filter = { vendorId: part.vendorId };
    bySse = await Stream.open(market.live, { ...filter, types: 'StockAdjusted' }, { token });
    byWebSocket = await Socket.open(market.live, { token });
    await byWebSocket.subscribe('s', { ...filter, types: ['StockAdjusted'] });
  });
  after(async () => {
    bySse?.close();
    byWebSocket?.close();
    await market?.close();
  });

  // The neighbours have every event, over the connections that they began with.
  afterEach(async () => {
    await market.adjust(part, 1);
    changes += 1;
    await until(() => bySse.ids.length === changes && byWebSocket.ids('s').length === changes,
      () => `${changes} events at the neighbours: ${bySse.ids}; ${byWebSocket.ids('s')}`);
    assert.deepEqual(bySse.errors, []);
    assert.equal(byWebSocket.ws.readyState, 1);
  });

  const raw = () => RawSocket.open(market.live, { token });

  async function closesWith(code, ...frames) {
    const socket = await raw();
    for (const bytes of frames) socket.write(bytes);
    assert.equal(await socket.closeCode(), code);
  }

  test('forged tickets and tokens', async () => {
    const { ticket } = await market.admin.ticket();
    const forged = [
      `${ticket}x`, ticket.slice(0, -1), ticket.slice(0, -1) + (ticket.endsWith('A') ? 'B' : 'A'),
      randomBytes(32).toString('base64url'), 'x', '..', 'a'.repeat(4000), '%00', '\u00e4',
      `${ticket} `,
    ];
    for (const each of forged) {
      const answer = await refusal(market.live, { ticket: each });
      assert.ok([400, 401].includes(answer.status), `${each}: ${answer.status}`);
      const socket = await Socket.open(market.live, { ticket: each }).catch((error) => error);
      const code = socket instanceof Socket ? await socket.closeCode() : socket.status;
      assert.ok([4401, 400].includes(code), `${each}: ${code}`);
    }
    // They did the real one no harm.
    assert.equal((await refusal(market.live, { ticket })).status, 200);
    const parts = token.split('.');
    const unsigned = `${parts[0]}.${parts[1]}.`;
    for (const each of ['x', unsigned, unsigned + 'A'.repeat(86)]) {
      assert.equal((await refusal(market.live, {}, { token: each })).status, 401);
      assert.equal(await (await Socket.open(market.live, { token: each })).closeCode(), 4401);
    }
  });

  test('foreign vendor ids', async () => {
    const query = { vendorId: foreign.vendorId };
    const answer = await refusal(market.live, query, { token: vendor.token });
    assert.deepEqual([answer.status, answer.type], [403, 'not-permitted']);
    const socket = await Socket.open(market.live, { token: vendor.token });
    for (let i = 0; i < 8; i += 1) {
      socket.send({ type: 'subscribe', id: `s${i}`, filter: query });
    }
    assert.equal(await socket.closeCode(), 4403);
    assert.ok(socket.messages.every(({ type, problem }) => type === 'error'
      && problem.status === 403), JSON.stringify(socket.messages));
  });

  test('unknown subscription fields', async () => {
    const answer = await refusal(market.live, { vendorID: part.vendorId }, { token });
    assert.deepEqual([answer.status, answer.type], [400, 'unknown-parameter']);
    assert.match(JSON.stringify(answer.body), /vendorID/);
    const socket = await Socket.open(market.live, { token });
    const told = await socket.subscribe('s', { vendorID: part.vendorId });
    assert.equal(told.problem.type, '/problems/unknown-field');
    assert.match(JSON.stringify(told.problem), /vendorID/);
    socket.close();
  });

  test('messages that are too large', async () => {
    const large = 'x'.repeat(maxMessage + 1);
    await closesWith(1009, frame(opcodes.text, large));
    // The claim alone is enough.
    await closesWith(1009, frame(opcodes.text, '', { length: 2n ** 62n }));
    await closesWith(1009, frame(opcodes.text, large.slice(0, 9000), { fin: false }),
      frame(opcodes.continuation, large.slice(0, 9000)));
  });

  test('what is no UTF-8, no JSON, no object, or no text', async () => {
    const none = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2]];
    for (const bytes of none) {
      await closesWith(1007, frame(opcodes.text, bytes));
      await closesWith(1007, frame(opcodes.text, [0x22, ...bytes, 0x22]));
    }
    // In the middle of a character, over two frames: whole again it is JSON, and of no type.
    const text = Buffer.from('{"type":"\u20ac"}');
    const socket = await raw();
    socket.write(frame(opcodes.text, text.subarray(0, 10), { fin: false }));
    socket.write(frame(opcodes.continuation, text.subarray(10)));
    socket.write(frame(opcodes.close, [0x03, 0xe8]));
    assert.equal(await socket.closeCode(), 1000);
    for (const wrong of ['', 'null', '[]', '"s"', '{', '{"type":"ack"}}', '{"a":1,}', '1e999']) {
      await closesWith(1007, frame(opcodes.text, wrong));
    }
    await closesWith(1007, frame(opcodes.text, '['.repeat(maxMessage)));
    await closesWith(1003, frame(opcodes.binary, '{"type":"subscribe","id":"s"}'));
  });

  test('frames that break the protocol', async () => {
    const message = '{"type":"subscribe","id":"s"}';
    await closesWith(1002, frame(opcodes.text, message, { masked: false }));
    await closesWith(1002, frame(opcodes.text, message, { rsv: 2 }));
    await closesWith(1002, frame(opcodes.text, message, { rsv: 4 })); // deflate was not agreed on
    for (const opcode of [3, 7, 11, 15]) await closesWith(1002, frame(opcode, message));
    await closesWith(1002, frame(opcodes.continuation, message));
    await closesWith(1002, frame(opcodes.text, 'a', { fin: false }), frame(opcodes.text, 'b'));
    await closesWith(1002, frame(opcodes.ping, 'x'.repeat(126)));
    await closesWith(1002, frame(opcodes.ping, 'x', { fin: false }));
  });

  // Sends `each` until the gateway has closed.
  async function floodWith(first, each) {
    const socket = await raw();
    socket.write(first);
    for (let i = 0; i < flood && socket.write(each); i += 1) {
      if (i % 500 === 0) await new Promise((resolve) => { setImmediate(resolve); });
    }
    return socket.closeCode();
  }

  test('floods: of fragments, of empty ones, of pings, of subscriptions', async () => {
    const begin = frame(opcodes.text, '{', { fin: false });
    const fragment = frame(opcodes.continuation, 'x', { fin: false });
    const code = await floodWith(begin, fragment);
    assert.ok([1008, 1009].includes(code), String(code));
    const nothing = frame(opcodes.continuation, '', { fin: false });
    assert.equal(await floodWith(begin, nothing), 1008);
    assert.equal(await floodWith(begin, frame(opcodes.ping, 'x'.repeat(125))), 1008);
    const message = '{"type":"unsubscribe","id":"s"}';
    assert.equal(await floodWith(frame(opcodes.text, message), frame(opcodes.text, message)), 1008);
  });

  test('a hundred floods at once', async () => {
    const begin = frame(opcodes.text, '{', { fin: false });
    const nothing = frame(opcodes.continuation, '', { fin: false });
    const many = Buffer.concat(Array.from({ length: 1000 }, () => nothing));
    const sockets = await Promise.all(Array.from({ length: 100 }, raw));
    for (const socket of sockets) {
      socket.write(begin);
      for (let i = 0; i < 60; i += 1) socket.write(many);
    }
    const codes = await Promise.all(sockets.map((socket) => socket.closeCode()));
    // A raw socket answers no ping: on a slow machine that may be seen first.
    assert.ok(codes.every((code) => [1008, 4408, undefined].includes(code)), String(codes));
  });

  test('half-open sockets: of a WebSocket, of a head, of a handshake', async () => {
    const silent = await raw(); // answers no ping
    assert.equal(await silent.closeCode(), 4408);
    const half = net.connect(Number(market.live.port), market.live.hostname);
    const started = Date.now();
    half.write('GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
    const drip = setInterval(() => half.write('a'), 500);
    half.on('error', () => {});
    try {
      await within(new Promise((resolve) => { half.on('close', resolve).resume(); }), 'the end');
    } finally {
      clearInterval(drip);
      half.destroy();
    }
    assert.ok(Date.now() - started < 15_000);
  });

  test('an abrupt end, a thousand times', async () => {
    for (let i = 0; i < 20; i += 1) {
      const sockets = await Promise.all(Array.from({ length: 50 }, raw));
      for (const socket of sockets) {
        socket.write(frame(opcodes.text, '{"type":"subscribe","id":"s"}').subarray(0, 9));
        socket.tcp.resetAndDestroy();
      }
    }
    let connections;
    await until(async () => {
      const answer = await fetch(new URL('/live/health', market.live));
      ({ connections } = await answer.json());
      return connections <= 2;
    }, () => `the connections to be given back: ${connections}`);
  });

  test('heads that are too long or none at all', async () => {
    const answers = async (bytes) => {
      const socket = net.connect(Number(market.live.port), market.live.hostname);
      let text = '';
      socket.on('data', (data) => { text += data; }).on('error', () => {});
      socket.write(bytes);
      await within(new Promise((resolve) => { socket.on('close', resolve); }), 'the end');
      return text.split('\r\n')[0];
    };
    const host = `Host: ${market.live.host}\r\n`;
    assert.match(await answers(`GET /live HTTP/1.1\r\n${host}X-A: ${'a'.repeat(9000)}\r\n\r\n`),
      / 431 /);
    assert.match(await answers(`GET /live?ticket=${'a'.repeat(9000)} HTTP/1.1\r\n${host}\r\n`),
      / (414|431) /);
    assert.match(await answers('HELLO\r\n\r\n'), / 400 /);
    const tls = Buffer.from([0x16, 0x03, 0x01, 0, 5, 1, 2, 3, 4, 5, 13, 10, 13, 10]);
    assert.match(await answers(tls), / 400 |^$/);
  });

  test('pages of other origins, and other hosts', async () => {
    const origin = 'https://elsewhere.example';
    await assert.rejects(Socket.open(market.live, { token, headers: { origin } }), { status: 403 });
    const answer = await fetch(new URL('/live?types=StockAdjusted', market.live),
      { headers: { origin, authorization: `Bearer ${token}` } });
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    await answer.body.cancel();
    const headers = { host: 'elsewhere.example' };
    const refused = await Socket.open(market.live, { token, headers }).catch((error) => error);
    assert.ok([400, 403, 421].includes(refused.status), String(refused.status));
  });
});
