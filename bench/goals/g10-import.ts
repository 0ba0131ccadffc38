// A statement file imported, or one stage of it alone, in a process of its own: `store` writes rows that cost nothing to make;
// `import` is what a terminal does, its parsing thread included.

import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '../../crypto/secret.ts';
import { beginImport } from '../../main/operations/import-statement.ts';
import type { ParsedLine } from '../../main/parse-statement.ts';
import { migrate } from '../../main/store/migrate.ts';
import { migrations } from '../../main/store/migrations/all.ts';
import { openStore } from '../../main/store/open.ts';
import { beginFile, rowWriter } from '../../main/store/statements.ts';
import { Redacted } from '../../shared/redacted.ts';

const [how, file, count] = process.argv.slice(2) as ['store' | 'import', string, string];
const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
const opened = openStore(join(folder, 'vault.db'), new Redacted(random(32)), 'create');
if (!opened.ok) throw new Error(opened.refusal.why);
const store = opened.value;
migrate(store, migrations);

const record = 'x'.repeat(720);
const row = (line: number): ParsedLine => ({
  line,
  statement: 0,
  entry: line,
  amount: BigInt(line),
  credit: true,
  status: 'BOOK',
  reversal: false,
  bookingDay: '2026-03-01',
  valueDay: '2026-03-01',
  reference: `REF${line}`,
  endToEndId: `E2E-${line}`,
  instructionId: null,
  transactionId: null,
  record,
});

const began = performance.now();
if (how === 'store') storeRows(Number(count));
else await importFile();
const seconds = (performance.now() - began) / 1000;
const entries = store.prepare('SELECT count(*) FROM bank_lines').pluck().get() as number;
store.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ seconds, entries, rssMb: process.resourceUsage().maxRSS / 1024 }));

/** As many bytes a row as the import writes, in batches of the same size. */
function storeRows(total: number): void {
  const open = store.transaction(() => beginFile(store, { name: 'x', importedAt: '', operator: 'bench' }));
  const write = rowWriter(store, open);
  for (let from = 0; from < total; from += 2000)
    store.transaction(() =>
      write(
        'camt.053',
        Array.from({ length: Math.min(2000, total - from) }, (_, i) => row(from + i)),
        [],
      ),
    );
}

async function importFile(): Promise<void> {
  const session = { store, operator: 'bench', commit: (work: () => void) => store.transaction(work) };
  const one = beginImport({ clock: () => Date.now(), schemaDirectory: null }, session, 'statement.xml');
  const descriptor = openSync(file, 'r');
  for (;;) {
    const part = new Uint8Array(512 << 10);
    const read = readSync(descriptor, part, 0, part.length, null);
    if (read === 0) break;
    const taken = await one.take(part.slice(0, read));
    if (!taken.ok) throw new Error(taken.refusal.why);
  }
  closeSync(descriptor);
  const report = await one.end();
  if (!report.ok) throw new Error(report.refusal.why);
  if (report.value.statements[0]?.balanced !== true) throw new Error('the statement adds up, and that was not seen');
}
