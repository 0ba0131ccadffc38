import { closeSync, copyFileSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { receipts } from '../../bench/business.ts';
import { nodePrimitives } from '../../crypto/node.ts';
import { BooksLayer } from '../../shared/books.ts';
import { bytesToHex, utf8 } from '../../shared/bytes.ts';
import { decide } from '../../shared/decide.ts';
import { leafHash } from '../../shared/log/hash.ts';
import type { MerkleTree } from '../../shared/log/merkle.ts';
import { parseRecord } from '../../shared/record.ts';
import { Redacted } from '../../shared/redacted.ts';
import { everyRow } from '../../testing/rows.ts';
import { SqlBooks } from './books.ts';
import { loadTree, openTree, packRecords, writeRecords } from './log.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import { openStore, type Store } from './open.ts';
import { largeTables, recount, recountRecords, smallTables } from './recount.ts';

const folder = mkdtempSync(join(tmpdir(), 'custos-'));
afterAll(() => rmSync(folder, { recursive: true }));
const key = new Redacted(new Uint8Array(32).fill(7));
const file = join(folder, 'vault.db');
const unsigned = { ...nodePrimitives, verifyEs256: () => true, verifyEd25519: () => true };

function open(path: string, how: 'create' | 'open'): Store {
  const store = openStore(path, key, how);
  if (!store.ok) throw new Error(store.refusal.type);
  expect(migrate(store.value, migrations).ok).toBe(true);
  return store.value;
}

/** Takes records in as a sync does. */
async function take(store: Store, texts: readonly string[]): Promise<void> {
  const books = new SqlBooks(store, store.digests);
  const tree = loadTree(store, nodePrimitives.sha256);
  const layer = new BooksLayer(books);
  const from = tree.size;
  const leaves = texts.map(utf8);
  for (const leaf of leaves) {
    const record = parseRecord(leaf);
    const decision = record.ok ? decide(layer, record.value, unsigned) : record;
    if (!decision.ok) throw new Error(decision.refusal.why);
    layer.apply(decision.value);
    tree.append(leafHash(nodePrimitives.sha256, leaf));
  }
  const packed = packRecords(leaves);
  store.transaction(() => {
    books.write(layer);
    writeRecords(store, tree, from, packed);
  });
}

function finish<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** What was imported from the bank's own files is not counted: an old page of these tables is not noticed. */
const notCountedYet = ['statement_files', 'bank_statements', 'bank_lines', 'bank_line_records', 'statement_imports'];

/** What is found in a vault: a table, or the log; where nothing is, all that can be read. */
function found(path: string): string {
  const store = open(path, 'open');
  try {
    const tree: MerkleTree = openTree(store, nodePrimitives.sha256);
    const changed = finish(recount(store, store.digests, [...smallTables, ...largeTables]));
    const record = finish(recountRecords(store, tree, tree.size, nodePrimitives.sha256));
    return changed ?? (record === undefined ? bytesToHex(tree.root()) + everyRow(store) : 'log');
  } finally {
    store.close();
  }
}

describe('tables counted again', () => {
  const { records } = receipts(3000, 0);

  it('are what was counted while they were written, also after being opened again', async () => {
    const store = open(file, 'create');
    for (let from = 0; from < 2500; from += 500) await await take(store, records.slice(from, from + 500));
    store.close();
    expect(found(file)).toContain('9c9CNY');
  });

  it('keep the old digests when the database transaction fails', () => {
    const store = open(file, 'open');
    const before = store.digests.bytes();
    const books = new SqlBooks(store, store.digests);
    const layer = new BooksLayer(books);
    layer.rows.window.set('w', { sum: 5n });
    expect(() =>
      store.transaction(() => {
        books.write(layer);
        throw new Error('full');
      }),
    ).toThrow('full');
    expect(store.digests.bytes()).toEqual(before);
    store.close();
    expect(found(file)).toContain('9c9CNY');
  });

  it('read every table through itself and through each of its indexes', () => {
    const store = open(file, 'open');
    const plans = [...smallTables, ...largeTables].map(
      ({ sql }) =>
        (store.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]).map(
          (step) => step.detail,
        )[0] as string,
    );
    const indexes = store
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND rootpage NOT IN " +
          "(SELECT rootpage FROM sqlite_master WHERE type = 'table')",
      )
      .pluck()
      .all() as string[];
    for (const index of indexes.filter(
      (name) =>
        !/^(statement_files|bank_statements)_/.test(name) &&
        !/^sqlite_autoindex_(state|windows|instructions|attachments|settings|imports)_/.test(name),
    ))
      expect(plans.some((plan) => plan.includes(index))).toBe(true);
    const tables = (
      store.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[]
    ).filter((name) => !['vault_mark', 'digests', 'records', 'hashes', 'tops', ...notCountedYet].includes(name));
    for (const table of tables)
      expect(
        plans.filter((plan) => new RegExp(`^(SCAN|SEARCH) ${table}( USING (INTEGER )?PRIMARY KEY.*)?$`).test(plan)),
        table,
      ).not.toEqual([]);
    store.close();
  });

  it('show every old page that is put back, whatever table it is of', async () => {
    const later = join(folder, 'later.db');
    const mixed = join(folder, 'mixed.db');
    copyFileSync(file, later);
    const store = open(later, 'open');
    await take(store, records.slice(2500));
    const pagesOf = new Map(
      (store.prepare('SELECT pageno, name FROM dbstat').all() as { pageno: number; name: string }[]).map((row) => [
        row.pageno,
        row.name,
      ]),
    );
    store.close();
    const [old, now] = [readPages(file), readPages(later)];
    const tables = new Set<string>();
    const good = found(later);
    const missed: string[] = [];
    let replayed = 0;
    const changed = [...now.keys()].filter(
      (page) => old.has(page) && old.get(page)?.compare(now.get(page) as Buffer) !== 0,
    );
    // Many pages of the large tables change alike: some of each are enough.
    const seen = new Map<string, number>();
    for (const page of changed) {
      const table = pagesOf.get(page) ?? 'free';
      const count = seen.get(table) ?? 0;
      seen.set(table, count + 1);
      if (count >= 12) continue;
      copyFileSync(later, mixed);
      putPage(mixed, page, old.get(page) as Buffer);
      replayed += 1;
      tables.add(table);
      let what: string;
      try {
        what = found(mixed);
      } catch (failure) {
        what = (failure as Error).message;
      }
      // A page that was only encrypted again says the same as before.
      if (what.length > 200 && what !== good) missed.push(`${table} page ${page}`);
    }
    expect(missed).toEqual([]);
    expect([...tables]).toEqual(
      expect.arrayContaining(['accounts', 'legs', 'records', 'hashes', 'seen', 'state', 'digests']),
    );
    expect(replayed).toBeGreaterThan(10);
  }, 60_000);
});

function readPages(path: string): Map<number, Buffer> {
  const descriptor = openSync(path, 'r');
  const pages = new Map<number, Buffer>();
  for (let page = 1; ; page++) {
    const bytes = Buffer.alloc(4096);
    if (readSync(descriptor, bytes, 0, 4096, (page - 1) * 4096) === 0) break;
    pages.set(page, bytes);
  }
  closeSync(descriptor);
  return pages;
}

function putPage(path: string, page: number, bytes: Buffer): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, bytes, 0, 4096, (page - 1) * 4096);
  closeSync(descriptor);
}
