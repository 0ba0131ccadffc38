import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RebuildReport } from '../shared/contract/vault.ts';
import { accepted, finished } from '../testing/desk.ts';
import { openClient, openTestOffice, type TestOffice } from '../testing/office.ts';

let office: TestOffice;
beforeAll(async () => {
  office = await openTestOffice();
  await openClient(office, 'c1', 100_000n);
}, 60_000);
afterAll(() => office.depository.close());

const rebuilt = async (onProgress?: (done: number, total: number) => void): Promise<RebuildReport> =>
  accepted(await finished(office.maker.client.rebuild({}), onProgress));
/** Changes the open database behind the back of everything that counts. */
const behind = (sql: string, ...values: unknown[]) => {
  expect(office.terminals[0].session?.store.prepare(sql).run(...values).changes).toBe(1);
};

describe('books rebuilt from the log', () => {
  it('are those that are stored, row by row, and progress is told up to the whole log', async () => {
    const { log } = await office.maker.client.status({});
    const steps: number[] = [];
    const report = await rebuilt((done, total) => steps.push(done / total));
    expect(report).toMatchObject({ size: log.size, root: log.root, differences: [] });
    expect(steps.at(-1)).toBe(1);
    expect((await office.maker.client.status({})).readOnly).toBeNull();
  });

  it('are built once at a time, and again after it was stopped or the terminal was locked half-way', async () => {
    const first = (await office.maker.client.rebuild({}))[Symbol.asyncIterator]();
    await first.next();
    const second = await finished(office.maker.client.rebuild({}));
    expect(second.ok === false && second.refusal.type).toBe('busy');
    await first.return?.();
    const cut = (await office.maker.client.rebuild({}))[Symbol.asyncIterator]();
    await cut.next();
    await office.maker.client.lock({});
    const end = await cut.next();
    expect(end.value).toMatchObject({ result: { ok: false, refusal: { type: 'locked' } } });
    await cut.return?.();
    await office.maker.unlock(office.teller);
    expect((await rebuilt()).differences).toEqual([]);
  });

  it('name every row that is changed, missing or too many, and the terminal only shows from then on', async () => {
    behind("UPDATE accounts SET debits = debits + 1 WHERE class = 'cash'");
    behind('DELETE FROM legs WHERE number = 1');
    behind("INSERT INTO state VALUES ('client', 'nobody', '{}')");
    const { differences } = await rebuilt();
    expect(differences.map(({ table, how }) => [table, how])).toEqual([
      ['client', 'too many'],
      ['account', 'changed'],
      ['leg', 'missing'],
    ]);
    expect(differences.map((one) => one.key)).toEqual(['nobody', expect.stringContaining('cash'), '1']);
    const { readOnly, readOnlySince } = await office.maker.client.status({});
    const { entries } = accepted(await office.maker.client.diary({ before: 1_000_000, limit: 1 }));
    expect(entries).toMatchObject([{ what: 'made read-only', at: readOnlySince, facts: { found: 'books changed' } }]);
    expect(readOnly).toMatchObject({ type: 'books changed', why: expect.stringContaining('nobody') });
    const again = await finished(office.maker.client.sync({}));
    expect(again.ok === false && again.refusal.type).toBe('read only');
  });

  it('end at a record that the log cannot have', async () => {
    behind("UPDATE records SET leaf = CAST('{}' AS BLOB) WHERE sequence = (SELECT max(sequence) FROM records)");
    const { differences, size } = await rebuilt();
    expect(differences).toMatchObject([{ table: 'log', how: 'refused' }]);
    expect(Number(differences[0]?.key)).toBeLessThan(size);
  });
});

describe('evidence', () => {
  it('is a copy of every file of the vault, and leaves the vault as it was', async () => {
    const { folder, files, bytes } = accepted(await office.maker.client.keepEvidence({}));
    const names = readdirSync(folder);
    expect(names).toEqual(expect.arrayContaining(['vault.db', 'vault.db-wal', 'vault.slots']));
    expect(names.some((name) => name.startsWith('vault.head'))).toBe(true);
    expect([files, bytes > 0]).toEqual([names.length, true]);
  });
});
