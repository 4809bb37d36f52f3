// Products: listing, revising, delisting, SKUs and search.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { problem } from '../lib/client.js';
import { fresh, usd } from '../lib/shop.js';

const details = (fields = {}) =>
  ({ name: 'Hub', SKU: fresh('SKU'), price: usd(1999), ...fields });

export default function catalogue(context) {
  test('a listed product can be read with all that was said of it', async () => {
    const vendorId = await context.shop.vendor();
    const productId = fresh('p');
    const said = details({
      description: 'Rear, 32 holes', category: 'Wheels', images: ['https://img.example/hub.png'],
      specifications: { holes: '32', 'axle type': 'thru' },
    });
    const made = await context.api.post(`/vendors/${vendorId}/products`, { productId, ...said },
      { expect: 201 });
    assert.equal(made.headers.location, `/vendors/${vendorId}/products/${productId}`);
    const { body, headers } = await context.api.get(made.headers.location);
    for (const [name, value] of Object.entries(said)) assert.deepEqual(body[name], value, name);
    await context.api.get(made.headers.location, { ifNoneMatch: headers.etag, expect: 304 });
    const again = await context.api.post(`/vendors/${vendorId}/products`,
      { productId, ...details() }, { expect: 409 });
    assert.equal(problem(again), 'already-exists');
  });

  test('PUT replaces all details, and lists what is new', async () => {
    const vendorId = await context.shop.vendor();
    const path = `/vendors/${vendorId}/products/${fresh('p')}`;
    const made = await context.api.put(path, details({ category: 'Wheels' }), { expect: 201 });
    assert.equal(made.headers.location, path);
    const revised = await context.api.put(path, details({ name: 'Front hub' }),
      { ifMatch: made.headers.etag, expect: 200 });
    assert.equal(revised.body.name, 'Front hub');
    assert.ok(!revised.body.category);
    await context.api.put(path, details(), { ifMatch: made.headers.etag, expect: 412 });
    await context.api.put(path, details(), { ifNoneMatch: '*', expect: 412 });
  });

  test('a SKU is one listed product\'s, and free again once it is delisted', async () => {
    const vendorId = await context.shop.vendor();
    const SKU = fresh('SKU');
    const productId = await context.shop.product(vendorId, { SKU });
    const path = `/vendors/${vendorId}/products`;
    const taken = await context.api.post(path, details({ SKU }), { expect: 409 });
    assert.equal(problem(taken), 'duplicate-sku');
    assert.equal(taken.body.productId, productId);
    await context.api.post(path, details({ SKU: SKU.toLowerCase() }), { expect: 201 });
    const found = await context.api.get(`${path}?sku=${SKU}`);
    assert.deepEqual(found.body.items.map((item) => item.productId), [productId]);
    await context.api.delete(`${path}/${productId}`, { ifMatch: '"99"', expect: 412 });
    await context.api.delete(`${path}/${productId}`, { expect: 204 });
    await context.api.delete(`${path}/${productId}`, { expect: 204 });
    await context.api.post(path, details({ SKU }), { expect: 201 });
    assert.equal((await context.api.get(`${path}/${productId}`)).body.status, 'Delisted');
  });

  test('a delisted product can be listed again, and can\'t be ordered meanwhile', async () => {
    const part = await context.shop.part(3);
    const path = `/vendors/${part.vendorId}/products/${part.productId}`;
    await context.api.delete(path, { expect: 204 });
    const refused = await context.shop.place([{ ...part, quantity: 1 }], {}, { expect: 409 });
    assert.equal(problem(refused), 'product-not-listed');
    await context.api.put(path, details(), { expect: [200, 201] });
    await context.shop.order([{ ...part, quantity: 1 }]);
  });

  test('search finds by words, category, vendor, stock and specifications', async () => {
    const word = fresh('word').replace('-', '');
    const vendorId = await context.shop.vendor();
    const stocked = await context.shop.part(3, { vendorId, product: {
      name: `Chain ${word}`, category: 'Drivetrain', specifications: { speeds: '11', 'a b': 'x' },
    } });
    const empty = await context.shop.product(vendorId,
      { name: `Chain ${word} spare`, category: 'Drivetrain', specifications: { speeds: '12' } });
    const search = async (query) =>
      (await context.api.get(`/products?q=${word}&${query}`)).body.items
        .map((item) => item.productId).sort();
    const both = [stocked.productId, empty].sort();
    assert.deepEqual(await search(''), both);
    assert.deepEqual(await search('category=Drivetrain'), both);
    assert.deepEqual(await search('category=drive'), []);
    assert.deepEqual(await search(`vendorId=${vendorId}`), both);
    assert.deepEqual(await search('vendorId=nobody'), []);
    assert.deepEqual(await search('inStock=true'), [stocked.productId]);
    assert.deepEqual(await search('inStock=false'), [empty]);
    assert.deepEqual(await search('spec.speeds=12'), [empty]);
    assert.deepEqual(await search('spec.speeds=11&spec.a%20b=x'), [stocked.productId]);
    assert.deepEqual(await search('spec.speeds=12&spec.a%20b=x'), []);
    const spare = (await context.api.get(`/products?q=SPARE%20${word}`)).body.items;
    assert.deepEqual(spare.map((item) => item.productId), [empty]);
  });

  test('what is suspended or delisted leaves search and stays with its vendor', async () => {
    const word = fresh('word').replace('-', '');
    const vendorId = await context.shop.vendor();
    const gone = await context.shop.product(vendorId, { name: word });
    await context.shop.product(vendorId, { name: word });
    const search = async () =>
      (await context.api.get(`/products?q=${word}`)).body.items.length;
    assert.equal(await search(), 2);
    await context.api.delete(`/vendors/${vendorId}/products/${gone}`, { expect: 204 });
    assert.equal(await search(), 1);
    await context.api.patch(`/vendors/${vendorId}`, { status: 'Suspended' }, { expect: 200 });
    assert.equal(await search(), 0);
    const { items } = await context.api.pages(`/vendors/${vendorId}/products`, 1);
    assert.ok(items.length >= 1);
    await context.api.get(`/vendors/${vendorId}/products/${gone}`);
  });
}
