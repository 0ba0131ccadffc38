import Database from 'better-sqlite3-multiple-ciphers';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { utf8, utf8ToText } from '../../shared/bytes.ts';
import { leafHash } from '../../shared/log/hash.ts';
import { MerkleTree } from '../../shared/log/merkle.ts';
import { loadTree, openTree, packRecords, storedRecords, writeRecords } from './log.ts';
import { migrations } from './migrations/all.ts';
import { finish, recountRecords } from './recount.ts';
import { SeenKeys } from './seen.ts';

const open = () => new Database(':memory:').exec(migrations.map(({ sql }) => sql).join('')) as never;

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

describe('the tree by the hashes over its leaves', () => {
  const size = 33 * 256 + 77;
  const many = Array.from({ length: size }, (_, n) => utf8(`{"n":${n}}`));
  function written(batch: number) {
    const database = open() as InstanceType<typeof Database>;
    const tree = new MerkleTree(sha256);
    for (let from = 0; from < size; from += batch) {
      const leaves = many.slice(from, from + batch);
      for (const leaf of leaves) tree.append(leafHash(sha256, leaf));
      writeRecords(database as never, tree, from, packRecords(leaves));
    }
    return { database, tree };
  }
  const openOf = (database: unknown) => openTree(database as never, sha256);

  it('is the tree that was stored, with every proof of it, and grows like it', () => {
    const { database, tree } = written(1000);
    const opened = openOf(database);
    for (const of of [size, 1, 256, 257, 8191, 8192]) expect(opened.root(of)).toEqual(tree.root(of));
    for (const at of [0, 255, 256, 5000, size - 1]) expect(opened.inclusion(at)).toEqual(tree.inclusion(at));
    for (const older of [1, 200, 256, 3000, 8193]) expect(opened.consistency(older)).toEqual(tree.consistency(older));
    expect(opened.leafHashes(0, size)).toEqual(tree.leafHashes(0, size));
    expect(opened.leafHashes(700, 8450)).toEqual(tree.leafHashes(700, 8450));
    const more = Array.from({ length: 600 }, (_, n) => leafHash(sha256, utf8(`more ${n}`)));
    for (const one of [opened, tree]) for (const leaf of more) one.append(leaf);
    expect(opened.root()).toEqual(tree.root());
    opened.truncate(size);
    expect(opened.root()).toEqual(tree.root(size));
    expect(opened.node(0, size)).toBeUndefined();
  });

  it('reads no leaf for its root but those that have no hash over them yet', () => {
    const { database, tree } = written(999);
    database.exec('UPDATE hashes SET leaves = zeroblob(8192) WHERE tile < 33');
    expect(openOf(database).root()).toEqual(tree.root());
  });

  it('does not take a leaf that was changed, or that is gone: what is read is held against the hash over it', () => {
    for (const change of [
      'UPDATE hashes SET leaves = (SELECT leaves FROM hashes WHERE tile = 2) WHERE tile = 1',
      'DELETE FROM hashes WHERE tile = 1',
      'UPDATE hashes SET leaves = substr(leaves, 1, 8160) WHERE tile = 1',
    ]) {
      const { database } = written(size);
      database.exec(change);
      const opened = openOf(database);
      expect(opened.node(0, 255)).toBeDefined();
      expect(opened.node(0, 256)).toBeUndefined();
      expect(finish(recountRecords(database as never, opened, size, sha256))).toBe(256);
    }
  });

  it('has another root where a hash over leaves was changed', () => {
    const { database, tree } = written(size);
    database.exec('UPDATE tops SET nodes = zeroblob(length(nodes)) WHERE row = 0');
    expect(openOf(database).root()).not.toEqual(tree.root());
  });

  it('is read whole where the hashes are not stored, or too few or too many, and they are stored when the log grows', () => {
    for (const change of [
      'DELETE FROM tops',
      'DELETE FROM tops WHERE row = 0',
      'INSERT INTO tops VALUES (2, zeroblob(32))',
    ]) {
      const { database, tree } = written(1000);
      database.exec(change);
      expect(openOf(database).root()).toEqual(tree.root());
    }
    const { database, tree } = written(1000);
    const before = database.prepare('SELECT nodes FROM tops ORDER BY row').pluck().all();
    database.exec('DELETE FROM tops');
    const opened = openOf(database);
    const next = utf8('{"one":"more"}');
    for (const one of [opened, tree]) one.append(leafHash(sha256, next));
    writeRecords(database as never, opened, size, packRecords([next]));
    expect(database.prepare('SELECT nodes FROM tops ORDER BY row').pluck().all()).toEqual(before);
    expect(openOf(database).root()).toEqual(tree.root());
  });
});
