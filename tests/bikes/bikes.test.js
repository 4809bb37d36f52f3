// AdventureWorks: what auditors are told of it against its tables' own rows, folded by a script
// that shares nothing with the engine: an order's story, every document at the end of every month,
// and the ledger taken out and put back.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { sourceDir } from '../openapi/lib/server.js';
import { cassette, Engine, forEach, must } from './lib/engine.js';
import { History, shownOrder, shownStock } from './lib/history.js';

const folder = path.join(process.env.CASSETTE_DATA ?? path.join(sourceDir, '../shared/data'),
  'adventureworks');
const skip = existsSync(folder) ? false
  : `NOT TESTED: the tables of AdventureWorks are not in ${folder}`;
if (skip) console.log(skip);

const partitions = 2;
// The ones that skip a step or have a problem, and some that don't.
const odd = ['44982', '63210', '65184', '66108', '73941', '74151'];

let history;
let engine;
let months;
let scratch;

// The first moment after a month.
function endOf(month) {
  const [year, number] = month.split('-').map(Number);
  return Date.UTC(year, number, 1);
}

before(async () => {
  if (skip) return;
  history = new History(folder);
  scratch = mkdtempSync(path.join(tmpdir(), 'cassette-bikes-'));
  engine = await Engine.start({ partitions });
  months = await engine.import(folder);
});

after(async () => {
  await engine?.end();
  engine?.server.remove();
  if (scratch) rmSync(scratch, { recursive: true, force: true });
});

// The document at the position that is of its own partition: others are refused by name. Which one
// that is, is tried out once for each id that a partition is known by.
const homes = new Map();
async function documentAt(target, home, positions) {
  if (!homes.has(home)) {
    for (const position of positions) {
      const answer = await engine.get(`${target}?asOf=${position}`);
      if (answer.status === 400) continue;
      homes.set(home, Number(position.split(':')[0]));
      return answer;
    }
    throw new Error(`${target} is in no partition of ${positions}`);
  }
  const own = positions.find((each) => Number(each.split(':')[0]) === homes.get(home));
  return engine.get(`${target}?asOf=${own}`);
}

describe('AdventureWorks', { skip }, () => {
  test('the import prints a position for each month in which something happened', () => {
    assert.deepEqual(months.map(([month]) => month), history.months());
    for (const [, positions] of months) assert.equal(positions.length, partitions);
  });

  test('every order and stock item, as of the end of each month, is as the rows say', async () => {
    let compared = 0;
    for (const [month, positions] of months) {
      const end = endOf(month);
      await forEach(history.orders.keys(), async (id) => {
        const wanted = history.orderAt(id, end);
        const answer = await documentAt(`/orders/aw-${id}`, `aw-${id}`, positions);
        compared += 1;
        const which = `order ${id}, ${month}`;
        assert.equal(answer.status, wanted ? 200 : 404, `${which}: ${answer.text}`);
        if (wanted) assert.deepEqual(shownOrder(JSON.parse(answer.text)), wanted, which);
      });
      await forEach(history.stockAt(end), async ([id, wanted]) => {
        const vendor = wanted.vendorId;
        const answer = await documentAt(`/vendors/${vendor}/inventory/${id}`, vendor, positions);
        compared += 1;
        assert.equal(answer.status, 200, `stock ${vendor}/${id}, ${month}: ${answer.text}`);
        assert.deepEqual(shownStock(JSON.parse(answer.text)), wanted, `stock ${id}, ${month}`);
      });
    }
    console.log(`${compared} documents as of the end of ${months.length} months`);
  });

  test('vendors were active while there were orders, and some are suspended now', async () => {
    const [, positions] = months.at(-1);
    await forEach(history.vendors, async ([id, active]) => {
      const then = JSON.parse((await documentAt(`/vendors/${id}`, id, positions)).text);
      const now = JSON.parse((await engine.get(`/vendors/${id}`)).text);
      assert.equal(then.status, 'Active', id);
      assert.equal(now.status, active ? 'Active' : 'Suspended', id);
    });
  });

  test('the command prints the very bytes that are served', async () => {
    const ids = [...history.orders.keys()];
    for (const [i, [month, positions]] of months.entries()) {
      if (i % 6 !== 5) continue;
      const id = ids[i * 7];
      const target = `/orders/aw-${id}`;
      const answer = await documentAt(target, `aw-${id}`, positions);
      const own = positions.find((each) => Number(each.split(':')[0]) === homes.get(`aw-${id}`));
      const said =
        await cassette('replay', 'as-of', own, 'order', `aw-${id}`, '--data', engine.data);
      const there = answer.status === 200;
      assert.equal(said.status, there ? 0 : 1, `${month}, order ${id}: ${said.stderr}`);
      if (there) assert.equal(said.stdout, `${answer.text}\n`);
    }
  });
});

