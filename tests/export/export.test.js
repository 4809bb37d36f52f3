// Exports as others read them: Parquet by a reader that is not of its writer's program, JSON lines
// and CSV by hand, all with the same rows; digests by node's own SHA-256, the signature's absence or
// its check by node's own Ed25519.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { asyncBufferFromFile, parquetReadObjects, parquetMetadataAsync } from 'hyparquet';

import { Server, binary, sourceDir } from '../openapi/lib/server.js';

const writer = path.join(sourceDir, 'deploy/parquet/cassette-parquet.js');
let server;
let scratch;

async function post(target, body) {
  const answer = await fetch(new URL(target, server.url), { method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': `k-${target}-${body.key}` },
    body: JSON.stringify({ ...body, key: undefined }) });
  assert.equal(answer.status, 201, `${target}: ${await answer.text()}`);
}

before(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'cassette-export-'));
  server = await Server.start({ partitions: 2 });
  for (const vendorId of ['v1', 'v2']) {
    await post('/vendors', { vendorId, name: 'Cog & Sons, "the" best\u2028of all' });
    await post(`/vendors/${vendorId}/products`, { productId: 'p', name: 'Chain', SKU: 'C-1',
      price: { amount: 100, currency: 'USD' } });
    await post(`/vendors/${vendorId}/inventory/p`, { quantity: 100 });
  }
  for (let i = 0; i < 20; ++i) {
    await post('/orders', { key: i, orderId: `o-${i}`, customerId: 'c-1',
      items: [{ vendorId: 'v1', productId: 'p', quantity: 1 },
        { vendorId: 'v2', productId: 'p', quantity: 1 }] });
  }
});

after(async () => {
  await server.end();
  server.remove();
  rmSync(scratch, { recursive: true, force: true });
});

function run(name, args, environment = {}) {
  const out = path.join(scratch, name);
  execFileSync(binary, ['replay', 'export', '--data', server.data, '--out', out, ...args],
    { stdio: 'pipe', env: { ...process.env, ...environment } });
  const text = readFileSync(path.join(out, 'manifest.json'), 'utf8');
  const signed = JSON.parse(text);
  const files = signed.manifest.files.map((file) => path.join(out, file.name));
  return { out, text, signed, manifest: signed.manifest, files };
}

const jsonRows = ({ files }) => files.flatMap((file) =>
  readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line)));

// RFC 4180, a character after the other.
function csvRows({ files }) {
  return files.flatMap((file) => {
    const records = [[]];
    let field = '';
    let quoted = false;
    const text = readFileSync(file, 'utf8');
    for (let i = 0; i < text.length; ++i) {
      const c = text[i];
      if (quoted) {
        if (c !== '"') field += c;
        else if (text[i + 1] === '"') field += text[++i];
        else quoted = false;
      } else if (c === '"') {
        quoted = true;
      } else if (c === ',' || c === '\r') {
        records.at(-1).push(field);
        field = '';
      } else if (c === '\n') {
        records.push([]);
      } else {
        field += c;
      }
    }
    const [header, ...rows] = records.slice(0, -1);
    return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
  });
}

const micros = (text) =>
  BigInt(Date.parse(text.slice(0, 19) + 'Z')) * 1000n + BigInt(text.slice(20, 26));

test('the three formats have the same rows, and the manifest the digests', async () => {
  const jsonl = run('jsonl', ['--to', new Date().toISOString()]);
  const { to } = jsonl.manifest.plan;
  const csv = run('csv', ['--to', to, '--format', 'csv', '--rows-per-file', '50']);
  const parquet = run('parquet', ['--to', to, '--format', 'parquet', '--rows-per-file', '50',
    '--parquet-writer', writer]);
  const rows = jsonRows(jsonl);
  assert.ok(rows.length > 100);
  assert.ok(csv.files.length > 2 && parquet.files.length === csv.files.length);

  const fromCsv = csvRows(csv);
  assert.deepEqual(fromCsv.map(({ id }) => id), rows.map(({ id }) => id));
  fromCsv.forEach((row, i) => {
    for (const [name, value] of Object.entries(row)) {
      if (name === 'event') assert.deepEqual(JSON.parse(value), rows[i].event);
      else assert.equal(value, String(rows[i][name] ?? ''));
    }
  });

  const fromParquet = [];
  for (const name of parquet.files) {
    const file = await asyncBufferFromFile(name);
    fromParquet.push(...await parquetReadObjects({ file,
      parsers: { timestampFromMicroseconds: (value) => value } }));
    const { schema } = await parquetMetadataAsync(file);
    assert.equal(schema.find((each) => each.name === 'at').converted_type, 'TIMESTAMP_MICROS');
  }
  assert.equal(fromParquet.length, rows.length);
  fromParquet.forEach((row, i) => {
    assert.equal(row.id, rows[i].id);
    assert.equal(row.at, micros(rows[i].at));
    assert.equal(row.commit, BigInt(rows[i].commit));
    assert.equal(row.orderId, rows[i].orderId ?? null);
    const event = typeof row.event === 'string' ? JSON.parse(row.event) : row.event;
    assert.deepEqual(event, rows[i].event);
  });

  for (const made of [jsonl, csv, parquet]) {
    const sums = made.manifest.files.map(({ name, sha256, bytes }) => {
      const data = readFileSync(path.join(made.out, name));
      assert.equal(data.length, bytes);
      assert.equal(createHash('sha256').update(data).digest('hex'), sha256);
      return `${sha256}  ${name}\n`;
    }).join('');
    assert.equal(createHash('sha256').update(sums).digest('hex'), made.manifest.digest);
  }
});

test('Parquet of the same rows is the same bytes', () => {
  const to = new Date().toISOString();
  const args = ['--to', to, '--format', 'parquet', '--parquet-writer', writer];
  assert.deepEqual(run('once', args).manifest.files, run('twice', args).manifest.files);
});

test('without a program for Parquet it says what is missing', () => {
  const said = spawnSync(binary, ['replay', 'export', '--data', server.data, '--format', 'parquet',
    '--parquet-writer', path.join(scratch, 'nowhere'), '--out', path.join(scratch, 'none')]);
  assert.equal(said.status, 2);
  assert.match(said.stderr.toString(), /deploy\/parquet/);
});

test('the signature is of the manifest as it stands', () => {
  const { text, signed } = run('signed', []);
  assert.ok(signed.key, 'the running engine has a notary, whose key signs');
  const body = text.slice('{"manifest":'.length, text.indexOf(',"key":"ed25519:'));
  assert.deepEqual(JSON.parse(body), signed.manifest);
  // SubjectPublicKeyInfo of Ed25519 (RFC 8410): a fixed beginning and the key's 32 bytes.
  const der = Buffer.from(`302a300506032b6570032100${signed.key.slice('ed25519:'.length)}`, 'hex');
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  assert.ok(verify(null, Buffer.from(`cassette-export-v1\n${body}`), key,
    Buffer.from(signed.signature, 'hex')));
});

test('a chain can be followed by the lines of an export of commits alone', () => {
  const commits = run('commits', ['--rows', 'commits']);
  for (const range of commits.manifest.ranges) {
    let prev = '0'.repeat(64);
    for (const file of commits.manifest.files) {
      if (file.partition !== range.partition) continue;
      const lines = readFileSync(path.join(commits.out, file.name), 'utf8').split('\n');
      for (const line of lines.slice(0, -1)) {
        assert.equal(JSON.parse(line).prev, prev);
        prev = createHash('sha256').update(line).digest('hex');
      }
    }
    assert.equal(prev, range.hash);
  }
});
