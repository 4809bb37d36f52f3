// The notary: signed heads that follow one another, and proofs that hold under them, checked here
// by RFC 6962's rules and nothing of ours.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';

import { problem } from '../lib/client.js';

// A head is signed a second after it is due; past this it does not come.
const appearsMs = 20_000;

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const bytes = (hex) => Buffer.from(hex, 'hex');

// The SubjectPublicKeyInfo of an Ed25519 key begins like this (RFC 8410).
const spki = bytes('302a300506032b6570032100');
function verifies(head) {
  const { signature, ...signed } = head;
  const message = `cassette-head-v1\n${JSON.stringify(signed)}`;
  const der = Buffer.concat([spki, bytes(head.key.replace('ed25519:', ''))]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, Buffer.from(message), key, bytes(signature));
}

const nameOf = ({ signature, ...signed }) => sha256(JSON.stringify(signed)).toString('hex');

// RFC 9162, section 2.1.3.2.
function rootFrom({ position, index, path, body }, size) {
  const sequence = Buffer.alloc(8);
  sequence.writeBigUInt64BE(BigInt(position.split(':')[1]));
  let node = sha256(bytes('00'), sequence, sha256(body));
  let at = index;
  let last = size - 1;
  for (const sibling of path.map(bytes)) {
    assert.ok(last > 0);
    if (at % 2 === 1 || at === last) {
      node = sha256(bytes('01'), sibling, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else {
      node = sha256(bytes('01'), node, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  assert.equal(last, 0);
  return node.toString('hex');
}

export default function notary(context) {
  const heads = async (after = 0) =>
    (await context.api.get(`/audit/heads?after=${after}&limit=200`, { expect: 200 })).body;

  // The first head that covers the position.
  async function headOver(position) {
    const [partition, commit] = position.split(':').map(Number);
    for (const end = Date.now() + appearsMs; Date.now() < end;) {
      const { items } = await heads(Math.max(0, (await heads()).last - 100));
      const found = items.find((head) => head.partitions[partition].commit >= commit);
      if (found) return found;
    }
    return assert.fail(`no head over ${position}`);
  }

  test('a commit is proven under a head that the key signed', async () => {
    const made = await context.api.post('/vendors', { name: 'Proven' }, { expect: 201 });
    const position = made.headers['cassette-position'].split(',').at(-1);
    const head = await headOver(position);
    assert.ok(verifies(head));
    assert.ok(!verifies({ ...head, number: head.number + 1 }));
    const { body: keys } = await context.api.get('/audit/keys', { expect: 200 });
    assert.deepEqual(keys.items, [{ key: head.key, signs: true }]);
    const { body: proof } = await context.api.get(
      `/audit/proof?position=${position}&head=${head.number}`, { expect: 200 });
    assert.deepEqual(proof.head, head);
    const { size, root } = head.partitions[Number(position.split(':')[0])];
    assert.equal(rootFrom(proof, size), root);
    assert.notEqual(rootFrom({ ...proof, body: `${proof.body} ` }, size), root);
    assert.ok(JSON.parse(proof.body).events.some(({ type }) => type === 'VendorRegistered'));
  });

  test('heads follow one another, and one is proven to go on from another', async () => {
    const before = await heads();
    await headOver((await context.api.post('/vendors', { name: 'Later' }, { expect: 201 }))
      .headers['cassette-position'].split(',').at(-1));
    const { items, last } = await heads();
    assert.ok(last > before.last);
    for (const [i, head] of items.entries()) {
      assert.equal(head.number, i + 1);
      assert.equal(head.prev, i === 0 ? '0'.repeat(64) : nameOf(items[i - 1]));
      assert.equal(head.partitions.length, context.partitions);
      assert.ok(verifies(head));
    }
    const { body } = await context.api.get(`/audit/proof?since=1&head=${items.at(-1).number}`,
      { expect: 200 });
    assert.equal(body.kind, 'consistency');
    assert.equal(body.paths.length, context.partitions);
    assert.deepEqual(body.since, items[0]);
  });

  test('what can\'t be proven is refused by name', async () => {
    const refused = async (query, status) =>
      problem(await context.api.get(`/audit/proof?${query}`, { expect: status }));
    assert.equal(await refused('position=0:99999999', 404), 'not-found');
    assert.equal(await refused('position=77:1', 404), 'not-found');
    assert.equal(await refused('position=0:1&head=99999', 404), 'not-found');
    assert.equal(await refused('since=99999', 404), 'not-found');
    for (const query of
      ['', 'position=x', 'position=0:1&since=1', 'since=0', 'since=2&head=1', 'head=1']) {
      assert.equal(await refused(query, 400), 'invalid-parameter', query);
    }
    for (const query of ['after=-1', 'limit=0', 'limit=201']) {
      await context.api.get(`/audit/heads?${query}`, { expect: 400 });
    }
  });
}
