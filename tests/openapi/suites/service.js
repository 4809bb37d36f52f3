// The service's own paths, CORS, and what is at no path.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { contractFile } from '../lib/contract.js';

export default function service(context) {
  test('the contract is served as it is in the repository', async () => {
    const { text } = await context.api.get('/openapi.yaml');
    assert.equal(text, readFileSync(contractFile, 'utf8'));
  });

  test('health says that it is ready and which durability is in force', async () => {
    await context.api.get('/health/live');
    const { body } = await context.api.get('/health/ready');
    assert.equal(body.durability, 'fsync');
  });

  test('browsers may read the headers that carry versions and positions', async () => {
    const { headers } = await context.api.get('/vendors',
      { headers: { origin: 'http://localhost:3000' } });
    const exposed = headers['access-control-expose-headers'] ?? '';
    for (const name of
      ['ETag', 'Location', 'Cassette-Position', 'Retry-After', 'RateLimit', 'X-Request-Id']) {
      assert.match(exposed, new RegExp(`\\b${name}\\b`, 'i'));
    }
  });

  test('a request keeps its id, or is given one', async () => {
    const { headers } = await context.api.get('/vendors', { headers: { 'x-request-id': 'r-1' } });
    assert.equal(headers['x-request-id'], 'r-1');
    assert.match((await context.api.get('/vendors')).headers['x-request-id'], /^[0-9a-f-]{36}$/);
  });

  test('another name than this machine\'s is 403', async () => {
    await context.api.get('/vendors', { headers: { host: 'localhost:1' } });
    const answer = await context.api.get('/vendors',
      { headers: { host: 'shop.example' }, expect: 403 });
    assert.equal(problem(answer), 'not-permitted');
  });

  test('what is at no path is 404, and a method that is not there 405', async () => {
    for (const path of ['/', '/vendor', '/vendors/', '/vendors//products', '/orders/a/b/c/d']) {
      const answer = await context.api.send('GET', path, { expect: [404, 400] });
      assert.ok(['no-such-route', 'invalid-id'].includes(problem(answer)), path);
    }
    assert.equal(problem(await context.api.get('/no/such/path', { expect: 404 })), 'no-such-route');
    for (const [method, path] of
      [['DELETE', '/orders'], ['PUT', '/vendors'], ['POST', '/products'], ['PATCH', '/events']]) {
      const answer = await context.api.send(method, path, { expect: 405 });
      assert.equal(problem(answer), 'method-not-allowed');
      assert.match(answer.headers.allow, /GET/);
    }
  });
}
