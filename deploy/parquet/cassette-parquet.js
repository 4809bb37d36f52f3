#!/usr/bin/env node
// cassette-parquet FILE: reads the rows of `cassette replay export`, a JSON object a line, on stdin
// and writes them to FILE as Apache Parquet, a row group at a time. The same rows make the same
// bytes. docs/export.md says what the columns hold.
import { ParquetWriter, fileWriter } from 'hyparquet-writer'

// What is held in memory at a time.
const ROWS_PER_GROUP = 20_000

const text = (row, name) => row[name] ?? null
const number = (row, name) => BigInt(row[name])
// Microseconds since 1970, of RFC 3339 in UTC with six decimals.
const time = (row, name) => {
  if (row[name] === undefined) return null
  return BigInt(Date.parse(row[name].slice(0, 19) + 'Z')) * 1000n + BigInt(row[name].slice(20, 26))
}
const json = (row, name) => JSON.stringify(row[name])

const STRING = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }
const INT64 = { type: 'INT64' }
const TIME = {
  type: 'INT64',
  converted_type: 'TIMESTAMP_MICROS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
}
const JSON_TEXT = { type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } }

const required = (name, element, value) => ({ name, element, value, repetition: 'REQUIRED' })
const optional = (name, element, value) => ({ name, element, value, repetition: 'OPTIONAL' })

const columns = [
  required('id', STRING, text),
  required('position', STRING, text),
  required('partition', INT64, number),
  required('commit', INT64, number),
  required('index', INT64, number),
  required('hash', STRING, text),
  required('at', TIME, time),
  optional('occurredAt', TIME, time),
  required('type', STRING, text),
  optional('by', STRING, text),
  optional('requestId', STRING, text),
  optional('command', STRING, text),
  optional('cause', STRING, text),
  optional('vendorId', STRING, text),
  optional('productId', STRING, text),
  optional('orderId', STRING, text),
  optional('customerId', STRING, text),
  required('event', JSON_TEXT, json),
]

const schema = [
  { name: 'root', num_children: columns.length },
  ...columns.map(({ name, element, repetition }) => ({
    name,
    ...element,
    repetition_type: repetition,
  })),
]

// By line feeds alone: node's own reader of lines also ends them at U+2028, which JSON may hold.
async function* lines(input) {
  let rest = ''
  for await (const chunk of input.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()
    yield* parts
  }
  if (rest !== '') throw new Error('the input ends within a line')
}

async function main(file) {
  const writer = new ParquetWriter({ writer: fileWriter(file), schema, createdBy: 'cassette' })
  let rows = []
  const flush = async () => {
    const columnData = columns.map(({ name, value }) => ({
      name,
      data: rows.map((row) => value(row, name)),
    }))
    await writer.write({ columnData, rowGroupSize: ROWS_PER_GROUP })
    rows = []
  }
  for await (const line of lines(process.stdin)) {
    rows.push(JSON.parse(line))
    if (rows.length === ROWS_PER_GROUP) await flush()
  }
  if (rows.length > 0) await flush()
  await writer.finish()
}

if (process.argv.length !== 3) {
  console.error('usage: cassette-parquet FILE <rows.jsonl')
  process.exit(2)
}
await main(process.argv[2])