describe('the story of an order', { skip }, () => {
  // Of one part: each status with the moment that the tables have for it, and each note.
  function toldOf(story, part) {
    const steps = new Map(story.steps.map((step) => [step.id, step]));
    const statuses = part.history.map(({ status, id }) =>
      ({ at: Date.parse(steps.get(id).occurredAt), status }));
    const notes = story.steps
      .filter((step) => step.vendorId === part.vendorId && step.event?.note)
      .map((step) => ({ at: Date.parse(step.occurredAt), note: step.event.note,
        onShipment: step.type !== 'SubOrderNoted' }));
    return { statuses, notes };
  }

  function rowsOf(id) {
    const { steps } = history.orders.get(id);
    return {
      statuses: steps.filter((step) => step.status).map(({ at, status }) => ({ at, status })),
      notes: steps.filter((step) => step.note).map(({ at, note, onShipment }) =>
        ({ at, note, onShipment })),
    };
  }

  test('of ten orders is their own tracking', async () => {
    const plain = [...history.orders.keys()].filter((id) => !odd.includes(id));
    const ten = [...odd, ...[0, 400, 900, 1400].map((i) => plain[i])];
    for (const id of ten) {
      const story = JSON.parse(
        await must('replay', 'explain', 'order', `aw-${id}`, '--json', '--data', engine.data));
      const wanted = history.orderAt(id, Infinity);
      assert.equal(story.status, wanted.status);
      assert.equal(story.total.amount, wanted.totalAmount);
      assert.deepEqual(story.subOrders.map((part) => part.vendorId),
        wanted.subOrders.map((part) => part.vendorId));
      for (const part of story.subOrders) {
        assert.deepEqual(toldOf(story, part), rowsOf(id), `order ${id}, vendor ${part.vendorId}`);
      }
      for (const [i, part] of story.subOrders.entries()) {
        const lines = part.lines.map((line) => [line.lineId, line.productId, line.reserved,
          line.shipped, line.delivered]);
        assert.deepEqual(lines, wanted.subOrders[i].items.map((line) => [line.lineId,
          line.productId, line.quantity, line.shipped, line.delivered]));
      }
    }
  });
});

describe('out and back', { skip }, () => {
  const digestOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

  test('a what-if under the rules as they were finds no difference', async () => {
    const rules = path.join(scratch, 'control.json');
    writeFileSync(rules, '{}');
    const report = JSON.parse(
      await must('replay', 'whatif', '--rules', rules, '--json', '--data', engine.data));
    assert.equal(report.differingOrders, 0);
    assert.equal(report.differingStockItems, 0);
    assert.equal(report.fellAway, 0);
    assert.equal(report.recorded.orders.stands, history.orders.size);
    const totals = [...history.orders.keys()]
      .map((id) => history.orderAt(id, Infinity).totalAmount);
    assert.equal(report.recorded.values.USD.kept, totals.reduce((sum, each) => sum + each, 0));
  });

  test('an export of commits comes back with the same read models', async () => {
    const out = path.join(scratch, 'export');
    const fresh = path.join(scratch, 'fresh');
    await must('replay', 'export', '--rows', 'commits', '--out', out, '--data', engine.data);
    const { manifest } = JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8'));
    for (const { name, sha256 } of manifest.files) {
      assert.equal(digestOf(path.join(out, name)), sha256);
    }
    await must('replay', 'restore', out, '--data', fresh);
    assert.match(await must('replay', 'verify', '--data', fresh), /^sound/);
    await must('replay', 'rebuild', '--data', fresh);
    // The restored read models against the first ledger, and the first ones against the restored.
    for (const [ledger, models] of [[engine.data, fresh], [fresh, engine.data]]) {
      const said = await must('replay', 'verify', '--json', '--data', ledger,
        '--read-models', path.join(models, 'models'));
      const compared = JSON.parse(said).readModels;
      assert.equal(compared.verdict, 'sound');
      assert.ok(compared.models.length > 5);
      for (const each of compared.models) assert.equal(each.digest, each.rebuilt, each.name);
    }
  });

  test('an export of events has every event once', async () => {
    const out = path.join(scratch, 'events');
    await must('replay', 'export', '--out', out, '--data', engine.data);
    const { manifest } = JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8'));
    const ids = new Set();
    let lines = 0;
    const placed = new Set();
    for (const file of manifest.files) {
      for (const line of readFileSync(path.join(out, file.name), 'utf8').trimEnd().split('\n')) {
        const row = JSON.parse(line);
        lines += 1;
        ids.add(row.id);
        if (row.type === 'OrderPlaced') placed.add(row.orderId);
      }
    }
    assert.equal(ids.size, lines);
    assert.equal(lines, manifest.ranges.reduce((sum, range) => sum + range.events, 0));
    assert.deepEqual([...placed].sort(), [...history.orders.keys()].map((id) => `aw-${id}`).sort());
  });
});
