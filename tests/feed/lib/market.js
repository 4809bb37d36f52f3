// A marketplace to read the feed of: the real cassette, vendors that count stock, and credentials.
import assert from 'node:assert/strict';

import { bootstrapAdmin, fetchToken, makeClient } from '../../openapi/lib/identities.js';
import { Server } from '../../openapi/lib/server.js';

export class Market {
  static async start(args = []) {
    const market = new Market();
    market.server = await Server.start({ partitions: 1, identities: true, args: [
      '--rate-limit', 'admin.write=off', '--rate-limit', 'admin.read=off', ...args] });
    market.token = await fetchToken(market.server, bootstrapAdmin(market.server));
    return market;
  }

  async end() {
    await this.server.end();
    this.server.remove();
  }

  async ask(method, target, { body, type = 'application/json', token = this.token, expect } = {}) {
    const headers = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers['content-type'] = type;
    if (method !== 'GET') headers['idempotency-key'] = `k-${Math.random()}`;
    const answer = await fetch(new URL(target, this.server.url), { method, headers, body });
    const text = await answer.text();
    if (expect) assert.equal(answer.status, expect, `${method} ${target}: ${text}`);
    return { status: answer.status, headers: answer.headers, text,
      get body() { return JSON.parse(text); } };
  }

  post(target, json, options) {
    return this.ask('POST', target, { body: JSON.stringify(json), ...options });
  }

  // With one product, "part".
  async vendor(vendorId) {
    await this.post('/vendors', { vendorId, name: 'Cog & Sons' }, { expect: 201 });
    await this.post(`/vendors/${vendorId}/products`,
      { productId: 'part', name: 'Chain', SKU: 'C-1', price: { amount: 100, currency: 'USD' } },
      { expect: 201 });
  }

  // So many counts of the part, an event each.
  async count(vendorId, times, first = 1) {
    const lines = Array.from({ length: times }, (_, i) =>
      `{"productId":"part","quantity":${first + i}}\n`);
    const answer = await this.ask('POST', `/vendors/${vendorId}/inventory`,
      { body: lines.join(''), type: 'application/x-ndjson', expect: 200 });
    const done = answer.text.trim().split('\n').map((line) => JSON.parse(line).status);
    assert.ok(done.every((status) => status === 200 || status === 201), answer.text.slice(0, 500));
  }

  // All of the vendor's events, by the timeline: what the feed must have given.
  async happened(vendorId) {
    let events = 0;
    let next = '';
    do {
      const page = (await this.ask('GET',
        `/events?vendorId=${vendorId}&limit=200${next && `&cursor=${encodeURIComponent(next)}`}`,
        { expect: 200 })).body;
      events += page.items.length;
      next = page.next;
    } while (next);
    return events;
  }

  async mint(vendorId, options) {
    return (await this.post(`/vendors/${vendorId}/nats-credentials`, {},
      { expect: 201, ...options })).body;
  }

  revoke(vendorId) {
    return this.ask('DELETE', `/vendors/${vendorId}/nats-credentials`, { expect: 204 });
  }

  // A token of the vendor itself.
  tokenOf(vendorId) {
    return fetchToken(this.server, makeClient(this.server, 'vendor', '--vendor', vendorId));
  }
}
