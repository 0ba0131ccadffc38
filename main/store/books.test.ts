import Database from 'better-sqlite3-multiple-ciphers';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { BooksLayer, booksDigest, type TableName } from '../../shared/books.ts';
import { canonicalBytes } from '../../shared/canonical.ts';
import { decide } from '../../shared/decide.ts';
import { leafHash } from '../../shared/log/hash.ts';
import { MerkleTree } from '../../shared/log/merkle.ts';
import type { LogRecord } from '../../shared/record.ts';
import { payeeNamed, TestProgramme } from '../../testing/programme.ts';
import { SqlBooks } from './books.ts';
import { packRecords, writeRecords } from './log.ts';
import { sql as enrolledSql } from './migrations/003-enrolled.ts';
import { migrations } from './migrations/all.ts';

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
  const [officer, colleague] = programme.officers;
  const accounts = [{ asset: 'CNY', number: '622200009999' }];
  programme.pass(officer, colleague, { kind: 'open pool', pool: 'wages', accounts, purpose: 'wages' });
  const inPool = { client: 'c2', role: 'payer', asset: 'CNY', number: '9w', pool: 'wages' } as const;
  programme.pass(teller, supervisor, { kind: 'open account', account: 'acc-w', ...inPool });
  programme.fromBank('bank.credited', {
    ...{
      reference: 'wages',
      account: '9w',
      asset: 'CNY',
      amount: '99',
      valueDate: '2026-11-23' as never,
      pool: 'wages',
    },
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
  for (const { sql } of migrations) database.exec(sql);
  return { database, books: new SqlBooks(database as never) };
}

/** Replays records in batches of `size` into the books and the log of a store. */
async function replay(records: readonly LogRecord[], size: number, { books, database }: ReturnType<typeof openSql>) {
  const tree = new MerkleTree(nodePrimitives.sha256);
  for (let from = 0; from < records.length; from += size) {
    const layer = new BooksLayer(books);
    for (const record of records.slice(from, from + size)) {
      const decision = decide(layer, record, nodePrimitives);
      if (!decision.ok) throw new Error(decision.refusal.why);
      layer.apply(decision.value);
    }
    const leaves = records.slice(from, from + size).map(canonicalBytes);
    for (const leaf of leaves) tree.append(leafHash(nodePrimitives.sha256, leaf));
    books.write(layer);
    writeRecords(database as never, tree, from, packRecords(leaves));
  }
}

const digestOf = (books: { all(table: TableName): Iterable<[string, object]> }) =>
  booksDigest(nodePrimitives.sha256, (table) => books.all(table));

describe('the two forms of the books', () => {
  const programme = business();

  it.each([1, 7, 1000])('hold the same rows and legs after replay in batches of %i', async (size) => {
    const vault = openSql();
    const { books } = vault;
    await replay(programme.records, size, vault);
    expect(digestOf(books)).toBe(digestOf(programme.books));
    expect([...books.legs()]).toEqual(programme.books.legs);
  });

  it('have on every account the balance that its legs add up to, and show where it is another', async () => {
    const vault = openSql();
    await replay(programme.records, 10, vault);
    const strange = () => {
      const sums = vault.books.readd();
      return vault.books.balances().filter(([index, debits, credits]) => {
        const sum = sums.get(Number(index)) ?? { debits: 0n, credits: 0n };
        return sum.debits !== debits || sum.credits !== credits;
      });
    };
    expect(vault.books.balances()).toHaveLength([...programme.books.all('account')].length);
    expect(strange()).toEqual([]);
    vault.database.exec('UPDATE accounts SET credits = credits + 1 WHERE idx = 3');
    expect(strange().map(([index]) => index)).toEqual([3n]);
  });

  it('read the same after being opened again', async () => {
    const vault = openSql();
    await replay(programme.records, 10, vault);
    const again = new SqlBooks(vault.database as never);
    for (const table of ['account', 'event', 'reference', 'instruction', 'window', 'receipt', 'operator'] as const)
      for (const [key, row] of programme.books.all(table)) expect(again.get(table, key)).toEqual(row);
  });

  it('know no event and no bank reference that the log does not have', async () => {
    const vault = openSql();
    await replay(programme.records, 10, vault);
    expect([...vault.books.all('event')]).toHaveLength(programme.records.length);
    for (let i = 0; i < 1000; i++) {
      expect(vault.books.get('event', programme.newId(programme.nowMs + i))).toBeUndefined();
      expect(vault.books.get('reference', `CNY|${i}`)).toBeUndefined();
    }
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

  it('a vault from before lists of who may sign gets the lists that a replay would give', async () => {
    const vault = openSql();
    const { database, books } = vault;
    await replay(programme.records, 1000, vault);
    database.exec("DELETE FROM state WHERE name = 'enrolled'");
    database.exec(enrolledSql);
    expect(digestOf(books)).toBe(digestOf(programme.books));
  });
});
