// 工作簿: reads the first sheet of an XLSX, enough to compare an export with the table on the screen.
'use strict';

const assert = require('assert');
const zlib = require('zlib');

/** Entries of a ZIP archive by name. */
function unzip(bytes) {
  const entries = {};
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== 0x06054b50) end -= 1;
  assert.ok(end >= 0, 'not a ZIP archive');
  let at = bytes.readUInt32LE(end + 16);
  for (let n = bytes.readUInt16LE(end + 10); n > 0; n -= 1) {
    const [method, size, nameLength, extra, comment, start] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28),
      bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42)];
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const from = start + 30 + bytes.readUInt16LE(start + 26) + bytes.readUInt16LE(start + 28);
    const packed = bytes.subarray(from, from + size);
    entries[name] = method === 8 ? zlib.inflateRawSync(packed) : packed;
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

const plain = (xml) => xml.replace(/<[^>]*>/g, '').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&apos;/g, "'").replace(/&amp;/g, '&');

/** Rows of the first sheet: texts, and numbers as numbers. */
function sheet(bytes) {
  const entries = unzip(bytes);
  const shared = [...String(entries['xl/sharedStrings.xml'] || '').matchAll(/<si>([\s\S]*?)<\/si>/g)].map(([, text]) => plain(text));
  return [...String(entries['xl/worksheets/sheet1.xml']).matchAll(/<row [^>]*?(?:\/>|>([\s\S]*?)<\/row>)/g)].map(([, row]) => {
    const cells = [];
    for (const [, reference, attributes, inside] of (row || '').matchAll(/<c r="([A-Z]+)\d+"([^>]*?)(?:\/>|>([\s\S]*?)<\/c>)/g)) {
      const column = [...reference].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
      const value = plain((/<v>([\s\S]*?)<\/v>/.exec(inside || '') || /<is>([\s\S]*?)<\/is>/.exec(inside || '') || ['', ''])[1]);
      if (/t="s"/.test(attributes)) cells[column] = shared[Number(value)];
      else if (/t="(inlineStr|str)"/.test(attributes) || value === '') cells[column] = value;
      else cells[column] = Number(value);
    }
    return Array.from(cells, (cell) => (cell === undefined ? '' : cell));
  });
}

/** Fails unless the sheet holds the table: the same headings, below them the same rows. A table in pages is whole in the sheet. */
function sameAsTable(rows, table) {
  const bare = (text) => String(text).replace(/\s/g, '');
  const heading = table.findIndex((row, i) => table[i + 1] && row.length === table[i + 1].length && row.length > 1);
  const start = rows.findIndex((row) => row.length === table[heading].length && row.every((cell, i) => bare(cell) === bare(table[heading][i])));
  assert.ok(start >= 0, `the headings ${table[heading].join('|')} are not in the workbook; it begins ${JSON.stringify(rows.slice(0, 8))}`);
  const shown = table.slice(heading + 1);
  shown.forEach((row, i) => row.forEach((cell, column) => {
    const isTotal = table.hasTotal && i === shown.length - 1;
    const exported = ((isTotal ? rows[rows.length - 1] : rows[start + 1 + i]) || [])[column];
    assert.ok(equal(exported, cell), `row ${i + 1}, ${table[heading][column]}: ${JSON.stringify(exported)} in the workbook, ${JSON.stringify(cell)} on the screen`);
  }));
}

/** The screen rounds: a number in the workbook may be more exact by less than half of the last place shown. */
function equal(exported, shown) {
  if (typeof exported !== 'number') return String(exported === undefined ? '' : exported).replace(/\s/g, '') === shown.replace(/\s/g, '');
  // A day is a number in a workbook.
  if (/^\d{4}-\d\d-\d\d/.test(shown)) return Math.abs(exported - (Date.parse(`${shown.replace(' ', 'T').slice(0, 16)}${shown.length > 10 ? '' : 'T00:00'}Z`) / 86_400_000 + 25_569)) < 0.001;
  const digits = shown.replace(/[,%▲▼盈亏\s]/g, '');
  const places = (digits.split('.')[1] || '').length + (shown.includes('%') ? 2 : 0);
  const value = Number(digits) / (shown.includes('%') ? 100 : 1);
  return Math.abs(value - exported) <= 0.5 * 10 ** -places + 1e-9;
}

module.exports = { sheet, sameAsTable };
