import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeText } from '../../testing/encode.ts';
import {
  closingOf,
  type Dress,
  decimal,
  type PlainEntry,
  type PlainStatement,
  plainDress,
  statementBytes,
  statementXml,
} from '../../testing/statement-file.ts';
import {
  collectStatements,
  detailsAtOnce,
  readCamt,
  type Statement,
  type StatementItem,
  statementFamilies,
} from './camt.ts';
import { openInspection } from './inspect.ts';
import { everyFamily } from './message.ts';
import { openReader } from './reader.ts';
import { parseXml } from './xml.ts';

function readInPieces(bytes: Uint8Array, cuts: readonly number[]): Statement[] {
  const reader = openReader(statementFamilies);
  const items: StatementItem[] = [];
  const take = (result: ReturnType<typeof reader.push>): void => {
    if (!result.ok) throw new Error(`${reader.line}: ${result.refusal.why}`);
    items.push(...result.value);
  };
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    take(reader.push(bytes.subarray(from, cut)));
    from = cut;
  }
  take(reader.end());
  expect(reader.findings.map(({ name, what }) => `${name}: ${what}`)).toEqual([]);
  return collectStatements(items);
}

/** What the reader must have found, as the naive model has it. */
const expected = (one: PlainStatement) => {
  const of = (credit: boolean) => {
    const some = one.entries.filter((entry) => entry.credit === credit);
    return { count: some.length, sum: decimal(some.reduce((sum, entry) => sum + entry.amount, 0n)) };
  };
  return {
    id: one.id,
    account: one.account,
    asset: 'EUR',
    opening: one.opening,
    closing: closingOf(one),
    balanced: true,
    credits: of(true),
    debits: of(false),
    entries: one.entries.map((entry) => ({
      amount: entry.amount,
      credit: entry.credit,
      status: entry.status,
      reversal: entry.reversal,
      valueDate: entry.day,
      reference: entry.reference,
      endToEndIds: entry.transactions,
      names: entry.transactions.map(() => entry.name),
    })),
  };
};
const found = (one: Statement) => ({
  id: one.id,
  account: one.account,
  asset: one.asset,
  opening: one.opening,
  closing: one.closing,
  balanced: one.balanced,
  credits: one.credits,
  debits: one.debits,
  entries: one.entries.map((entry) => ({
    amount: entry.amount,
    credit: entry.credit,
    status: entry.status,
    reversal: entry.reversal,
    valueDate: entry.valueDate,
    reference: entry.reference,
    endToEndIds: entry.details.map((details) => details.endToEndId),
    names: entry.details.map((details) => details.debtor?.name),
  })),
});

/** Characters that every encoding below has, then some that only the larger ones have. */
const letters: Readonly<Record<string, string>> = {
  'UTF-8': 'aé王𠮷野 &<>"',
  'UTF-16': 'aé王𠮷野 &<>"',
  'ISO-8859-1': 'aéß &<>"',
  'ISO-8859-15': 'aé€ &<>"',
  'ISO-8859-2': 'ałő &<>"',
  'windows-1252': 'aé€’ &<>"',
  'windows-1251': 'aжЯ &<>"',
  GB18030: 'a王芳存管 &<>"',
  GBK: 'a王芳存管 &<>"',
  Big5: 'a王銀行 &<>"',
  Shift_JIS: 'a王銀行ソ &<>"',
  'EUC-KR': 'a은행 &<>"',
};
const dresses = fc.record<Dress>({
  version: fc.constantFrom('02', '04', '06', '08', '12'),
  namespace: fc.constantFrom('iso', 'foreign', 'none'),
  prefix: fc.constantFrom('', 'ns2', 'camt'),
  envelope: fc.constantFrom('none', 'business header', 'payload'),
  encoding: fc.constantFrom(...Object.keys(letters)),
  isMarked: fc.boolean(),
  isIndented: fc.boolean(),
  hasTotals: fc.boolean(),
});
const texts = (encoding: string, maxLength: number) =>
  fc
    .array(fc.constantFrom(...(letters[encoding] as string)), { minLength: 1, maxLength })
    .map((some) => some.join('').trim() || 'x');
