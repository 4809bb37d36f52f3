// The REST API, as far as these tests write to it: it sends with a token, and holds an answer's
// status alone. The contract is held elsewhere (tests/openapi).
import assert from 'node:assert/strict';

export class Api {
  // Without `token` it asks as nobody in particular.
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  async send(method, target, { json, key, headers, expect } = {}) {
    const answer = await fetch(new URL(target, this.url), {
      method,
      redirect: 'manual',
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(key && { 'idempotency-key': key }),
        ...headers,
      },
      body: json === undefined ? undefined : JSON.stringify(json),
    });
    const text = await answer.text();
    if (expect !== undefined) {
      assert.equal(answer.status, expect, `${method} ${target}: ${text.slice(0, 500)}`);
    }
    return { status: answer.status, headers: answer.headers, text,
      get body() { return JSON.parse(text); } };
  }

  get(target, options) { return this.send('GET', target, { expect: 200, ...options }); }
  post(target, json, options) { return this.send('POST', target, { json, ...options }); }
  patch(target, json, options) { return this.send('PATCH', target, { json, ...options }); }

  // A ticket for this one's token.
  async ticket() {
    return (await this.post('/live/tickets', undefined, { expect: 201 })).body;
  }
}
