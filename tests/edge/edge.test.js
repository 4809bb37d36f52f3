// The edge: one origin for everything, and a cache that never shows what is not public, is never
// stale for who names a position, and is behind by a second at most for everybody else.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { admin, bootstrapAdmin } from '../openapi/lib/identities.js';
import { Edge, until } from './lib/edge.js';
import { followEvents, followEventsOverHttp2, Socket } from './lib/live.js';

// What a read without a position may be behind, and what the machine may add to it.
const boundMs = 1_000;
const graceMs = 100;

const vendor = '/vendors/1580';
const stockOf = (product) => `${vendor}/inventory/${product}`;

let edge;
let administrator;
let ownToken;

before(async () => {
  edge = await Edge.start(['--rate-limit', 'anonymous.read=off']);
  administrator = { authorization: `Bearer ${await edge.token(bootstrapAdmin(edge))}` };
  await write('POST', '/vendors', { vendorId: '1580', name: 'Litware, Inc.',
    contactInfo: { email: 'desk@litware.example' } });
  for (const product of ['1', '2']) {
    await write('POST', `${vendor}/products`, { productId: product, name: `Part ${product}`,
      SKU: `P-${product}`, price: { amount: 100, currency: 'USD' } });
    await count(product, 1_000);
  }
  const client = admin(edge.data, 'create-client', '--role', 'vendor', '--vendor', '1580');
  ownToken = { authorization: `Bearer ${await edge.token(client)}` };
});

after(async () => {
  await edge?.end();
  edge?.remove();
});

let keys = 0;
async function write(method, target, json, headers = {}) {
  keys += 1;
  const answer = await edge.send(method, target,
    { json, headers: { ...administrator, 'idempotency-key': `k-${keys}`, ...headers } });
  assert.ok(answer.status < 300, `${method} ${target}: ${answer.status} ${answer.text}`);
  return answer;
}

const count = (product, quantity) => write('POST', stockOf(product), { quantity });
const second = () => Math.floor(Date.now() / 1_000);
const cacheStatus = (answer) => answer.headers['x-cache-status'];

// Runs `part` until it took place within one second of the clock, at whose end copies are over: it
// says undefined when it did not.
function withinASecond(part) {
  return until(async () => {
    await until(() => Date.now() % 1_000 < 300, 'the beginning of a second');
    const began = second();
    const found = await part();
    return second() === began ? found : undefined;
  }, 'something that takes less than 0.7 s');
}

// Has the cache keep the answer.
async function fill(target) {
  await edge.get(target);
  const kept = await edge.get(target);
  return cacheStatus(kept) === 'HIT' ? kept : undefined;
}

describe('one origin', () => {
  test('TLS, with a certificate for this machine, and no plain HTTP', async () => {
    assert.equal((await edge.get('/health/ready')).status, 200);
    const plain = await new Promise((resolve, reject) => {
      http.get({ host: '127.0.0.1', port: edge.port, path: '/health/live' }, resolve)
        .on('error', reject);
    });
    assert.equal(plain.statusCode, 400);
  });

  test('tokens are of the origin that gives them', async () => {
    const { body } = await edge.get('/.well-known/oauth-authorization-server');
    assert.equal(body.issuer, `https://127.0.0.1:${edge.port}`);
  });

  test('a write goes through whole, with its conditions, its id and its position', async () => {
    const details = { name: 'Once', SKU: 'ONCE', price: { amount: 1, currency: 'USD' } };
    const put = () => edge.send('PUT', `${vendor}/products/once`,
      { json: details, headers: { ...administrator, 'if-none-match': '*', 'x-request-id': 'r-7' } });
    const made = await put();
    assert.equal(made.status, 201);
    assert.match(made.headers['cassette-position'], /^0:\d+$/);
    assert.equal(made.headers['x-request-id'], 'r-7');
    assert.equal((await put()).status, 412);
  });

  test('a body that is too large is refused as Cassette would', async () => {
    const answer = await edge.send('POST', stockOf('1'),
      { raw: 'x'.repeat(9 << 20), headers: { ...administrator } }).catch((error) => error);
    // It may close before all is sent.
    if (answer instanceof Error) return;
    assert.equal(answer.status, 413);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal(answer.body.type, '/problems/body-too-large');
  });

  test('whose a request is, nginx says and no client', async () => {
    await edge.send('GET', '/orders', { headers: { 'x-real-ip': '192.0.2.66', 'x-request-id': 'spy' } });
    const event = await until(async () => {
      const { body } = await edge.get('/security-events', administrator);
      return body.items.find((item) => item.requestId === 'spy');
    }, 'the refusal in the security log');
    assert.equal(event.address, '127.0.0.1');
  });
});

