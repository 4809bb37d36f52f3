// The feed's documents against its golden events: every type has a schema that its event fits,
// member by member, and docs/feed.md shows both as they are.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

const root = process.env.CASSETTE_SOURCE_DIR ?? join(import.meta.dirname, '../..');
const read = (path) => readFileSync(join(root, path), 'utf8');

// What a consumer must put up with, a test needn't: members that no schema names.
function close(schema) {
  if (schema === null || typeof schema !== 'object') return;
  if (schema.properties && !('additionalProperties' in schema)) schema.additionalProperties = false;
  for (const inner of Object.values(schema)) close(inner);
}

const asyncapi = parse(read('docs/asyncapi.yaml'));
const { messages, schemas } = asyncapi.components;
const published = structuredClone(messages);
const closed = structuredClone(asyncapi);
close(closed.components.schemas);
for (const message of Object.values(closed.components.messages)) {
  close(message.payload.allOf[1].properties.data);
}
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(closed, 'feed');

const golden = new Map(readdirSync(join(root, 'tests/golden/feed')).map((file) => {
  const [subject, body] = read(join('tests/golden/feed', file)).split('\n');
  return [file.replace(/\.txt$/, ''), { subject, event: JSON.parse(body) }];
}));
const validator = (type) => ajv.getSchema(`feed#/components/messages/${type}/payload`);

test('every type has a message, and every message a golden event', () => {
  assert.deepEqual([...golden.keys()].sort(), Object.keys(messages).sort());
});

for (const [type, { subject, event }] of golden) {
  test(`${type} fits its schema, and nothing of it is unnamed`, () => {
    const valid = validator(type);
    assert.ok(valid(event), JSON.stringify(valid.errors));
    assert.equal(event.type, `cassette.${type}`);
    for (const name of messages[type].payload.allOf[1].properties.data.required) {
      const { [name]: gone, ...data } = event.data;
      assert.ok(!valid({ ...event, data }), `${name} is required`);
    }
    assert.ok(!valid({ ...event, data: { ...event.data, unnamed: 1 } }));
    assert.ok(!valid({ ...event, unnamed: 1 }));
    const { id, ...anonymous } = event;
    assert.ok(!valid(anonymous));
    assert.ok(subject.startsWith('feed.'));
  });

  test(`${type} has the subject of its channel`, () => {
    const channels = Object.values(asyncapi.channels).filter((one) => type in one.messages);
    assert.equal(channels.length, 1);
    const pattern = channels[0].address.replaceAll('.', '\\.').replace('{event}', type)
      .replace(/\{\w+\}/g, '[A-Za-z0-9_-]+');
    assert.match(subject, new RegExp(`^${pattern}$`));
  });
}

// ---- docs/feed.md

const page = read('docs/feed.md');
const blocks = (text, language) =>
  [...text.matchAll(/```(.*)\n([^]*?)```/g)].filter((found) => found[1] === language)
    .map((found) => JSON.parse(found[2]));
const sections = page.split('\n### ').slice(1).map((text) => [text.split('\n', 1)[0], text]);
const local = (schema) =>
  JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/'));

test('the page has a section for each type', () => {
  assert.deepEqual(sections.map(([type]) => type).sort(), [...golden.keys()].sort());
});

for (const [type, text] of sections) {
  test(`the page shows ${type} as it is`, () => {
    const data = published[type].payload.allOf[1].properties.data;
    assert.deepEqual(blocks(text, 'json schema')[0], local(data));
    assert.deepEqual(blocks(text, 'json')[0], golden.get(type).event);
  });
}

test('the page shows the shared schemas as they are', () => {
  const { headers, cloudEvent, ...shared } = local(schemas);
  assert.deepEqual(blocks(page, 'json defs')[0], shared);
});
