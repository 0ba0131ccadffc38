// G12: the balances of 10,000 accounts as they are kept, read when a vault was opened. That they are what the legs add up to
// is checked here once, and by a test of the books.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '../../crypto/secret.ts';
import { SqlBooks } from '../../main/store/books.ts';
import { migrate } from '../../main/store/migrate.ts';
import { migrations } from '../../main/store/migrations/all.ts';
import { openStore, type Store } from '../../main/store/open.ts';
import { BooksLayer, type Effect } from '../../shared/books.ts';
import { Redacted } from '../../shared/redacted.ts';
import type { Day } from '../../shared/time.ts';
import { atMost, type Goal, goalOf, median } from '../goal.ts';

const accounts = 10_000;
const targetMs = 5;
const day = '2026-11-23' as Day;

export function g12(): Promise<Goal> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  const file = join(folder, 'vault.db');
  const key = new Redacted(random(32));
  try {
    fill(opened(openStore(file, key, 'create')));
    const times = Array.from({ length: 15 }, () => {
      const store = opened(openStore(file, key, 'open'));
      const books = new SqlBooks(store);
      const began = performance.now();
      const balances = books.balances();
      const ms = performance.now() - began;
      if (balances.length !== accounts + 1) throw new Error('not every account was read');
      store.close();
      return ms;
    });
    checkAgainstLegs(opened(openStore(file, key, 'open')));
    const what = `balances of ${accounts} accounts when the vault was opened, beside ${targetMs} ms`;
    const figure = median(times);
    return Promise.resolve(
      goalOf('G12', [atMost({ what, unit: 'ms', target: 1 }, { figure, ceiling: targetMs })], {
        notes: ['equal to the sums of all legs; each round opens the encrypted file anew, which checks its pages'],
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Opens the accounts and books two receipts on each, as decided events would. */
function fill(store: Store): void {
  migrate(store, migrations);
  const books = new SqlBooks(store);
  const layer = new BooksLayer(books);
  const open = (id: string, accountClass: 'cash' | 'client'): Effect => ({
    type: 'open',
    account: { id, class: accountClass, asset: 'CNY', client: accountClass === 'cash' ? null : id, number: null },
  });
  layer.apply([open('cash:CNY', 'cash')]);
  for (let i = 0; i < accounts; i++) layer.apply([open(`acc-c${i}-CNY`, 'client')]);
  for (let i = 0; i < 2 * accounts; i++) {
    const legs = [
      { debit: 'cash:CNY', credit: `acc-c${(i * 7) % accounts}-CNY`, amount: BigInt(100 + i), asset: 'CNY' },
    ];
    layer.apply([
      { type: 'entry', entry: { cause: 'bank.credited', instruction: null, bookingDate: day, valueDate: day, legs } },
    ]);
  }
  store.transaction(() => books.write(layer));
  store.close();
}

function checkAgainstLegs(store: Store): void {
  const books = new SqlBooks(store);
  const sums = books.readd();
  for (const [index, debits, credits] of books.balances()) {
    const sum = sums.get(Number(index));
    if (sum?.debits !== debits || sum.credits !== credits)
      throw new Error(`account ${index} is not the sum of its legs`);
  }
  store.close();
}

function opened(store: ReturnType<typeof openStore>): Store {
  if (!store.ok) throw new Error(store.refusal.why);
  return store.value;
}
