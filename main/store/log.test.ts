import Database from 'better-sqlite3-multiple-ciphers';
import { expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { utf8, utf8ToText } from '../../shared/bytes.ts';
import { leafHash } from '../../shared/log/hash.ts';
import { MerkleTree } from '../../shared/log/merkle.ts';
import { loadTree, packRecords, storedRecords, writeRecords } from './log.ts';
import { sql } from './migrations/001-books.ts';
import { SeenKeys } from './seen.ts';

const open = () => new Database(':memory:').exec(sql) as never;

const { sha256 } = nodePrimitives;
const leaves = Array.from({ length: 1500 }, (_, n) => utf8(`{"n":${n},"text":"${'金'.repeat((n * 7919) % 300)}"}`));

it('records come back as they were, alone or many to a row, from any place to any other', async () => {
  const database = open();
  const tree = new MerkleTree(sha256);
  let from = 0;
  for (const size of [1, 1, 2, 127, 128, 129, 1, 700, 411]) {
    const batch = leaves.slice(from, from + size);
    for (const leaf of batch) tree.append(leafHash(sha256, leaf));
    writeRecords(database, tree, from, packRecords(batch));
    from += size;
  }
  expect(from).toBe(leaves.length);
  for (const [first, last] of [
    [0, 1500],
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [130, 132],
    [257, 390],
    [1499, 1500],
    [600, 9000],
    [1500, 1600],
    [7, 7],
  ]) {
    const read = [...storedRecords(database, first as number, last as number)].map(utf8ToText);
    expect(read).toEqual(leaves.slice(first, last).map(utf8ToText));
  }
  expect(loadTree(database, sha256).root()).toEqual(tree.root());
});

it('a record of the greatest length fits a row, with others beside it', async () => {
  const database = open();
  const tree = new MerkleTree(sha256);
  const long = [utf8(`{"a":"${'x'.repeat(65_535 - 8)}"}`), utf8('{}'), utf8(`{"b":"${'y'.repeat(65_535 - 8)}"}`)];
  for (const leaf of long) tree.append(leafHash(sha256, leaf));
  writeRecords(database, tree, 0, packRecords(long));
  expect([...storedRecords(database, 0, 3)].map((leaf) => leaf.length)).toEqual([65_535, 2, 65_535]);
});

it('every key that was seen is found at its place, also after opening again and after a commit that failed', () => {
  const database = open() as InstanceType<typeof Database>;
  const strange = ['', '漢字', 'x'.repeat(90)];
  const key = (n: number) => `reference|CNY|${strange[n % 3]}${n}` as const;
  let seen = new SeenKeys(database);
  for (let from = 0; from < 20_000; from += 1000) {
    seen.write(
      from,
      Array.from({ length: 1000 }, (_, i) => [key(from + i), from + i] as const),
    );
    if (from % 7000 === 0) seen = new SeenKeys(database);
  }
  const failing = database.transaction(() => {
    seen.write(20_000, [[key(20_000), 20_000]]);
    throw new Error('disk full');
  });
  expect(failing).toThrow('disk full');
  seen.forget();
  for (let n = 0; n < 20_000; n++) expect(seen.placesOf(key(n))).toContain(n);
  let strangers = 0;
  for (let n = 20_000; n < 60_000; n++) strangers += seen.placesOf(key(n)).length;
  // 40,000 questions to 20,000 keys of 32 bits: a fifth of one false place is expected.
  expect(strangers).toBeLessThan(5);
});
