// Vendors: registering, keys, versions, merge patches, suspension, lists.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { fresh } from '../lib/shop.js';

export default function vendors(context) {
  const register = (fields, options) =>
    context.api.post('/vendors', { name: 'Cog & Sons', ...fields }, options);

  test('a registered vendor is at its Location at once, as it was answered', async () => {
    const vendorId = fresh('v');
    const made = await register({
      vendorId, contactInfo: { email: 'a@cog.example', phone: '+1 555 0100' },
      warehouseLocations: [{ warehouseId: 'north', address: '1 Hill Rd', countryCode: 'US' }],
    }, { expect: 201 });
    assert.equal(made.headers.location, `/vendors/${vendorId}`);
    assert.equal(made.body.status, 'Active');
    assert.deepEqual(made.body.contactInfo, { email: 'a@cog.example', phone: '+1 555 0100' });
    const read = await context.api.get(made.headers.location);
    assert.deepEqual(read.body, made.body);
    assert.equal(read.headers.etag, made.headers.etag);
    await context.api.get(made.headers.location, { ifNoneMatch: read.headers.etag, expect: 304 });
    await context.api.get(made.headers.location,
      { position: made.headers['cassette-position'] });
  });

  test('an id is taken once; without one it is made up, or derived from the key', async () => {
    const vendorId = fresh('v');
    await register({ vendorId }, { expect: 201 });
    const again = await register({ vendorId, name: 'Other' }, { expect: 409 });
    assert.equal(problem(again), 'already-exists');
    const one = await register({}, { expect: 201 });
    const two = await register({}, { expect: 201 });
    assert.notEqual(one.body.vendorId, two.body.vendorId);
    const key = fresh('k');
    const first = await register({}, { key, expect: 201 });
    const repeat = await register({}, { key, expect: 201 });
    assert.equal(repeat.body.vendorId, first.body.vendorId);
  });

  test('a repeat under the key gets the first status and position, and the document as it is now',
    async () => {
      const vendorId = fresh('v');
      const key = fresh('k');
      const first = await register({ vendorId }, { key, expect: 201 });
      await context.api.patch(`/vendors/${vendorId}`, { name: 'Renamed' }, { expect: 200 });
      const repeat = await register({ vendorId }, { key, expect: 201 });
      assert.equal(repeat.headers.location, first.headers.location);
      assert.equal(repeat.headers['cassette-position'], first.headers['cassette-position']);
      assert.equal(repeat.body.name, 'Renamed');
      const other = await register({ vendorId, name: 'Else' }, { key, expect: 422 });
      assert.equal(problem(other), 'idempotency-mismatch');
      // A rejection is not remembered: the key is free for another try.
      const refused = fresh('k');
      await register({ vendorId }, { key: refused, expect: 409 });
      await register({ vendorId: fresh('v') }, { key: refused, expect: 201 });
    });

  test('a merge patch changes what it names, removes what it nulls, and keeps the rest',
    async () => {
      const vendorId = await context.shop.vendor({
        contactInfo: { email: 'a@cog.example', phone: '1' },
        warehouseLocations: [{ warehouseId: 'north' }],
      });
      const path = `/vendors/${vendorId}`;
      const { body } = await context.api.patch(path, { contactInfo: { phone: null } },
        { type: 'application/merge-patch+json', expect: 200 });
      assert.deepEqual(body.contactInfo, { email: 'a@cog.example' });
      assert.equal(body.warehouseLocations.length, 1);
      const named = await context.api.patch(path, { name: 'New', warehouseLocations: null },
        { expect: 200 });
      assert.equal(named.body.name, 'New');
      assert.deepEqual(named.body.warehouseLocations, []);
      assert.deepEqual(named.body.contactInfo, { email: 'a@cog.example' });
      await context.api.patch(path, { name: null }, { expect: [400, 422] });
      const same = await context.api.patch(path, { name: 'New' }, { expect: 200 });
      assert.equal(same.body.version, named.body.version);
    });

  test('If-Match refuses a change of what has changed since', async () => {
    const vendorId = await context.shop.vendor();
    const path = `/vendors/${vendorId}`;
    const { headers: { etag } } = await context.api.get(path);
    await context.api.patch(path, { name: 'One' }, { ifMatch: etag, expect: 200 });
    const late = await context.api.patch(path, { name: 'Two' }, { ifMatch: etag, expect: 412 });
    assert.equal(problem(late), 'version-mismatch');
    const odd = await context.api.patch(path, { name: 'Two' }, { ifMatch: '"x"', expect: 412 });
    assert.equal(problem(odd), 'precondition-failed');
    assert.equal((await context.api.get(path)).body.name, 'One');
  });

  test('only an Active vendor can be ordered from', async () => {
    const part = await context.shop.part(5);
    const path = `/vendors/${part.vendorId}`;
    const { body } = await context.api.patch(path, { status: 'Suspended', reason: 'audit' },
      { expect: 200 });
    assert.equal(body.status, 'Suspended');
    const refused = await context.shop.place([{ ...part, quantity: 1 }], {}, { expect: 409 });
    assert.equal(problem(refused), 'vendor-suspended');
    await context.api.patch(path, { status: 'Active' }, { expect: 200 });
    await context.shop.order([{ ...part, quantity: 1 }]);
  });

  test('a list is newest first, in pages that miss and repeat nothing', async () => {
    const made = [];
    for (let i = 0; i < 5; ++i) made.push(await context.shop.vendor());
    const { items, sizes } = await context.api.pages('/vendors', 2);
    assert.ok(sizes.slice(0, -1).every((size) => size === 2));
    const ids = items.map(({ vendorId }) => vendorId);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(ids.slice(0, 5), made.reverse());
  });

  test('credentials for the feed are made as often as asked, and revoked', async () => {
    const path = `/vendors/${await context.shop.vendor()}/nats-credentials`;
    const first = await context.api.post(path, {}, { expect: 201 });
    assert.equal(first.headers['cache-control'], 'no-store');
    const second = await context.api.post(path, { expiresInSeconds: 3600 }, { expect: 201 });
    assert.notEqual(second.body.creds, first.body.creds);
    assert.equal(second.body.consumer, first.body.consumer);
    for (const expiresInSeconds of [3599, 31_536_001, 'long']) {
      await context.api.post(path, { expiresInSeconds }, { expect: 400 });
    }
    await context.api.delete(path, { expect: 204 });
    await context.api.delete(path, { expect: 204 });
    await context.api.delete('/vendors/a.b/nats-credentials', { expect: 400 });
    for (const method of ['POST', 'DELETE']) {
      await context.api.send(method, `/vendors/${fresh('v')}/nats-credentials`, { expect: 404 });
    }
  });
}
