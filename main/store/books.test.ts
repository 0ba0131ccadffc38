import Database from 'better-sqlite3-multiple-ciphers';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { BooksLayer, booksDigest, MemoryBooks, type TableName } from '../../shared/books.ts';
import { decide } from '../../shared/decide.ts';
import type { LogRecord } from '../../shared/record.ts';
import { payeeNamed, TestProgramme } from '../../testing/programme.ts';
import { SqlBooks } from './books.ts';
import { sql } from './migrations/001-books.ts';
import { sql as enrolledSql } from './migrations/003-enrolled.ts';

function business(): TestProgramme {
  const programme = new TestProgramme().open();
  const account = programme.client('c1', 'CNY', 100_000n);
  const other = programme.client('c2', 'CNY', 50_000n);
  const [teller] = programme.tellers;
  const [supervisor] = programme.supervisors;
  const payment = { kind: 'payment', account, asset: 'CNY', amount: '700', payee: payeeNamed('62220001') } as const;
  const settled = programme.pass(teller, supervisor, payment);
  programme.fromBank('bank.settled', {
    instruction: settled.id,
    item: 0,
    reference: 's',
    valueDate: '2026-11-23' as never,
  });
  const rejected = programme.pass(teller, supervisor, payment);
  programme.fromBank('bank.rejected', { instruction: rejected.id, item: 0, code: 'AC04' });
  programme.make(teller, payment);
  programme.pass(teller, supervisor, {
    kind: 'book transfer',
    from: account,
    to: other,
    asset: 'CNY',
    amount: '11',
    purpose: 'LOAN',
  });
  programme.fromBank('bank.credited', {
    reference: 'unknown',
    account: null,
    asset: 'CNY',
    amount: '77',
    valueDate: '2026-11-23' as never,
  });
  return programme;
}

function openSql() {
  const database = new Database(':memory:');
  database.exec(sql);
  return { database, books: new SqlBooks(database as never) };
}

/** Replays records in batches of `size` into books that take layers. */
function replay(records: readonly LogRecord[], size: number, books: MemoryBooks | SqlBooks): void {
  for (let from = 0; from < records.length; from += size) {
    const layer = new BooksLayer(books);
    for (const record of records.slice(from, from + size)) {
      const decision = decide(layer, record, nodePrimitives);
      if (!decision.ok) throw new Error(decision.refusal.why);
      layer.apply(decision.value);
    }
    if (books instanceof MemoryBooks) books.absorb(layer);
    else books.write(layer);
  }
}

const digestOf = (books: { all(table: TableName): Iterable<[string, object]> }) =>
  booksDigest(nodePrimitives.sha256, (table) => books.all(table));

describe('the two forms of the books', () => {
  const programme = business();

  it.each([1, 7, 1000])('hold the same rows and legs after replay in batches of %i', (size) => {
    const { books } = openSql();
    replay(programme.records, size, books);
    expect(digestOf(books)).toBe(digestOf(programme.books));
    expect([...books.legs()]).toEqual(programme.books.legs);
  });

  it('read the same after being opened again', () => {
    const { database, books } = openSql();
    replay(programme.records, 10, books);
    const again = new SqlBooks(database as never);
    for (const table of ['account', 'instruction', 'window', 'receipt', 'operator'] as const)
      for (const [key, row] of programme.books.all(table)) expect(again.get(table, key)).toEqual(row);
  });

  it('let an account be read newest first through its back-links, to its exact balance', () => {
    for (const [, account] of programme.books.all('account')) {
      let sum = 0n;
      for (let number = account.lastLeg; number !== 0; ) {
        const leg = programme.books.legs[number - 1]!;
        expect(leg.number).toBe(number);
        sum += leg.credit === account.index ? leg.amount : -leg.amount;
        number = leg.credit === account.index ? leg.previousCredit : leg.previousDebit;
      }
      expect(sum).toBe(account.credits - account.debits);
    }
  });

  it('a vault from before lists of who may sign gets the lists that a replay would give', () => {
    const { database, books } = openSql();
    replay(programme.records, 1000, books);
    database.exec("DELETE FROM state WHERE name = 'enrolled'");
    database.exec(enrolledSql);
    expect(digestOf(books)).toBe(digestOf(programme.books));
  });
});
