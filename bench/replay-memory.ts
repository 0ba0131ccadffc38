// Replays so many receipts as a terminal or as a gateway would and prints the resident size afterwards, in megabytes.

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
import { BooksLayer, MemoryBooks } from '../shared/books.ts';
import { utf8 } from '../shared/bytes.ts';
import { canonicalText } from '../shared/canonical.ts';
import { decide } from '../shared/decide.ts';
import { leafHash } from '../shared/log/hash.ts';
import { MerkleTree } from '../shared/log/merkle.ts';
import { parseRecord } from '../shared/record.ts';
import { Redacted } from '../shared/redacted.ts';
import { newProgramme, receiptRecords } from './business.ts';

const [kind, events] = [process.argv[2], Number(process.argv[3])];
const unsigned = { ...nodePrimitives, verifyEs256: () => true, verifyEd25519: () => true };
const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
const opened = openStore(join(folder, 'vault.db'), new Redacted(random(32)), 'create');
if (!opened.ok) throw new Error(opened.refusal.why);
const store = opened.value;
migrate(store, migrations);
const sql = new SqlBooks(store);
// As a gateway keeps them: no legs, which are only added up.
const inMemory = new MemoryBooks({ keepLegs: false });
const tree = new MerkleTree(nodePrimitives.sha256);

async function takeIn(leaves: readonly Uint8Array[]): Promise<void> {
  const from = tree.size;
  const layer = new BooksLayer(kind === 'terminal' ? sql : inMemory);
  for (const leaf of leaves) {
    const record = parseRecord(leaf);
    if (!record.ok) throw new Error(record.refusal.why);
    const decision = decide(layer, record.value, unsigned);
    if (!decision.ok) throw new Error(decision.refusal.why);
    layer.apply(decision.value);
    tree.append(leafHash(nodePrimitives.sha256, leaf));
  }
  if (kind === 'gateway') return inMemory.absorb(layer);
  const packed = packRecords(leaves);
  store.transaction(() => {
    sql.write(layer);
    writeRecords(store, tree, from, packed);
  });
}

const programme = newProgramme();
await takeIn(programme.records.map((record) => utf8(canonicalText(record))));
let some: Uint8Array[] = [];
for (const record of receiptRecords(programme, events, 0)) {
  some.push(utf8(record));
  if (some.length === 1000) {
    await takeIn(some);
    some = [];
  }
}
if (some.length > 0) await takeIn(some);
tree.root();
some = [];
// More than once: pages are given back a while after what was on them is dead.
for (let i = 0; i < 4; i++) {
  globalThis.gc?.();
  await new Promise((heard) => setTimeout(heard, 300));
}
console.log(Math.round(process.memoryUsage.rss() / 1e6));
store.close();
rmSync(folder, { recursive: true });
