import { expect, it } from 'vitest';
import { Redacted } from '../shared/redacted.ts';
import { countUnder, sumWords } from './multiset.ts';

const keyOf = (byte: number) => new Redacted(new Uint8Array(32).fill(byte));
const rows = ['account\tA\t100', 'account\tB\t200', 'leg\t1', 'leg\t2', '中文'];
function sumOf(some: readonly string[], byte = 7): number[] {
  const sum = new Uint32Array(sumWords);
  for (const row of some) countUnder(keyOf(byte))(sum, 0, row, 1);
  return [...sum];
}

it('the same rows have the same digest in any order, and other rows or another key another one', () => {
  expect(sumOf(rows.toReversed())).toEqual(sumOf(rows));
  expect(sumOf(rows, 8)).not.toEqual(sumOf(rows));
  for (let i = 0; i < rows.length; i++) {
    expect(sumOf(rows.toSpliced(i, 1))).not.toEqual(sumOf(rows));
    expect(sumOf(rows.with(i, `${rows[i]}0`))).not.toEqual(sumOf(rows));
  }
});

it('rows that go leave what the others have, to the last bit', () => {
  const count = countUnder(keyOf(7));
  const sum = new Uint32Array(sumWords);
  for (const row of rows) count(sum, 0, row, 1);
  for (const row of rows.slice(0, 3)) count(sum, 0, row, -1);
  expect([...sum]).toEqual(sumOf(rows.slice(3)));
  for (const row of rows.slice(3)) count(sum, 0, row, -1);
  expect([...sum]).toEqual(new Array(sumWords).fill(0));
});

it('a row is SHA-256 of the key in hexadecimal and the row, in words from the first byte on', () => {
  // printf '07%.0s' {1..32} | { cat; printf 'leg\t1'; } | sha256sum
  const digest = Buffer.from('885a229996e737da7976a74021c41187bce21625170c72de56696719863fb1c9', 'hex');
  expect(sumOf(['leg\t1'])).toEqual(Array.from({ length: sumWords }, (_, i) => digest.readUInt32LE(i * 4)));
});
