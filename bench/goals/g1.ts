// G1: the whole posting pipeline on rows that nobody signed (parse, canonical form, decide, hash, tree, legs, balances, records),
// in batches of 1,000, each durable, against the store alone.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives } from '../../crypto/node.ts';
import { random } from '../../crypto/secret.ts';
import { SqlBooks } from '../../main/store/books.ts';
import { packRecords, writeRecords } from '../../main/store/log.ts';
import { migrate } from '../../main/store/migrate.ts';
import { migrations } from '../../main/store/migrations/all.ts';
import { openStore } from '../../main/store/open.ts';
import { BooksLayer } from '../../shared/books.ts';
import { utf8 } from '../../shared/bytes.ts';
import { decide } from '../../shared/decide.ts';
import { leafHash } from '../../shared/log/hash.ts';
import { MerkleTree } from '../../shared/log/merkle.ts';
import { parseRecord } from '../../shared/record.ts';
import { Redacted } from '../../shared/redacted.ts';
import { receipts } from '../business.ts';
import { atLeast, type Goal, goalOf, inTurns } from '../goal.ts';
import { splitCeiling } from '../split-ceiling.ts';

const batch = 1000;

export async function g1(rows: number): Promise<Goal> {
  const { records } = receipts(rows, 0);
  const leaves = records.map(utf8);
  const { ceiling, figure } = await inTurns(3, {
    ceiling: () => splitCeiling(rows, batch),
    figure: () => postingRate(leaves),
  });
  const about = { what: 'posting pipeline, batch 1,000, unsigned rows', unit: 'rows/s', target: 0.6 };
  return goalOf('G1', [atLeast(about, { figure, ceiling })]);
}

/** Unsigned rows: every check is made except that of the signature itself. */
const unsigned = { ...nodePrimitives, verifyEs256: () => true, verifyEd25519: () => true };

export async function postingRate(leaves: readonly Uint8Array[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  const store = openStore(join(folder, 'vault.db'), new Redacted(random(32)), 'create');
  if (!store.ok) throw new Error(store.refusal.why);
  migrate(store.value, migrations);
  const books = new SqlBooks(store.value);
  const tree = new MerkleTree(nodePrimitives.sha256);
  const began = performance.now();
  for (let from = 0; from < leaves.length; from += batch) {
    const layer = new BooksLayer(books);
    const some = leaves.slice(from, from + batch);
    const packing = packRecords(some);
    for (const leaf of some) {
      const record = parseRecord(leaf);
      if (!record.ok) throw new Error(record.refusal.why);
      const decision = decide(layer, record.value, unsigned);
      if (!decision.ok) throw new Error(decision.refusal.why);
      layer.apply(decision.value);
      tree.append(leafHash(nodePrimitives.sha256, leaf));
    }
    const packed = await packing;
    store.value.transaction(() => {
      books.write(layer);
      writeRecords(store.value, tree, from, packed);
    });
  }
  const seconds = (performance.now() - began) / 1000;
  store.value.close();
  rmSync(folder, { recursive: true });
  return leaves.length / seconds;
}
