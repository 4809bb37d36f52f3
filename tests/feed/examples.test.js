// The examples of docs/vendors.md against the real cassette: bind, acknowledge, stop, miss a
// thousand events, go on, and have each once.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Example } from './lib/example.js';
import { Market } from './lib/market.js';

const missed = 1_000;

let market;
before(async () => { market = await Market.start(); });
after(async () => { await market?.end(); });

function assertEachOnce(example, count) {
  const ids = example.ids();
  assert.equal(new Set(ids).size, ids.length, 'an event twice');
  assert.equal(ids.length, count);
}

// As the partition's ledger has them: "<partition>-<commit>-<index>".
function assertInOrder(ids) {
  const places = ids.map((id) => id.split('-').map(Number));
  for (let i = 1; i < places.length; ++i) {
    const [, commit, index] = places[i];
    const [, before, indexBefore] = places[i - 1];
    assert.ok(commit > before || (commit === before && index > indexBefore), ids[i]);
  }
}

for (const language of ['js', 'c']) {
  describe(`the example in ${language}`, { concurrency: false }, () => {
    const vendorId = `vendor-${language}`;
    let example;

    before(async () => {
      example = new Example(language);
      await market.vendor(vendorId);
      await market.vendor(`${vendorId}-2`);
      example.trust(await market.mint(vendorId, { token: await market.tokenOf(vendorId) }));
    });
    after(() => { example?.remove(); });

    test('has what happened before its credentials were made, and what happens now', async () => {
      example.start();
      await market.count(vendorId, 10);
      await market.count(`${vendorId}-2`, 10);
      const events = await market.happened(vendorId);
      assert.ok(events >= 12);
      await example.awaitEvents(events);
      assert.equal(await example.stop(), 0, example.said);
      assertEachOnce(example, events);
      assertInOrder(example.ids());
    });

    test('has each of a thousand that it missed once, in order', async () => {
      await market.count(vendorId, missed, 100);
      const events = await market.happened(vendorId);
      example.start();
      await example.awaitEvents(events);
      assert.equal(await example.stop(), 0, example.said);
      assertEachOnce(example, events);
      assertInOrder(example.ids());
      const others = example.lines().filter((line) => line.includes(`${vendorId}-2`));
      assert.deepEqual(others, []);
    });

    test('goes on after a kill, with none twice and none missing', async () => {
      const already = example.ids().length;
      await market.count(vendorId, missed, 2_000);
      example.start();
      await example.awaitEvents(already + 50);
      await example.kill();
      example.start();
      const events = await market.happened(vendorId);
      await example.awaitEvents(events);
      assert.equal(await example.stop(), 0, example.said);
      assertEachOnce(example, events);
    });

    test('starts from nothing again with new credentials: its place is the server\'s', async () => {
      await market.revoke(vendorId);
      example.start();
      assert.notEqual(await example.ended, 0);
      example.trust(await market.mint(vendorId));
      const already = example.ids().length;
      await market.count(vendorId, 5, 4_000);
      example.start();
      await example.awaitEvents(already + 5);
      assert.equal(await example.stop(), 0, example.said);
      assertEachOnce(example, already + 5);
    });
  });
}
