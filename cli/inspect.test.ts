import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainDress, statementBytes } from '../testing/statement-file.ts';
import { inspectFile, describe as inWords, schemasIn } from './inspect.ts';

const folder = mkdtempSync(join(tmpdir(), 'custos-'));
const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const statement = {
  id: 'S-1',
  account: 'DE89370400440532013000',
  opening: 100n,
  entries: [
    {
      amount: 250n,
      credit: true,
      status: 'BOOK' as const,
      reversal: false,
      day: '2026-03-01',
      reference: 'R-1',
      transactions: ['E-1'],
      name: '王芳',
    },
    {
      amount: 50n,
      credit: false,
      status: 'BOOK' as const,
      reversal: false,
      day: '2026-03-01',
      reference: 'R-2',
      transactions: [],
      name: '',
    },
  ],
};

describe('iso inspect', () => {
  it('says what is in a statement, in units of its currency', () => {
    const path = file('statement.xml', statementBytes([statement], plainDress)!);
    const one = inspectFile(path, undefined);
    expect(one).toEqual({
      file: path,
      message: 'camt.053.001.08',
      version: '08',
      wellFormed: true,
      schema: 'unknown',
      errors: [{ line: null, what: 'No schema folder: name one with --xsd.' }],
      statements: [
        {
          id: 'S-1',
          account: 'DE89370400440532013000',
          currency: 'EUR',
          opening: '1.00',
          closing: '3.00',
          entries: 2,
          credits: { count: 1, sum: '2.50' },
          debits: { count: 1, sum: '0.50' },
          balanced: true,
        },
      ],
      payments: { count: 0, sums: {} },
    });
    expect([...inWords(one)].join('\n')).toContain('1.00 + 2.50 (1) - 0.50 (1) -> 3.00: adds up');
  });

  it('never fails on a file: what cannot be read says why', () => {
    const whole = new TextDecoder().decode(statementBytes([statement], plainDress)!);
    const cases: [string, string][] = [
      [join(folder, 'missing.xml'), 'There is no such file.'],
      [folder, 'It is not a file.'],
      [file('empty.xml', ''), 'It is empty.'],
      [
        file(
          'binary',
          new Uint8Array(100_000).map((_, i) => (i * 37) % 256),
        ),
        'Its',
      ],
      [file('picture.png', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])), 'Its'],
      [file('statement.pdf', '%PDF-1.7\n'), 'It is a PDF document, not an XML file.'],
      [file('cut.xml', whole.slice(0, -30)), 'Its XML is broken'],
      [file('twice.xml', whole + whole), 'Its XML is broken'],
      [file('doctype.xml', '<!DOCTYPE Document SYSTEM "file:///etc/passwd"><Document/>'), 'It has a DOCTYPE'],
    ];
    for (const [path, why] of cases) {
      const one = inspectFile(path, undefined);
      expect({ path, wellFormed: one.wellFormed, statements: one.statements }).toEqual({
        path,
        wellFormed: false,
        statements: [],
      });
      expect(one.errors[0]?.what).toContain(why);
    }
  });

  it('a file of another kind is well-formed and holds no message', () => {
    expect(inspectFile(file('page.xml', '<html><body/></html>'), undefined)).toMatchObject({
      message: null,
      wellFormed: true,
      errors: [{ line: null, what: 'It holds no ISO 20022 message that Custos knows.' }],
    });
  });

  it('a schema folder that is not there gives no verdict', () => {
    expect(schemasIn(join(folder, 'nowhere'))).toBeUndefined();
  });
});
