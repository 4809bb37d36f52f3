// Bad input: whatever a request is malformed in, the answer is a clear problem, at every operation
// that could be hit by it, and the server goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { fresh } from '../lib/shop.js';

const megabyte = 1 << 20;

// What is no id, as it goes over the wire.
const badIds = ['a.b', 'a%20b', 'a*', 'a>', '%00', 'a%00b', 'a%2Fb', '%2E%2E', '%C3%A9', '%FF',
  'x'.repeat(65)];

export default function badInput(context) {
  // Each operation with ids that are valid and name nothing, and the parameters that it must have.
  const targets = () => context.contract.operations.map((operation) => ({
    operation,
    target: operation.template.replace(/\{\w+\}/g, 'none'),
    query: operation.id === 'readManyStocks' ? '?item=a/b&' : '?',
    json: Object.keys(operation.body?.content ?? {}).find((type) => /[/+]json$/.test(type)),
  }));
  const send = (method, target, options) =>
    context.api.send(method, target, { key: fresh('k'), ...options });

  test('malformed JSON is 400 wherever a body is taken', async () => {
    for (const { operation, target, json } of targets().filter((one) => one.json)) {
      for (const raw of ['{', '{"a":1,}', '{"a":01}', "{'a':1}", '[]', '1', 'null', '"x"',
        '{} {}', '{"name":"\\ud800"}', Buffer.from([0x7b, 0xff, 0x7d]), '{"a":'.repeat(2000)]) {
        const answer = await send(operation.method, target, { raw, type: json, expect: 400 });
        assert.ok(answer.body.detail, `${operation.id} ${raw}`);
      }
    }
  });

  test('an unknown field is refused by name', async () => {
    for (const { operation, target, json } of targets().filter((one) => one.json)) {
      const answer = await send(operation.method, target,
        { raw: '{"surprise":1}', type: json, expect: 400 });
      assert.equal(problem(answer), 'unknown-field', operation.id);
      assert.equal(answer.body.field, 'surprise', operation.id);
    }
  });

  test('an unknown query parameter is refused by name', async () => {
    for (const { operation, target, query, json } of targets()) {
      // Where nobody is asked who they are, these are not there.
      const identity = /^\/(auth|\.well-known)\//.test(operation.template);
      if (identity && operation.method === 'GET') continue;
      const body = operation.body ? { raw: '{}', type: json ?? 'application/x-ndjson' } : {};
      const answer = await send(operation.method, `${target}${query}surprise=1`,
        { ...body, expect: 400 });
      assert.equal(problem(answer), 'unknown-parameter', operation.id);
      assert.equal(answer.body.field, 'surprise', operation.id);
    }
  });

  test('another media type is 415', async () => {
    for (const { operation, target } of targets().filter((one) => one.operation.body)) {
      const answer = await send(operation.method, target,
        { raw: '{}', type: 'text/plain', expect: 415 });
      assert.equal(problem(answer), 'unsupported-media-type', operation.id);
    }
  });

  test('a body of 10 MB is 413, chunked or not', async () => {
    const raw = Buffer.alloc(10 * megabyte, 'x');
    for (const { operation, target } of targets().filter((one) => one.operation.body)) {
      const type = Object.keys(operation.body.content)[0];
      for (const chunked of [false, true]) {
        const answer = await send(operation.method, target, { raw, type, chunked, expect: 413 });
        assert.equal(problem(answer), 'body-too-large', operation.id);
      }
    }
    await context.api.get('/health/live');
  });

  test('a long path is 414, with a body and without', async () => {
    const long = `/${'a'.repeat(12_000)}`;
    for (const [method, json] of [['POST', {}], ['GET', undefined]]) {
      const answer = await send(method, long, { json, expect: 414 });
      assert.equal(problem(answer), 'path-too-long');
    }
  });

  test('what is no id is 400 in every path', async () => {
    for (const { operation } of targets().filter((one) => one.operation.names.length > 0)) {
      for (const id of badIds) {
        const target = operation.template.replace(/\{\w+\}/, id).replace(/\{\w+\}/g, 'none');
        const json = operation.body ? {} : undefined;
        const answer = await send(operation.method, target, { json, expect: [400, 404] });
        assert.ok(['invalid-id', 'malformed-request', 'no-such-route'].includes(problem(answer)),
          `${target}: ${answer.text}`);
      }
    }
    const answer = await context.api.get('/vendors/a.b', { expect: 400 });
    assert.equal(problem(answer), 'invalid-id');
  });

  test('what is no id is 400 in every body and parameter', async () => {
    const part = await context.shop.part(5);
    for (const id of ['', 'a.b', 'a b', '*', '>', 'a\u0000', 'é', 'x'.repeat(65), 7, null]) {
      await send('POST', '/vendors', { json: { vendorId: id, name: 'x' }, expect: 400 });
      await send('POST', '/customers', { json: { customerId: id, name: 'x' }, expect: 400 });
      for (const field of ['orderId', 'customerId']) {
        await context.shop.place([{ ...part, quantity: 1 }], { [field]: id }, { expect: 400 });
      }
      for (const field of ['vendorId', 'productId']) {
        await context.shop.place([{ ...part, quantity: 1, [field]: id }], {}, { expect: 400 });
      }
    }
    for (const id of ['a.b', '%00', '']) {
      await context.api.get(`/events?vendorId=${id}`, { expect: 400 });
      await context.api.get(`/inventory?item=${id}/x`, { expect: 400 });
    }
  });

  test('quantities are whole, positive and not past what numbers hold', async () => {
    const part = await context.shop.part(5);
    const at = `/vendors/${part.vendorId}/inventory/${part.productId}`;
    const numbers = ['-1', '1.5', '1e3', '1e400', '9007199254740993', '18446744073709551616',
      '-9223372036854775809', '1000000001', '"1"', 'true', 'null', '[1]', 'NaN'];
    for (const number of ['0', ...numbers]) {
      const items = `[{"vendorId":"${part.vendorId}","productId":"${part.productId}",` +
        `"quantity":${number}}]`;
      await send('POST', '/orders',
        { raw: `{"customerId":"c","items":${items}}`, expect: [400, 422] });
    }
    for (const number of numbers) {
      await send('POST', at, { raw: `{"quantity":${number}}`, expect: [400, 422] });
    }
    for (const number of numbers.slice(1)) {
      await send('PATCH', at, { raw: `{"delta":${number},"reason":"x"}`, expect: [400, 422] });
    }
    for (const amount of numbers.slice(0, 7)) {
      await send('POST', `/vendors/${part.vendorId}/products`, {
        raw: `{"name":"x","SKU":"${fresh('S')}","price":{"amount":${amount},"currency":"USD"}}`,
        expect: [400, 422],
      });
    }
    assert.equal((await context.shop.stock(part)).quantityOnHand, 5);
    assert.equal((await context.shop.stock(part)).quantityReserved, 0);
  });

  test('fields of a wrong type, missing or empty are named', async () => {
    const part = await context.shop.part(5);
    const item = { ...part, quantity: 1 };
    const cases = [
      ['/vendors', {}, 'missing-field', 'name'],
      ['/vendors', { name: 7 }, 'invalid-field', 'name'],
      ['/vendors', { name: '' }, 'invalid-field', 'name'],
      ['/vendors', { name: 'x', contactInfo: [] }, 'invalid-field', 'contactInfo'],
      ['/vendors', { name: 'x', contactInfo: { fax: '1' } }, 'unknown-field', 'contactInfo.fax'],
      ['/orders', { customerId: 'c' }, 'missing-field', 'items'],
      ['/orders', { customerId: 'c', items: [] }, 'invalid-field', 'items'],
      ['/orders', { customerId: 'c', items: [{ ...item, quantity: 0 }] }, 'invalid-field',
        'items[0].quantity'],
      ['/orders', { customerId: 'c', items: [item], confirmation: 'maybe' }, 'invalid-field',
        'confirmation'],
      ['/orders', { customerId: 'c', items: [item], occurredAt: 'yesterday' }, 'invalid-field',
        'occurredAt'],
      ['/orders', { customerId: 'c', items: [item], occurredAt: '2999-01-01T00:00:00Z' },
        'invalid-field', 'occurredAt'],
      ['/orders', { customerId: 'c', items: [{ ...item, surprise: 1 }] }, 'unknown-field',
        'items[0].surprise'],
    ];
    for (const [target, json, type, field] of cases) {
      const answer = await send('POST', target, { json, expect: [400, 422] });
      assert.equal(problem(answer), type, JSON.stringify(json));
      assert.equal(answer.body.field, field, JSON.stringify(json));
    }
  });

  test('texts are of their size, and of one line where they stand in one', async () => {
    const vendorId = await context.shop.vendor();
    const product = (fields) => send('POST', `/vendors/${vendorId}/products`, {
      json: { name: 'x', SKU: fresh('S'), price: { amount: 1, currency: 'USD' }, ...fields },
      expect: 400 });
    for (const control of ['\u0000', '\u0001', '\b', '\u001f', '\u007f']) {
      for (const field of ['name', 'SKU', 'category', 'description']) {
        const answer = await product({ [field]: `a${control}b` });
        assert.deepEqual([problem(answer), answer.body.field], ['invalid-field', field]);
      }
    }
    for (const end of ['\n', '\r', '\t']) {
      for (const fields of [{ name: `a${end}` }, { SKU: `a${end}` }, { images: [`a${end}`] },
        { specifications: { [`a${end}`]: 'b' } }, { specifications: { a: `b${end}` } }]) {
        await product(fields);
      }
    }
    // The bounds are of bytes: half as many characters of two bytes are too many by one.
    for (const [field, bytes] of [['name', 200], ['SKU', 128], ['category', 128],
      ['description', 10_000]]) {
      await product({ [field]: `${'é'.repeat(bytes / 2)}x` });
    }
    const answer = await send('POST', `/vendors/${vendorId}/products`, {
      json: { name: 'é'.repeat(100), SKU: 'é'.repeat(64), category: 'é'.repeat(64),
        description: 'one\n\ttwo\r\n', price: { amount: 1, currency: 'USD' } }, expect: 201 });
    assert.equal(answer.body.description, 'one\n\ttwo\r\n');
  });

  test('lists are as long as they may be', async () => {
    const vendorId = await context.shop.vendor();
    const many = (count, one) => Array.from({ length: count }, (_, index) => one(index));
    const product = { name: 'x', SKU: 'x', price: { amount: 1, currency: 'USD' } };
    const home = { line1: 'x', city: 'x', countryCode: 'US' };
    for (const [target, json, field] of [
      [`/vendors/${vendorId}/products`, { ...product, images: many(51, () => 'u') }, 'images'],
      [`/vendors/${vendorId}/products`, { ...product, specifications:
        Object.fromEntries(many(101, (index) => [`n${index}`, 'v'])) }, 'specifications'],
      ['/customers', { name: 'x', addresses: many(51, () => home) }, 'addresses'],
      ['/vendors', { name: 'x', warehouseLocations:
        many(101, (index) => ({ warehouseId: `w${index}` })) }, 'warehouseLocations'],
      ['/orders', { customerId: 'c', items:
        many(1001, () => ({ vendorId: 'v', productId: 'p', quantity: 1 })) }, 'items'],
    ]) {
      const answer = await send('POST', target, { json, expect: 400 });
      assert.equal(answer.body.field, field);
    }
  });

  test('a field that stands twice is refused', async () => {
    const answer = await send('POST', '/vendors', { raw: '{"name":"a","name":"b"}', expect: 400 });
    assert.ok(['malformed-request', 'invalid-field'].includes(problem(answer)), answer.text);
  });

  test('parameters that are no values are refused by name', async () => {
    for (const [target, field] of [
      ['/vendors?limit=0', 'limit'], ['/vendors?limit=201', 'limit'], ['/vendors?limit=x', 'limit'],
      ['/vendors?limit=1&limit=2', 'limit'], ['/orders?status=Lost', 'status'],
      ['/orders?createdFrom=today', 'createdFrom'], ['/products?inStock=maybe', 'inStock'],
      ['/events?from=1', 'from'], [`/products?q=${'q'.repeat(257)}`, 'q'],
      [`/products?category=${'c'.repeat(129)}`, 'category'],
      [`/vendors/none/products?sku=${'s'.repeat(129)}`, 'sku'],
      [`/events?type=${'t'.repeat(65)}`, 'type'], [`/events?by=${'b'.repeat(129)}`, 'by'],
    ]) {
      const answer = await context.api.get(target, { expect: 400 });
      assert.equal(problem(answer), 'invalid-parameter', target);
      assert.equal(answer.body.field, field, target);
    }
    await context.api.get('/products?q=%00', { expect: 400 });
    await context.api.get('/products?q=%FF', { expect: 400 });
    await context.api.get('/products?q=%zz', { expect: 400 });
  });

  test('a forged cursor, and one of another list, is refused', async () => {
    await context.shop.vendor();
    await context.shop.vendor();
    const { next } = (await context.api.get('/vendors?limit=1')).body;
    const encoded = encodeURIComponent(next);
    await context.api.get(`/vendors?limit=1&cursor=${encoded}`);
    const forged = [...next];
    forged[3] = forged[3] === 'A' ? 'B' : 'A';
    for (const target of [
      `/vendors?cursor=${encodeURIComponent(forged.join(''))}`, '/vendors?cursor=AAAA',
      `/vendors?cursor=${encoded}x`, `/orders?cursor=${encoded}`, '/vendors?cursor=%2e%2e%2f',
    ]) {
      const answer = await context.api.get(target, { expect: 400 });
      assert.equal(problem(answer), 'invalid-cursor', target);
    }
  });

  test('headers that can\'t be meant are refused', async () => {
    const vendorId = await context.shop.vendor();
    await context.api.post('/vendors', { name: 'x' }, { key: 'k'.repeat(256), expect: 400 });
    await context.api.patch(`/vendors/${vendorId}`, { name: 'x' },
      { ifMatch: '"1", "2"', expect: [400, 412] });
    await context.api.patch(`/vendors/${vendorId}`, { name: 'x' },
      { ifMatch: 'W/"1"', expect: [400, 412] });
  });

  test('unknown ids are 404 wherever one is named', async () => {
    const vendorId = await context.shop.vendor();
    for (const [method, target, json] of [
      ['GET', '/vendors/none'], ['PATCH', '/vendors/none', { name: 'x' }],
      ['GET', '/vendors/none/products'], ['GET', '/vendors/none/inventory'],
      ['POST', '/vendors/none/products',
        { name: 'x', SKU: 'x', price: { amount: 1, currency: 'USD' } }],
      ['PUT', '/vendors/none/products/none',
        { name: 'x', SKU: 'x', price: { amount: 1, currency: 'USD' } }],
      ['GET', `/vendors/${vendorId}/products/none`],
      ['DELETE', `/vendors/${vendorId}/products/none`],
    ]) {
      const answer = await send(method, target, { json, expect: 404 });
      assert.equal(problem(answer), 'not-found', `${method} ${target}`);
    }
    await send('POST', '/vendors/none/inventory',
      { raw: '{"productId":"x","quantity":1}\n', type: 'application/x-ndjson', expect: 404 });
    await context.shop.place([{ vendorId: fresh('v'), productId: 'p', quantity: 1 }], {},
      { expect: 404 });
  });

  test('whatever was sent, the server is well', async () => {
    await context.api.get('/health/ready');
  });
}
