// The posting pipeline as a terminal runs it on a log: parse, canonical form, decide, hash, tree, legs, balances, index, records;
// in batches of 1,000, each one database transaction, synced. Signatures are not checked: the rows that it is given have none.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives } from '../crypto/node.ts';
import { random } from '../crypto/secret.ts';
import { SqlBooks } from '../main/store/books.ts';
import { packRecords, writeRecords } from '../main/store/log.ts';
import { migrate } from '../main/store/migrate.ts';
import { migrations } from '../main/store/migrations/all.ts';
import { openStore } from '../main/store/open.ts';
import { BooksLayer } from '../shared/books.ts';
import { decide } from '../shared/decide.ts';
import { leafHash } from '../shared/log/hash.ts';
import { MerkleTree } from '../shared/log/merkle.ts';
import { parseRecord } from '../shared/record.ts';
import { Redacted } from '../shared/redacted.ts';
import { openPlainStore } from './plain-store.ts';

export const batch = 1000;

/** Every check is made except that of the signature itself. */
const unsigned = { ...nodePrimitives, verifyEs256: () => true, verifyEd25519: () => true };

/** Seconds that each batch took. */
export async function postingTimes(
  leaves: readonly Uint8Array[],
  cipher: 'sqlcipher' | 'none' = 'sqlcipher',
): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  const store = openMeasured(join(folder, 'vault.db'), cipher);
  const books = new SqlBooks(store, store.digests);
  const tree = new MerkleTree(nodePrimitives.sha256);
  const times: number[] = [];
  for (let from = 0; from < leaves.length; from += batch) {
    const began = performance.now();
    const layer = new BooksLayer(books);
    const some = leaves.slice(from, from + batch);
    for (const leaf of some) {
      const record = parseRecord(leaf);
      if (!record.ok) throw new Error(record.refusal.why);
      const decision = decide(layer, record.value, unsigned);
      if (!decision.ok) throw new Error(decision.refusal.why);
      layer.apply(decision.value);
      tree.append(leafHash(nodePrimitives.sha256, leaf));
    }
    const packed = packRecords(some);
    store.transaction(() => {
      books.write(layer);
      writeRecords(store, tree, from, packed);
    });
    times.push((performance.now() - began) / 1000);
  }
  store.close();
  rmSync(folder, { recursive: true });
  return times;
}

function openMeasured(file: string, cipher: 'sqlcipher' | 'none') {
  if (cipher === 'none') {
    const store = openPlainStore(file);
    for (const { sql } of migrations) store.exec(sql);
    return store;
  }
  const store = openStore(file, new Redacted(random(32)), 'create');
  if (!store.ok) throw new Error(store.refusal.why);
  migrate(store.value, migrations);
  return store.value;
}

export const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** Rows per second over the whole run. */
export const postingRate = async (...run: Parameters<typeof postingTimes>): Promise<number> =>
  run[0].length / sum(await postingTimes(...run));