describe('the cache', () => {
  test('answers a second read, with its ETag, and compares it', async () => {
    for (const target of [vendor, `${vendor}/products/1`, stockOf('1')]) {
      const [first, again, same] = await withinASecond(async () => {
        const answers = [await edge.get(target), await edge.get(target)];
        if (cacheStatus(answers[1]) !== 'HIT') return undefined;
        return [...answers,
          await edge.get(target, { 'if-none-match': answers[1].headers.etag })];
      });
      assert.notEqual(cacheStatus(first), 'HIT');
      assert.equal(again.text, first.text);
      assert.equal(again.headers.etag, first.headers.etag);
      assert.equal(again.headers['cache-control'], 'public, max-age=0, s-maxage=1');
      assert.equal(same.status, 304);
      assert.equal(cacheStatus(same), 'HIT');
      assert.notEqual(again.headers['x-request-id'], first.headers['x-request-id']);
    }
  });

  test('lets go of what changed as soon as it is changed, and of nothing else', async () => {
    const [changed, other] = [stockOf('1'), stockOf('2')];
    let quantity = 2_000;
    const [before, now, untouched] = await withinASecond(async () => {
      quantity += 1;
      const kept = await fill(changed);
      if (!kept || !await fill(other)) return undefined;
      assert.ok(edge.keeps(changed), edge.cacheFile(changed));
      await count('1', quantity);
      await until(() => !edge.keeps(changed), 'the file of the path is gone');
      return [kept, await edge.get(changed), await edge.get(other)];
    });
    assert.notEqual(before.body.quantityAvailable, quantity);
    assert.equal(cacheStatus(now), 'MISS');
    assert.equal(now.body.quantityAvailable, quantity);
    assert.equal(cacheStatus(untouched), 'HIT');
  });

  test('lets go of the stock of a part that is no longer listed', async () => {
    const target = stockOf('gone');
    await write('POST', `${vendor}/products`, { productId: 'gone', name: 'Gone', SKU: 'GONE',
      price: { amount: 100, currency: 'USD' } });
    await count('gone', 1);
    await until(async () => (await edge.get(target)).status === 200, 'the stock is there');
    await write('DELETE', `${vendor}/products/gone`);
    const answer = await until(async () => {
      const found = await edge.get(target);
      return found.status === 404 && found;
    }, 'it is not there', boundMs + graceMs);
    assert.notEqual(cacheStatus(answer), 'HIT');
  });

  test('is never asked by who names a position', async () => {
    const target = stockOf('2');
    let reading = true;
    const readers = Array.from({ length: 4 }, async () => {
      while (reading) await edge.get(target); // so that it is always kept
    });
    for (let i = 0; i < 100; i += 1) {
      const counted = await count('2', 3_000 + i);
      const position = { 'cassette-position': counted.headers['cassette-position'] };
      const read = await edge.get(target, position);
      assert.equal(read.body.quantityAvailable, 3_000 + i);
      assert.equal(cacheStatus(read), 'BYPASS');
      assert.equal(read.headers['cache-control'], 'private');
    }
    reading = false;
    await Promise.all(readers);
  });

  test('is a second behind at most for who names none', async () => {
    const target = stockOf('2');
    let oldest = 0;
    for (let i = 0; i < 20; i += 1) {
      await fill(target);
      await count('2', 5_000 + i);
      const written = Date.now();
      await until(async () => {
        const read = await edge.get(target);
        if (read.body.quantityAvailable === 5_000 + i) return true;
        oldest = Math.max(oldest, read.at - written);
        assert.ok(read.at - written <= boundMs + graceMs, `${read.at - written} ms behind`);
        return false;
      }, 'the new figure');
    }
    assert.ok(oldest <= boundMs + graceMs);
  });

  // nginx asked before a change and keeps the answer after the purge: nobody can tell it.
  test('has an answer that it kept after the purge for no longer than its own second', async () => {
    const target = stockOf('1');
    const file = edge.cacheFile(target);
    const copy = edge.file('late');
    let quantity = 7_000;
    const written = await withinASecond(async () => {
      quantity += 1;
      if (!await fill(target)) return undefined;
      copyFileSync(file, copy);
      await count('1', quantity);
      await until(() => !existsSync(file), 'the purge');
      mkdirSync(path.dirname(file), { recursive: true });
      copyFileSync(copy, file);
      const stale = await edge.get(target);
      return stale.body.quantityAvailable === quantity ? undefined : Date.now();
    });
    await until(async () => (await edge.get(target)).body.quantityAvailable === quantity,
      'the new figure', written + boundMs + graceMs - Date.now());
  });
});

