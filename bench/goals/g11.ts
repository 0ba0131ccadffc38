// G11: the trial balance added up again from every leg in a vault's own schema, encrypted, cached balances ignored, against
// ledger and hledger on the journal that an export writes of the same entries. All three must agree to the cent.

import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives } from '../../crypto/node.ts';
import { random } from '../../crypto/secret.ts';
import { SqlBooks } from '../../main/store/books.ts';
import { packRecords, writeRecords } from '../../main/store/log.ts';
import { migrate } from '../../main/store/migrate.ts';
import { migrations } from '../../main/store/migrations/all.ts';
import { openStore, type Store } from '../../main/store/open.ts';
import { BooksLayer, booked } from '../../shared/books.ts';
import { utf8 } from '../../shared/bytes.ts';
import { canonicalText } from '../../shared/canonical.ts';
import { decide } from '../../shared/decide.ts';
import { entryToJournal, journalAccount } from '../../shared/journal.ts';
import { leafHash } from '../../shared/log/hash.ts';
import { MerkleTree } from '../../shared/log/merkle.ts';
import { parseRecord } from '../../shared/record.ts';
import { Redacted } from '../../shared/redacted.ts';
import { newProgramme, receiptRecords } from '../business.ts';
import { type Aim, atLeast, type Goal, goalOf, inTurns, median } from '../goal.ts';

const batch = 1000;
const tools = [
  {
    name: 'ledger',
    target: 4,
    rounds: 3,
    arguments: ['bal', '--flat', '--no-total', '--balance-format', '%(account)\t%(amount)\n'],
  },
  { name: 'hledger', target: 20, rounds: 1, arguments: ['bal', '-N', '--flat', '-O', 'csv'] },
] as const;

export async function g11(rows: number): Promise<Goal> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  const file = join(folder, 'vault.db');
  const journal = join(folder, 'books.journal');
  const key = new Redacted(random(32));
  try {
    fill(opened(openStore(file, key, 'create')), journal, rows);
    const readd = (): number => {
      const store = opened(openStore(file, key, 'open'));
      const books = new SqlBooks(store);
      const began = performance.now();
      books.readd();
      const ms = performance.now() - began;
      store.close();
      return ms;
    };
    const store = opened(openStore(file, key, 'open'));
    const ours = balancesOf(new SqlBooks(store));
    store.close();
    const aims: Aim[] = [];
    const notes = ['a read of a synced, encrypted file, opened anew for each round'];
    let peer: Goal['peer'] = null;
    for (const { name, target, rounds, arguments: given } of tools) {
      if (!isInstalled(name)) {
        notes.push(`NOT MEASURED: ${name} is not installed`);
        continue;
      }
      let theirs = '';
      const run = (): number => {
        const began = performance.now();
        theirs = execFileSync(name, ['-f', journal, ...given], { encoding: 'utf8', maxBuffer: 1 << 28 });
        return performance.now() - began;
      };
      const measured = await inTurns(rounds, { ours: async () => median([readd(), readd(), readd()]), theirs: run });
      compare(name, ours, theirs);
      peer ??= { name, figure: (rows / measured.theirs) * 1000 };
      const what = `trial balance re-added from ${rows} legs beside ${name} on the journal of the same entries`;
      const rate = (ms: number) => (rows / ms) * 1000;
      aims.push(
        atLeast({ what, unit: 'legs/s', target }, { figure: rate(measured.ours), ceiling: rate(measured.theirs) }),
      );
      notes.push(`${name}: ${(measured.theirs / 1000).toFixed(2)} s, ours: ${(measured.ours / 1000).toFixed(3)} s`);
    }
    const [first, ...others] = aims;
    if (first === undefined) throw new Error('neither ledger nor hledger is installed: nothing to measure beside');
    const goal = goalOf('G11', [first, ...others], { peer, notes });
    return aims.length === tools.length ? goal : { ...goal, met: false };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const unsigned = { ...nodePrimitives, verifyEs256: () => true, verifyEd25519: () => true };

/** Posts receipts through the pipeline that a terminal has, and writes every entry to the journal as an export does. */
function fill(store: Store, journal: string, rows: number): void {
  migrate(store, migrations);
  const books = new SqlBooks(store);
  const tree = new MerkleTree(nodePrimitives.sha256);
  const out = openSync(journal, 'w');
  const programme = newProgramme();
  const records = function* () {
    for (const record of programme.records) yield utf8(canonicalText(record));
    for (const text of receiptRecords(programme, rows, 0)) yield utf8(text);
  };
  let layer = new BooksLayer(books);
  let lines: string[] = [];
  let leaves: Uint8Array[] = [];
  const commit = () => {
    // The records as well: the index of references says where to look, and sooner or later it is looked there.
    const from = tree.size;
    for (const leaf of leaves) tree.append(leafHash(nodePrimitives.sha256, leaf));
    store.transaction(() => {
      books.write(layer);
      writeRecords(store, tree, from, packRecords(leaves));
    });
    writeSync(out, lines.join(''));
    layer = new BooksLayer(books);
    lines = [];
    leaves = [];
  };
  for (const leaf of records()) {
    const record = parseRecord(leaf);
    if (!record.ok) throw new Error(record.refusal.why);
    const decision = decide(layer, record.value, unsigned);
    if (!decision.ok) throw new Error(decision.refusal.why);
    layer.apply(decision.value);
    for (const effect of decision.value)
      if (effect.type === 'entry') lines.push(entryToJournal(effect.entry, record.value.event));
    leaves.push(leaf);
    if (leaves.length === batch) commit();
  }
  commit();
  closeSync(out);
  store.close();
}

/** Re-added from the legs, per account of the journal, in minor units as a journal signs them. */
function balancesOf(books: SqlBooks): Map<string, bigint> {
  const sums = books.readd();
  const found = new Map<string, bigint>();
  for (const [id, account] of books.all('account')) {
    const { debits, credits } = sums.get(account.index) ?? { debits: 0n, credits: 0n };
    if (debits !== account.debits || credits !== account.credits)
      throw new Error(`the cached balance of ${id} is wrong`);
    const balance = booked({ ...account, debits, credits });
    if (balance !== 0n) found.set(journalAccount(id), account.class === 'cash' ? balance : -balance);
  }
  return found;
}

/** All accounts of the measured business have two decimals. */
function compare(name: string, ours: ReadonlyMap<string, bigint>, text: string): void {
  const theirs = new Map<string, bigint>();
  for (const line of text.split('\n')) {
    const [account = '', amount = ''] = line.replace('","', '\t').replaceAll('"', '').split('\t');
    const digits = amount.replace(/[^\d.-]/g, '');
    if (/\.\d\d$/.test(digits)) theirs.set(account.trim(), BigInt(digits.replace('.', '')));
  }
  for (const [account, balance] of ours)
    if (theirs.get(account) !== balance)
      throw new Error(`${name} has ${theirs.get(account)} on ${account}, and the vault ${balance}`);
}

function isInstalled(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function opened(store: ReturnType<typeof openStore>): Store {
  if (!store.ok) throw new Error(store.refusal.why);
  return store.value;
}
