import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives } from '../crypto/node.ts';
import { SqlBooks } from '../main/store/books.ts';
import { writeRecords } from '../main/store/log.ts';
import { migrate } from '../main/store/migrate.ts';
import { migrations } from '../main/store/migrations/all.ts';
import { openStore } from '../main/store/open.ts';
import { fillBasket } from '../shared/basket.ts';
import { BooksLayer } from '../shared/books.ts';
import { canonicalBytes } from '../shared/canonical.ts';
import { decide } from '../shared/decide.ts';
import { leafHash } from '../shared/log/hash.ts';
import { MerkleTree } from '../shared/log/merkle.ts';
import { parseRecord } from '../shared/record.ts';
import { Redacted } from '../shared/redacted.ts';
import { TestProgramme } from '../testing/programme.ts';

const N = Number(process.argv[2] ?? 20000);
const programme = new TestProgramme().open();
for (let i = 0; i < 50; i++) programme.client(`c${i}`, 'CNY', 0n);
const prefix = programme.records.length;
const leaves: Uint8Array[] = programme.records.map((r) => canonicalBytes(r));
for (let i = 0; i < N; i++) {
  const event = programme.event(
    'bank.credited',
    {
      reference: `r${i}`,
      account: `9c${i % 50}CNY`,
      asset: 'CNY',
      amount: String(100 + (i % 1000)),
      valueDate: '2026-11-23' as never,
    },
    { actor: 'bank', terminal: 'depository' },
  );
  const basket = fillBasket(nodePrimitives.sha256, [event]).positions[0];
  leaves.push(
    canonicalBytes({
      admittedAt: event.at,
      event,
      evidence: { kind: 'ed25519', key: 'adapter', signature: 'A'.repeat(86), basket },
    }),
  );
}
const primitives = { ...nodePrimitives, verifyEd25519: () => true, verifyEs256: () => true };
const dir = mkdtempSync(join(tmpdir(), 'bench-'));
const store = openStore(join(dir, 'v.db'), new Redacted(new Uint8Array(32).fill(3)), 'create');
if (!store.ok) throw 1;
migrate(store.value, migrations);
const books = new SqlBooks(store.value);
const tree = new MerkleTree(nodePrimitives.sha256);
const time = { parse: 0, decide: 0, hash: 0, write: 0 };
const t0 = performance.now();
for (let from = 0; from < leaves.length; from += 1000) {
  const layer = new BooksLayer(books);
  const chunk = leaves.slice(from, from + 1000);
  let t = performance.now();
  const records = chunk.map((l) => parseRecord(l));
  time.parse += performance.now() - t;
  t = performance.now();
  for (const r of records) {
    if (!r.ok) throw new Error(r.refusal.why);
    const d = decide(layer, r.value, primitives);
    if (!d.ok) throw new Error(d.refusal.why);
    layer.apply(d.value);
  }
  time.decide += performance.now() - t;
  t = performance.now();
  for (const l of chunk) tree.append(leafHash(nodePrimitives.sha256, l));
  time.hash += performance.now() - t;
  t = performance.now();
  store.value.transaction(() => {
    books.write(layer);
    writeRecords(store.value, tree, from, chunk);
  });
  time.write += performance.now() - t;
}
const ms = performance.now() - t0;
console.log(prefix, N, Math.round((leaves.length / ms) * 1000), 'rows/s', time, leaves.at(-1)?.length);
