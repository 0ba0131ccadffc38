import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StatementImportReport } from '../shared/contract/statements.ts';
import type { Refusal, Result } from '../shared/result.ts';
import { accepted } from '../testing/desk.ts';
import { openTestOffice, type TestOffice } from '../testing/office.ts';
import {
  closingOf,
  type PlainEntry,
  type PlainStatement,
  plainDress,
  statementBytes,
} from '../testing/statement-file.ts';

let office: TestOffice;
beforeAll(async () => {
  office = await openTestOffice();
});

const entry = (i: number, transactions: readonly string[]): PlainEntry => ({
  amount: BigInt(100 + i),
  credit: i % 3 !== 0,
  status: 'BOOK',
  reversal: false,
  day: '2026-03-01',
  reference: `R-${i}`,
  transactions,
  name: '王芳',
});
const statement = (id: string, entries: readonly PlainEntry[]): PlainStatement => ({
  id,
  account: 'DE89370400440532013000',
  opening: 1000n,
  entries,
});
/** A file with a message id of its own. */
function fileOf(messageId: string, ...statements: readonly PlainStatement[]): Uint8Array {
  const text = new TextDecoder().decode(statementBytes(statements, plainDress)!);
  return new TextEncoder().encode(text.replace('<MsgId>M-1<', `<MsgId>${messageId}<`));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
async function importFile(bytes: Uint8Array, partBytes = 64 << 10): Promise<Result<StatementImportReport, Refusal>> {
  const { client } = office.maker;
  const opened = accepted(await client.openStatementImport({ name: 'statement.xml' }));
  for (let from = 0; from < bytes.length; from += partBytes) {
    const taken = await client.takeStatementPart({ ...opened, part: base64(bytes.subarray(from, from + partBytes)) });
    if (!taken.ok) return taken as { ok: false; refusal: Refusal };
  }
  return (await client.endStatementImport(opened)) as Result<StatementImportReport, Refusal>;
}
const rows = (table: string): number =>
  office.terminals[0].session!.store.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
const everything = () => ({
  files: rows('statement_files'),
  statements: rows('bank_statements'),
  lines: rows('bank_lines'),
  records: rows('bank_line_records'),
});

describe('importing a statement of the bank', () => {
  it('keeps every entry, and the transactions of a batch booking each on a line of its own', async () => {
    const { client } = office.maker;
    const entries = [entry(0, []), entry(1, ['E-1']), entry(2, ['E-2', 'E-3', 'E-4'])];
    const bytes = fileOf('ONE', statement('S-1', entries), statement('S-2', []));
    const report = accepted(await importFile(bytes, 1000));
    expect(report).toMatchObject({
      isKnown: false,
      file: {
        name: 'statement.xml',
        message: 'camt.053.001.08',
        messageId: 'ONE',
        bytes: bytes.length,
        lines: 6,
        findings: [],
      },
      statements: [
        {
          id: 'S-1',
          account: 'DE89370400440532013000',
          asset: 'EUR',
          opening: '1000',
          closing: closingOf(statement('S-1', entries)).toString(),
          balanced: true,
          entries: 3,
          lines: 6,
        },
        { id: 'S-2', entries: 0, lines: 0, balanced: true },
      ],
    });
    const [first] = report.statements;
    const { lines } = accepted(await client.bankLines({ statement: first!.number, from: 0, limit: 100 }));
    const at = first!.firstLine;
    expect(
      lines.map(({ number, entry: of, amount, credit, reference, endToEndId }) => [
        number - at,
        of - at,
        amount,
        credit,
        reference,
        endToEndId,
      ]),
    ).toEqual([
      [0, 0, '100', false, 'R-0', null],
      [1, 1, '101', true, 'R-1', 'E-1'],
      [2, 2, '102', true, 'R-2', null],
      [3, 2, null, true, null, 'E-2'],
      [4, 2, null, true, null, 'E-3'],
      [5, 2, null, true, null, 'E-4'],
    ]);
    const { record } = accepted(await client.bankLine({ line: at + 1 }));
    expect(record).toMatchObject({ amountText: '1.01', transaction: { endToEndId: 'E-1', debtor: { name: '王芳' } } });
    const { statements } = accepted(
      await client.bankStatements({ before: 1_000_000, limit: 10, account: null, asset: 'EUR' }),
    );
    expect(statements.map(({ id }) => id)).toEqual(['S-2', 'S-1']);
  });

  it('the same file again stores nothing and says so', async () => {
    const bytes = fileOf('TWICE', statement('S', [entry(1, [])]));
    const first = accepted(await importFile(bytes));
    const before = everything();
    const again = accepted(await importFile(bytes, 7));
    expect(again).toEqual({ ...first, isKnown: true });
    expect(everything()).toEqual(before);
  });

  it('a file without a message id is known by its content', async () => {
    const bytes = new TextEncoder().encode(
      new TextDecoder().decode(fileOf('X', statement('S', [entry(5, [])]))).replace(/<MsgId>X<\/MsgId>/, ''),
    );
    expect(accepted(await importFile(bytes)).isKnown).toBe(false);
    const before = everything();
    expect(accepted(await importFile(bytes)).isKnown).toBe(true);
    expect(everything()).toEqual(before);
  });

  it('another content under the same message id is refused, and nothing of it is kept', async () => {
    accepted(await importFile(fileOf('CHANGED', statement('S', [entry(1, [])]))));
    const before = everything();
    const refused = await importFile(fileOf('CHANGED', statement('S', [entry(2, [])])));
    expect(refused).toMatchObject({ ok: false, refusal: { type: 'message changed' } });
    expect(everything()).toEqual(before);
  });

  it('what cannot be read to its end leaves nothing, however much of it was stored before', async () => {
    const entries = Array.from({ length: 6000 }, (_, i) => entry(i, [`E-${i}`]));
    const bytes = fileOf('CUT', statement('S', entries));
    const before = everything();
    const cut = await importFile(bytes.subarray(0, bytes.length - 20));
    expect(cut).toMatchObject({ ok: false, refusal: { type: 'not xml' } });
    expect(everything()).toEqual(before);
    for (const wrong of ['<Document/>', '%PDF-1.7', ''])
      expect(await importFile(new TextEncoder().encode(wrong))).toMatchObject({ ok: false });
    expect(everything()).toEqual(before);
    expect(accepted(await importFile(bytes)).file.lines).toBe(6000);
  });

  it('is cancelled, and then begun again', async () => {
    const { client } = office.maker;
    const before = everything();
    const bytes = fileOf(
      'CANCELLED',
      statement(
        'S',
        Array.from({ length: 4000 }, (_, i) => entry(i, [])),
      ),
    );
    const opened = accepted(await client.openStatementImport({ name: 'a.xml' }));
    const progress = accepted(await client.takeStatementPart({ ...opened, part: base64(bytes.subarray(0, 400_000)) }));
    expect(progress.done).toBeLessThanOrEqual(400_000);
    expect(await client.openStatementImport({ name: 'b.xml' })).toMatchObject({ ok: false, refusal: { type: 'busy' } });
    accepted(await client.cancelStatementImport(opened));
    expect(everything()).toEqual(before);
    expect(await client.takeStatementPart({ ...opened, part: '' })).toMatchObject({ refusal: { type: 'no import' } });
    expect(accepted(await importFile(bytes)).file.lines).toBe(4000);
  });

  it('one that was left half-way, by a lock or by whoever began it, is taken away when the next begins', async () => {
    const { client } = office.maker;
    const before = everything();
    const bytes = fileOf(
      'LEFT',
      statement(
        'S',
        Array.from({ length: 3000 }, (_, i) => entry(i, [])),
      ),
    );
    const opened = accepted(await client.openStatementImport({ name: 'left.xml' }));
    accepted(await client.takeStatementPart({ ...opened, part: base64(bytes.subarray(0, 500_000)) }));
    await client.lock({});
    await office.maker.unlock(office.teller);
    expect(everything().files).toBe(before.files + 1);
    expect(accepted(await client.statementFiles({ before: 1_000_000, limit: 500 })).files.length).toBe(before.files);
    const second = accepted(await client.openStatementImport({ name: 'left again.xml' }));
    expect(everything()).toEqual({ ...before, files: before.files + 1 });
    office.time.skip(61_000);
    const third = accepted(await client.openStatementImport({ name: 'third.xml' }));
    expect(third.import).not.toBe(second.import);
    accepted(await client.cancelStatementImport(third));
    expect(everything()).toEqual(before);
  });

  it('the digest is that of the file, whatever its parts were', async () => {
    const bytes = fileOf('DIGEST', statement('S', [entry(3, [])]));
    const { file } = accepted(await importFile(bytes, 13));
    const stored = office.terminals[0]
      .session!.store.prepare('SELECT digest FROM statement_files WHERE number = ?')
      .pluck()
      .get(file.number);
    expect(stored).toBe(createHash('sha256').update(bytes).digest('base64url'));
  });
});
