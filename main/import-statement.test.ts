import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StatementImportReport } from '../shared/contract/statements.ts';
import type { Refusal, Result } from '../shared/result.ts';
import { describeWithData } from '../testing/data.ts';
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
/** Every part of a file sent, and looked at. */
async function lookAt(name: string, bytes: Uint8Array) {
  const { client } = office.maker;
  const opened = accepted(await client.openStatementImport({ name }));
  for (let from = 0; from < bytes.length; from += 64 << 10)
    accepted(await client.takeStatementPart({ ...opened, part: base64(bytes.subarray(from, from + (64 << 10))) }));
  return { opened, review: await client.reviewStatementImport(opened) };
}
const fates = async () => {
  const { imports } = accepted(await office.maker.client.statementImports({ before: 1_000_000, limit: 100 }));
  return imports.map(({ name, fate, why }) => [name, fate, why]);
};
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

  it('is looked at before it counts: given up it leaves nothing, taken in it is what was shown', async () => {
    const { client } = office.maker;
    const before = everything();
    const entries = [entry(1, []), entry(2, ['E-1', 'E-2'])];
    const bytes = fileOf('LOOK', statement('S', entries));
    const first = await lookAt('look.xml', bytes);
    const shown = accepted(first.review);
    expect(shown).toMatchObject({
      isKnown: false,
      file: { name: 'look.xml', lines: 4, findings: [] },
      statements: [{ id: 'S', opening: '1000', credits: { count: 2, sum: '2.03' }, debits: { count: 0, sum: '0.00' } }],
    });
    expect(accepted(await client.statementFiles({ before: 1_000_000, limit: 500 })).files.length).toBe(before.files);
    accepted(await client.cancelStatementImport(first.opened));
    expect(everything()).toEqual(before);
    const second = await lookAt('look.xml', bytes);
    const taken = accepted(await client.endStatementImport(second.opened));
    expect(taken).toEqual({ ...accepted(second.review) });
    expect(everything()).toEqual({
      files: before.files + 1,
      statements: before.statements + 1,
      lines: before.lines + 4,
      records: before.records + 4,
    });
    const third = await lookAt('look once more.xml', bytes);
    expect(accepted(third.review)).toEqual({ ...taken, isKnown: true });
    expect(await client.endStatementImport(third.opened)).toMatchObject({ refusal: { type: 'no import' } });
    expect((await fates()).slice(0, 3)).toEqual([
      ['look once more.xml', 'came again', null],
      ['look.xml', 'taken in', null],
      ['look.xml', 'cancelled', null],
    ]);
  });

  it('every import leaves its fate in the list, with the reason where it was refused or left', async () => {
    const { client } = office.maker;
    const [cut, whole] = [
      fileOf('FATES', statement('S', [entry(1, [])])),
      fileOf('FATES', statement('S', [entry(2, [])])),
    ];
    expect((await lookAt('cut.xml', cut.subarray(0, cut.length - 9))).review).toMatchObject({ ok: false });
    const waiting = await lookAt('whole.xml', whole);
    await client.lock({});
    await office.maker.unlock(office.teller);
    expect(await client.endStatementImport(waiting.opened)).toMatchObject({ refusal: { type: 'no import' } });
    accepted(await client.cancelStatementImport((await lookAt('next.xml', whole)).opened));
    const [last, left, refused] = await fates();
    expect([last, left]).toEqual([
      ['next.xml', 'cancelled', null],
      ['whole.xml', 'left', null],
    ]);
    expect(refused).toEqual(['cut.xml', 'refused', expect.stringContaining('Line')]);
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

describeWithData('the verdict of the schema at import', 'iso20022/xsd/camt.053.001.08.xsd', () => {
  it('is given with the lines, and where it cannot be given the reason is said', async () => {
    const { client } = office.maker;
    const verdict = async (bytes: Uint8Array) => {
      const { opened, review } = await lookAt('verdict.xml', bytes);
      accepted(await client.cancelStatementImport(opened));
      return accepted(review).file.verdict;
    };
    const text = new TextDecoder().decode(fileOf('VERDICT', statement('S', [entry(1, [])])));
    const file = (from: string | RegExp, to: string) => new TextEncoder().encode(text.replace(from, to));
    expect(await verdict(file('', ''))).toEqual({ schema: 'valid', errors: [] });
    const invalid = await verdict(file('<BkTxCd>', '<Sundry/><BkTxCd>'));
    expect(invalid.schema).toBe('invalid');
    expect(invalid.errors[0]).toMatchObject({ line: expect.any(Number), what: expect.stringContaining('Sundry') });
    expect(await verdict(file('camt.053.001.08', 'camt.053.001.99'))).toEqual({
      schema: 'unknown',
      errors: [{ line: null, what: 'There is no schema for camt.053.001.99.' }],
    });
    const large = await verdict(file('<Stmt>', `${`\n<!--${'x'.repeat(900_000)}-->`.repeat(18)}\n<Stmt>`));
    expect(large).toEqual({
      schema: 'unknown',
      errors: [{ line: null, what: 'It is larger than 16000000 bytes, so no schema was tried.' }],
    });
  });
});