const statementsIn = (encoding: string) =>
  fc.array(
    fc.record<PlainStatement>({
      id: texts(encoding, 10),
      account: fc.constantFrom('DE89370400440532013000', 'GB29NWBK60161331926819'),
      opening: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      entries: fc.array(
        fc.record<PlainEntry>({
          amount: fc.bigInt({ min: 0n, max: 10n ** 14n }),
          credit: fc.boolean(),
          status: fc.constantFrom('BOOK', 'BOOK', 'PDNG', 'INFO'),
          reversal: fc.boolean(),
          day: fc.constantFrom('2026-02-27', '2026-03-01'),
          reference: texts(encoding, 12),
          transactions: fc.array(texts(encoding, 20), { maxLength: 3 }),
          name: texts(encoding, 30),
        }),
        { maxLength: 8 },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  );

describe('a statement reads the same', () => {
  it('in whatever version, namespace, envelope and encoding it comes, and wherever it is cut', () => {
    fc.assert(
      fc.property(
        dresses.chain((dress) =>
          fc.tuple(fc.constant(dress), statementsIn(dress.encoding), fc.array(fc.nat(), { maxLength: 12 })),
        ),
        ([dress, statements, cuts]) => {
          const bytes = statementBytes(statements, dress);
          expect(bytes, dress.encoding).toBeDefined();
          const at = cuts.map((cut) => cut % (bytes!.length + 1)).sort((a, b) => a - b);
          expect(readInPieces(bytes!, at).map(found)).toEqual(statements.map(expected));
        },
      ),
      { numRuns: 250 },
    );
  });

  it('when it is cut at any byte', () => {
    const entry: PlainEntry = {
      amount: 123_456_789n,
      credit: true,
      status: 'BOOK',
      reversal: false,
      day: '2026-03-01',
      reference: 'R & <1>',
      transactions: ['E-1', 'E-2'],
      name: '王芳',
    };
    const statements = [{ id: 'S-1', account: 'DE89370400440532013000', opening: -5n, entries: [entry] }];
    for (const encoding of ['UTF-8', 'UTF-16', 'GB18030', 'Shift_JIS']) {
      const dress = { ...plainDress, encoding, prefix: 'p', envelope: 'business header' as const, isMarked: true };
      const bytes = statementBytes(statements, dress)!;
      for (let cut = 0; cut <= bytes.length; cut++)
        expect(readInPieces(bytes, [cut]).map(found)).toEqual(statements.map(expected));
      const every = Array.from({ length: bytes.length }, (_, i) => i);
      expect(readInPieces(bytes, every).map(found)).toEqual(statements.map(expected));
    }
  });

  it('an entry with very many transactions is handed over in parts', () => {
    const transactions = Array.from({ length: detailsAtOnce * 3 + 7 }, (_, i) => `E-${i}`);
    const entry: PlainEntry = {
      amount: 1n,
      credit: true,
      status: 'BOOK',
      reversal: false,
      day: '2026-03-01',
      reference: 'R',
      transactions,
      name: 'n',
    };
    const statement = { id: 'S', account: 'DE89370400440532013000', opening: 0n, entries: [entry] };
    const reader = openReader(statementFamilies);
    const read = reader.push(statementBytes([statement], plainDress)!);
    if (!read.ok) throw new Error(read.refusal.why);
    const sizes = read.value.flatMap((item) =>
      item.kind === 'details' ? [item.details.length] : item.kind === 'entry' ? [item.entry.details.length] : [],
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(detailsAtOnce);
    expect(collectStatements(read.value)[0]?.entries[0]?.details.map((one) => one.endToEndId)).toEqual(transactions);
  });

  it('two messages in one envelope are both read, and that is said', () => {
    const one = (id: string) => ({ id, account: 'DE89370400440532013000', opening: 0n, entries: [] });
    const documents = ['A', 'B'].map((id) => statementXml([one(id)], plainDress).replace(/^<\?xml.*\?>/, ''));
    const read = readCamt(`<batch>${documents.join('')}</batch>`);
    expect(read.ok && read.value.statements.map(({ id }) => id)).toEqual(['A', 'B']);
    expect(read.ok && read.value.findings.map(({ name }) => name)).toEqual(['other message']);
  });
});

describe('what does not add up is found by name', () => {
  const amount = (text: string, isCredit = true, more = '') =>
    `<Ntry><Amt Ccy="EUR">${text}</Amt><CdtDbtInd>${isCredit ? 'CRDT' : 'DBIT'}</CdtDbtInd>${more}<Sts>BOOK</Sts></Ntry>`;
  const balance = (code: string, text: string, currency = 'EUR', day = '2026-03-01') =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${text}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`;
  const statement = (inner: string) =>
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>${inner}</Stmt></BkToCstmrStmt></Document>`;
  const outcome = (inner: string) => {
    const read = readCamt(statement(inner));
    if (!read.ok) throw new Error(read.refusal.why);
    const [one] = read.value.statements;
    return {
      balanced: one?.balanced,
      closing: one?.closingText,
      credits: one?.credits,
      findings: read.value.findings.map(({ name }) => name),
    };
  };
  const ends = (opening: string, closing: string) => balance('OPBD', opening) + balance('CLBD', closing);

  it.each([
    ['a statement that adds up', ends('1.00', '3.50') + amount('2.5'), true, []],
    ['one that does not', ends('1.00', '3.51') + amount('2.5'), false, ['not balanced']],
    ['one without a closing balance', balance('OPBD', '1.00') + amount('2.5'), null, ['balance missing']],
    ['one without balances', amount('2.5'), null, ['balance missing']],
    [
      'balances in another currency',
      balance('OPBD', '1', 'USD') + balance('CLBD', '1', 'USD') + amount('2.5'),
      null,
      ['balance missing'],
    ],
    [
      'an amount with more decimals than the euro has',
      ends('1.00', '3.505') + amount('2.505'),
      true,
      ['too many decimals', 'too many decimals'],
    ],
    ['trailing zeros, which are no decimals', ends('1.00000', '3.50') + amount('2.5000'), true, []],
    [
      'an amount that is no number',
      ends('1.00', '3.50') + amount('2,50'),
      null,
      ['amount malformed', 'balance missing'],
    ],
    ['a negative amount', ends('1.00', '3.50') + amount('-2.50'), null, ['amount malformed', 'balance missing']],
    [
      'an amount that no int64 holds',
      ends('1.00', '3.50') + amount('99999999999999999999'),
      false,
      ['amount too large', 'not balanced'],
    ],
    [
      'an entry without a direction',
      `${ends('1.00', '3.50')}<Ntry><Amt Ccy="EUR">2.50</Amt><Sts>BOOK</Sts></Ntry>`,
      null,
      ['direction missing', 'balance missing'],
    ],
    [
      'an entry without an amount',
      `${ends('1.00', '1.00')}<Ntry><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>`,
      null,
      ['amount missing', 'balance missing'],
    ],
    [
      'an entry in another currency',
      ends('1.00', '1.00') + amount('2.5').replace('EUR', 'USD'),
      null,
      ['other currency', 'balance missing'],
    ],
    [
      'a currency that there is not',
      ends('1.00', '1.00') + amount('2.5').replace('EUR', 'EU'),
      null,
      ['currency unknown', 'other currency', 'balance missing'],
    ],
    ['a pending entry, which changes nothing', ends('1.00', '1.00') + amount('2.5').replace('BOOK', 'PDNG'), true, []],
    [
      'a reversal counted as what it undoes',
      ends('5.00', '7.50') + amount('2.50', false, '<RvslInd>true</RvslInd>'),
      false,
      ['not balanced', 'reversal sign'],
    ],
    [
      'the last closing balance as opening',
      balance('PRCD', '1.00') + balance('CLBD', '3.50') + amount('2.5'),
      true,
      [],
    ],
    [
      'a first page, which ends with an interim balance',
      balance('OPBD', '1.00') + balance('ITBD', '3.50') + amount('2.5'),
      true,
      [],
    ],
    ['a page in the middle', balance('ITBD', '1.00') + balance('ITBD', '3.50') + amount('2.5'), true, []],
    [
      'several days in one statement',
      balance('CLBD', '2', 'EUR', '2026-03-01') +
        balance('OPBD', '1', 'EUR', '2026-03-01') +
        balance('CLBD', '3.50', 'EUR', '2026-03-02') +
        balance('OPBD', '2', 'EUR', '2026-03-02') +
        amount('2.5'),
      true,
      [],
    ],
    [
      'counts and sums that are others',
      `${ends('1.00', '3.50')}<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries><Sum>2.5</Sum></TtlNtries><TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>2.51</Sum></TtlCdtNtries></TxsSummry>${amount('2.5')}`,
      true,
      ['count', 'control sum'],
    ],
    [
      'a net that is another',
      `${ends('1.00', '3.50')}<TxsSummry><TtlNtries><TtlNetNtryAmt>2.5</TtlNetNtryAmt><CdtDbtInd>DBIT</CdtDbtInd></TtlNtries></TxsSummry>${amount('2.5')}`,
      true,
      ['control sum'],
    ],
  ] as const)('%s', (_, inner, balanced, findings) => {
    const { balanced: ours, findings: names } = outcome(inner);
    expect({ balanced: ours, names }).toEqual({ balanced, names: findings });
  });

  it('sums are exact where a float is not', () => {
    const many = Array.from({ length: 1000 }, () => amount('0.1')).join('');
    expect(outcome(ends('9007199254740993.01', '9007199254741093.01') + many)).toEqual({
      balanced: true,
      closing: '9007199254741093.01',
      credits: { count: 1000, sum: '100.00' },
      findings: [],
    });
  });
});

describe('payments add up to what their message says', () => {
  const file = (header: string, ...amounts: string[]) =>
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr><MsgId>M</MsgId>${header}</GrpHdr><PmtInf>${amounts
      .map(
        (one) => `<CdtTrfTxInf><Amt><InstdAmt Ccy="${one.slice(0, 3)}">${one.slice(4)}</InstdAmt></Amt></CdtTrfTxInf>`,
      )
      .join('')}</PmtInf></CstmrCdtTrfInitn></Document>`;
  const inspect = (xml: string) => {
    const inspection = openInspection();
    inspection.push(new TextEncoder().encode(xml));
    const { message, version, payments, errors } = inspection.end();
    return { message, version, payments, errors: errors.map(({ what }) => what.split(':')[0]) };
  };
  it('in each currency', () => {
    expect(inspect(file('<NbOfTxs>3</NbOfTxs><CtrlSum>13.5</CtrlSum>', 'EUR 1.5', 'JPY 10', 'EUR 2'))).toEqual({
      message: 'pain.001.001.09',
      version: '09',
      payments: { count: 3, sums: { EUR: '3.50', JPY: '10' } },
      errors: [],
    });
  });
  it('or the difference is found', () => {
    const { errors } = inspect(file('<NbOfTxs>2</NbOfTxs><CtrlSum>3.51</CtrlSum>', 'EUR 1.5', 'EUR 2', 'EUR 0.001'));
    expect(errors).toEqual(['too many decimals', 'count', 'control sum']);
  });
});

describe('hostile files end in a refusal, and soon', () => {
  const refusal = (pieces: Iterable<string | Uint8Array>): string => {
    const reader = openReader(everyFamily);
    for (const piece of pieces) {
      const result = reader.push(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
      if (!result.ok) return result.refusal.why;
    }
    const ended = reader.end();
    return ended.ok ? 'read' : ended.refusal.why;
  };
  function* endless(start: string, more: string): Generator<string> {
    yield start;
    for (let i = 0; i < 5000; i++) yield more;
    throw new Error('it was read to its end');
  }
  const stuffing = 'x'.repeat(64 << 10);
  const open = '<Document><BkToCstmrStmt>';

  it.each([
    ['a DOCTYPE', ['<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>'], 'DOCTYPE'],
    ['an entity', ['<a>&b;</a>'], 'undefined entity'],
    ['a text without end', endless(`${open}<GrpHdr><MsgId>`, stuffing), 'too long'],
    ['a comment without end', endless('<a><!--', stuffing), 'too long'],
    ['an attribute without end', endless('<a b="', stuffing), 'too long'],
    ['a name without end', endless('<a', stuffing), 'too long'],
    ['white space without end', endless('<a>', ' '.repeat(64 << 10)), 'too long'],
    ['depth without end', endless('<a>', '<a>'), 'nested too deeply'],
    ['attributes without end', [`<a ${Array.from({ length: 40 }, (_, i) => `b${i}=""`).join(' ')}/>`], 'attributes'],
    [
      'names without end',
      [`<a>${Array.from({ length: 20_000 }, (_, i) => `<b${i}/>`).join('')}</a>`],
      'different names',
    ],
    ['balances without end', endless(`${open}<Stmt>`, '<Bal/>'.repeat(10_000)), 'too many parts'],
    ['an undeclared encoding', ['<?xml version="1.0" encoding="x-none"?><a/>'], 'x-none'],
    [
      'bytes of another encoding',
      ['<?xml version="1.0" encoding="UTF-8"?><a>', new Uint8Array([0xff]), '</a>'],
      'UTF-8',
    ],
    ['UTF-16 by name alone', ['<?xml version="1.0" encoding="UTF-16"?><a/>'], 'UTF-16'],
    ['UTF-32', [new Uint8Array([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0])], 'UTF-32'],
    ['a PDF', ['%PDF-1.7'], 'PDF'],
    ['a SWIFT MT message', [':20:REF\r\n:25:1234'], 'SWIFT MT'],
    ['nothing', [], 'empty'],
    ['half a character at the end', ['<a/>', new Uint8Array([0xe7])], 'UTF-8'],
    ['two roots', ['<a/><b/>'], 'broken'],
    ['a prefix bound to nothing', ['<a xmlns:b=""/>'], 'prefix'],
    ['an attribute twice', ['<a xmlns:b="u" xmlns:c="u" b:d="1" c:d="2"/>'], 'duplicate'],
  ] as const)('%s', (_, pieces, why) => {
    expect(refusal(pieces as Iterable<string | Uint8Array>)).toContain(why);
  });

  it('an attribute in a namespace is not one without', () => {
    const root = parseXml('<a xmlns:x="u" x:Ccy="USD" Ccy="EUR"/>');
    expect(root.ok && root.value.attributes).toEqual({ Ccy: 'EUR', 'u Ccy': 'USD' });
  });

  it('text of another encoding is read as what it is', () => {
    const bytes = encodeText('<?xml version="1.0" encoding="CP936"?><a>存管</a>', 'GBK');
    const inspection = openInspection();
    inspection.push(bytes!);
    expect(inspection.end()).toMatchObject({ wellFormed: true, message: null });
  });
});