describe('what is private', () => {
  test('is never kept, nor is a kept answer given to who shows a token', async () => {
    for (const target of [vendor, stockOf('1')]) {
      const hidden = target === vendor ? 'contactInfo' : 'quantityOnHand';
      for (let i = 0; i < 3; i += 1) {
        const own = await edge.get(target, ownToken);
        assert.ok(hidden in own.body);
        assert.equal(own.headers['cache-control'], 'private');
        assert.equal(cacheStatus(own), 'BYPASS');
        const open = await edge.get(target);
        assert.ok(!(hidden in open.body), open.text);
        assert.notEqual(own.headers.etag, open.headers.etag);
      }
    }
  });

  test('nor does a token keep its own ETag from being compared', async () => {
    const own = await edge.get(stockOf('1'), ownToken);
    const same = await edge.get(stockOf('1'), { ...ownToken, 'if-none-match': own.headers.etag });
    assert.equal(same.status, 304);
    assert.equal(cacheStatus(same), 'BYPASS');
  });

  test('what is not just a path is not kept', async () => {
    const odd = [`${stockOf('1')}?x=1`, '/vendors/1580/inventory/%31', '/vendors//1580/inventory/1',
      '/vendors/1580/./inventory/1', '/vendors/1580/inventory', '/products?q=part'];
    for (const target of odd) {
      await edge.get(target);
      assert.notEqual(cacheStatus(await edge.get(target)), 'HIT', target);
      assert.ok(!edge.keeps(target), target);
    }
    const page = { origin: 'https://shop.example' };
    await edge.get(stockOf('1'), page);
    assert.equal(cacheStatus(await edge.get(stockOf('1'), page)), 'BYPASS');
  });

  test('an error is not kept', async () => {
    const target = stockOf('none');
    assert.equal((await edge.get(target)).status, 404);
    assert.notEqual(cacheStatus(await edge.get(target)), 'HIT');
    assert.ok(!edge.keeps(target));
  });
});

describe('live on the same origin', () => {
  const followed = `/live?vendorId=1580&productId=1`;
  const levels = ({ messages }) => messages.filter(({ event }) => event === 'StockLevel')
    .map(({ data }) => data.quantityAvailable);

  test('an event stream comes as it happens, over HTTP/1.1 and HTTP/2', async () => {
    for (const follow of [followEvents, followEventsOverHttp2]) {
      const stream = await follow(edge, followed);
      assert.equal(stream.status, 200);
      await until(() => levels(stream.events).length > 0, 'the level as it is');
      await count('1', 8_001);
      await until(() => levels(stream.events).at(-1) === 8_001, 'the level after a count');
      await count('1', 8_002);
      stream.close();
    }
  });

  test('a WebSocket of this origin is let through, and one of another is not', async () => {
    const own = { origin: `https://127.0.0.1:${edge.port}` };
    const socket = await Socket.open(edge, '/live', own);
    const level = () => socket.messages.filter(({ type }) => type === 'stock').at(-1)?.level;
    socket.send({ type: 'subscribe', id: 's1', filter: { vendorId: '1580', productId: '1' } });
    await until(level, 'the level as it is');
    await count('1', 8_003);
    await until(() => level().quantityAvailable === 8_003, 'the level after a count');
    socket.close();
    await assert.rejects(Socket.open(edge, '/live', { origin: 'https://evil.example' }), /403/);
  });

  test('a ticket of the one opens the other, once', async () => {
    const { body } = await write('POST', '/live/tickets', undefined);
    const target = `/live?vendorId=1580&ticket=${body.ticket}`;
    const stream = await followEvents(edge, target);
    assert.equal(stream.status, 200);
    await count('2', 9_000);
    await until(() => stream.events.messages.some(({ event }) => event === 'StockCounted'),
      'an event that not everybody sees');
    stream.close();
    const again = await followEvents(edge, target);
    assert.equal(again.status, 401);
    again.close();
  });

  test('nothing of a query is in the log', async () => {
    const named = { 'x-request-id': 'logged-1' };
    const refused = await followEvents(edge, `${followed}&ticket=not-a-ticket`, named);
    assert.equal(refused.status, 401);
    refused.close();
    const log = await until(() => {
      const text = readFileSync(edge.file('access.log'), 'utf8');
      return text.includes('logged-1') && text;
    }, 'its line');
    assert.ok(!log.includes('not-a-ticket'));
  });
});

describe('both end together', () => {
  const gone = (pid) => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  };

  test('nginx when cassette ends', async () => {
    const other = await Edge.start();
    const nginx = other.nginxPid();
    assert.equal(await other.end(), 0, other.log.join('\n'));
    assert.ok(gone(nginx));
    other.remove();
  });

  test('both when whoever started them is killed', async () => {
    const other = await Edge.start();
    const nginx = other.nginxPid();
    other.process.kill('SIGKILL');
    await until(() => gone(nginx), 'nginx has ended');
    // Its lock on the data folder goes with it, so that another may start there.
    await until(async () => {
      try {
        await fetch(new URL('/health/live', other.httpUrl));
        return false;
      } catch {
        return true;
      }
    }, 'cassette has ended');
    other.agent.destroy();
    other.remove();
  });

  test('a port that is taken is said, and neither goes on', async () => {
    await assert.rejects(Edge.start(['--edge', `127.0.0.1:${edge.port}`]),
      /something else is at 127\.0\.0\.1/);
  });
});
