// The posting pipeline as a terminal runs it on a log: parse, canonical form, hash and pack on other threads, then decide, tree,
// legs, balances, index, records; in batches of 1,000, each one database transaction, synced. Signatures are not checked: the
// rows that it is given have none.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives } from '../crypto/node.ts';
import { random } from '../crypto/secret.ts';
import { SqlBooks } from '../main/store/books.ts';
import { writeRecords } from '../main/store/log.ts';
import { migrate } from '../main/store/migrate.ts';
import { migrations } from '../main/store/migrations/all.ts';
import { openStore } from '../main/store/open.ts';
import type { Preparation } from '../main/sync/prepare.ts';
import { prepareBeside } from '../main/sync/preparers.ts';
import { BooksLayer, programmeOf } from '../shared/books.ts';
import { utf8ToText } from '../shared/bytes.ts';
import { decide } from '../shared/decide.ts';
import { MerkleTree } from '../shared/log/merkle.ts';
import { readRecord } from '../shared/record.ts';
import { Redacted } from '../shared/redacted.ts';
import { openPlainStore } from './plain-store.ts';

export const batch = 1000;

/** Every check is made except that of the signature itself. */
const unsigned = { ...nodePrimitives, verifyEs256: () => true, verifyEd25519: () => true };

/** Seconds from each commit to the next. */
export async function postingTimes(
  leaves: readonly Uint8Array[],
  cipher: 'sqlcipher' | 'none' = 'sqlcipher',
): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  const store = openMeasured(join(folder, 'vault.db'), cipher);
  const books = new SqlBooks(store, store.digests);
  const tree = new MerkleTree(nodePrimitives.sha256);
  const preparers = prepareBeside();
  await preparers.prepare({ records: [], signers: {} }); // the threads have begun
  const times: number[] = [];
  const ahead: { readonly records: readonly string[]; readonly preparation: Promise<Preparation> }[] = [];
  let next = 0;
  let began = performance.now();
  for (let from = 0; from < leaves.length; from += batch) {
    for (; next < leaves.length && ahead.length < preparers.batches; next += batch) {
      const records = leaves.slice(next, next + batch).map(utf8ToText);
      // No key is known, so no signature is verified.
      ahead.push({ records, preparation: preparers.prepare({ records, signers: {} }) });
    }
    const { records, preparation } = ahead.shift() as (typeof ahead)[number];
    const prepared = await preparation;
    if (!prepared.ok) throw new Error(prepared.refusal.why);
    const layer = new BooksLayer(books);
    for (const text of records) {
      const record = readRecord(text);
      const bank = programmeOf(layer)?.bank;
      const decision = decide(layer, record, unsigned, bank === undefined ? [] : [bank.adapterKey]);
      if (!decision.ok) throw new Error(decision.refusal.why);
      layer.apply(decision.value);
    }
    tree.append(prepared.value.leafHashes);
    store.transaction(() => {
      books.write(layer);
      writeRecords(store, tree, from, prepared.value.packed);
    });
    const now = performance.now();
    times.push((now - began) / 1000);
    began = now;
  }
  preparers.close();
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
