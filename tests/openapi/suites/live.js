// The way to the live gateway, and tickets for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';

export default function live(context) {
  test('GET /live leads to the gateway with the query as it was', async () => {
    const { headers } = await context.api.get('/live?vendorId=v-1&types=StockLevel',
      { expect: 307 });
    assert.match(headers.location,
      /^http:\/\/127\.0\.0\.1:\d+\/live\?vendorId=v-1&types=StockLevel$/);
    const refused = await context.api.send('GET', '/live?colour=red', { expect: 400 });
    assert.equal(problem(refused), 'unknown-parameter');
  });

  test('a ticket is made for whoever shows a token', async () => {
    const { body } = await context.api.post('/live/tickets', undefined, { expect: 201 });
    assert.match(body.ticket, /^[A-Za-z0-9_-]+$/);
    assert.ok(Date.parse(body.expiresAt) > Date.now());
    const refused = await context.api.post('/live/tickets', { colour: 'red' }, { expect: 400 });
    assert.equal(problem(refused), 'malformed-request');
  });
}
