// CSV as the tables have it (RFC 4180): quoted or not, a header line. Written for these tests, and
// apart from what the import reads them by.
import { readFileSync } from 'node:fs';

function* fieldsOf(text) {
  let row = [];
  for (let at = 0; at < text.length;) {
    let value = '';
    if (text[at] === '"') {
      const closing = /"(?!")/g;
      for (closing.lastIndex = at + 1; ;) {
        const found = closing.exec(text);
        if (!found) throw new Error('an open quote');
        // A doubled quote was skipped at its first half: what precedes must be no quote's half.
        const quotes = /"*$/.exec(text.slice(at + 1, found.index))[0].length;
        if (quotes % 2 === 1) continue;
        value = text.slice(at + 1, found.index).replaceAll('""', '"');
        at = found.index + 1;
        break;
      }
    } else {
      const end = text.slice(at).search(/[,\r\n]/);
      const stop = end < 0 ? text.length : at + end;
      value = text.slice(at, stop);
      at = stop;
    }
    row.push(value);
    if (text[at] === ',') { at += 1; continue; }
    while (text[at] === '\r' || text[at] === '\n') at += 1;
    yield row;
    row = [];
  }
}

// The rows as objects by the header's names.
export function readCsv(file) {
  const [header, ...rows] = [...fieldsOf(readFileSync(file, 'utf8'))];
  return rows.map((row) => {
    if (row.length !== header.length) throw new Error(`${file}: a row of ${row.length} fields`);
    return Object.fromEntries(header.map((name, i) => [name, row[i]]));
  });
}
