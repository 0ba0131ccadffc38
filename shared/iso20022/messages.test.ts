import fc from 'fast-check';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { dataText, describeWithData } from '../../testing/data.ts';
import { assetByCode } from '../asset.ts';
import type { Day, Instant } from '../time.ts';
import { type Booking, readCamt, writeCamt053, writeCamt054 } from './camt.ts';
import { readCamt029, writeCamt029 } from './camt029.ts';
import { readCamt056, writeCamt056 } from './camt056.ts';
import { decodeXml } from './decode.ts';
import { type PaymentOrder, readPain001, writePain001 } from './pain001.ts';
import { readPain002, writePain002 } from './pain002.ts';
import { parseXml } from './xml.ts';

const cny = assetByCode('CNY')!;
const createdAt = '2026-11-23T08:30:00.000Z' as Instant;
const day = '2026-11-23' as Day;

const order = (name: string, remittance: string | null = null): PaymentOrder => ({
  messageId: '019daa1e3a2a70008000000000000001',
  createdAt,
  executionDate: day,
  initiator: name,
  debtorName: name,
  debtorAgent: 'BKCHCNBJ',
  asset: cny,
  transactions: [
    {
      debtorAccount: 'DE89370400440532013000',
      instructionId: '019daa1e3a2a700080000000000000-0',
      endToEndId: name.slice(0, 60),
      amount: 12_345_00n,
      creditorName: name,
      creditorAccount: '6222000100010001',
      creditorAgent: null,
      remittance,
    },
  ],
});
const booking = (name: string, credit: boolean, amount: bigint): Booking => ({
  credit,
  amount,
  reference: 'REF-1',
  day,
  instructionId: 'I-1',
  endToEndId: name,
  creditorAccount: '9c1CNY',
  debtorName: name,
  remittance: name,
  returnReason: credit ? 'AC04' : null,
});
const notification = (name: string) => ({
  messageId: 'M-1',
  createdAt,
  account: '1100220033',
  asset: cny,
  bookings: [booking(name, true, 700n), booking(name, false, 300n)],
});
const written = (name: string) => ({
  'pain.001.001.09': writePain001(order(name, name)),
  'pain.002.001.10': writePain002({
    messageId: 'S-1',
    createdAt,
    originalMessageId: 'M-1',
    advices: [
      { instructionId: 'I-1', endToEndId: name, status: 'RJCT', reason: 'AC04' },
      { instructionId: 'I-2', endToEndId: null, status: 'ACSP', reason: null },
    ],
  }),
  'camt.056.001.08': writeCamt056({
    messageId: `R-${name}`,
    createdAt,
    assigner: 'BKCHCNBJ',
    assignee: null,
    originalMessageId: 'M-1',
    payments: [
      {
        cancellationId: 'C-1',
        instructionId: 'I-1',
        endToEndId: name,
        asset: cny,
        amount: 1n,
        date: day,
        reason: 'DUPL',
        information: name.repeat(5),
      },
    ],
  }),
  'camt.029.001.09': writeCamt029({
    messageId: `A-${name}`,
    createdAt,
    assigner: null,
    assignee: 'BKCHCNBJ',
    caseId: name,
    originalMessageId: 'M-1',
    payments: [
      {
        cancellationId: 'C-1',
        instructionId: 'I-1',
        endToEndId: name,
        outcome: 'rejected',
        reason: 'CUST',
        information: name,
      },
      {
        cancellationId: 'C-2',
        instructionId: 'I-2',
        endToEndId: null,
        outcome: 'accepted',
        reason: null,
        information: null,
      },
    ],
  }),
  'camt.054.001.08': writeCamt054(notification(name)),
  'camt.053.001.08': writeCamt053({ ...notification(name), day, opening: 1000n, closing: 1400n }),
});

describeWithData('what we write is valid by the schema', 'iso20022/xsd', () => {
  const validators = new Map<string, XsdValidator>();
  const errors = (message: string, xml: string): string | null => {
    let validator = validators.get(message);
    if (validator === undefined) {
      validator = XsdValidator.fromDoc(XmlDocument.fromString(dataText(`iso20022/xsd/${message}.xsd`)));
      validators.set(message, validator);
    }
    const document = XmlDocument.fromString(xml);
    try {
      validator.validate(document);
      return null;
    } catch (error) {
      return String(error);
    } finally {
      document.dispose();
    }
  };

  it('whatever a name is made of', () => {
    const check = (name: string) => {
      for (const [message, xml] of Object.entries(written(name))) expect(errors(message, xml)).toBeNull();
    };
    for (const name of ['王芳', '', ' ', 'A & B <Ltd> "x"', '𠮷野家', '\u0000\u0007', ']]>', 'x'.repeat(500)])
      check(name);
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 60 });
  });

  it('an exchange, whichever of its two amounts is the fixed one', () => {
    for (const fixed of ['sold', 'bought'] as const) {
      const base = order('A', null);
      const terms = { bought: assetByCode('JPY')!, boughtAmount: 240_000n, fixed, base: 'JPY', rate: '0.0514375' };
      const [one] = base.transactions;
      const xml = writePain001({ ...base, transactions: [{ ...one!, exchange: { ...terms, quote: 'Q-1' } }] });
      expect([fixed, errors('pain.001.001.09', xml)]).toEqual([fixed, null]);
      const [sum, currency] = fixed === 'sold' ? ['12345.00', 'CNY'] : ['240000', 'JPY'];
      expect(xml).toContain(`<CtrlSum>${sum}</CtrlSum>`);
      expect(xml).toContain(`Ccy="${currency}">${sum}<`);
    }
  });
});

describe('what we write is read back the same', () => {
  it('payments', () => {
    const read = readPain001(writePain001(order('A & B <Ltd>', '貨款')));
    expect(read.ok && read.value).toMatchObject({
      message: 'pain.001.001.09',
      findings: [],
      payments: [
        {
          debtorAccount: 'DE89370400440532013000',
          amount: 1_234_500n,
          asset: 'CNY',
          creditorName: 'A & B <Ltd>',
          creditorAccount: '6222000100010001',
          remittance: '貨款',
          refusal: null,
        },
      ],
    });
  });

  it('status reports, notifications and statements', () => {
    const files = written('王芳');
    const status = readPain002(files['pain.002.001.10']);
    expect(status.ok && status.value.advices).toEqual([
      { instructionId: 'I-1', endToEndId: '王芳', status: 'RJCT', reason: 'AC04' },
      { instructionId: 'I-2', endToEndId: null, status: 'ACSP', reason: null },
    ]);
    const statement = readCamt(files['camt.053.001.08']);
    expect(statement.ok && statement.value.statements[0]).toMatchObject({
      account: '1100220033',
      opening: 1000n,
      closing: 1400n,
      entries: [
        {
          credit: true,
          amount: 700n,
          reference: 'REF-1',
          details: [{ creditorAccount: '9c1CNY', returnReason: 'AC04' }],
        },
        { credit: false, amount: 300n },
      ],
    });
  });
});

describe('a recall and its answer', () => {
  const files = written('王芳');
  it('name the payment, the reason and the outcome', () => {
    const request = readCamt056(files['camt.056.001.08']);
    expect(request.ok && request.value).toMatchObject({
      messageId: 'R-王芳',
      cancellations: [
        {
          level: 'payment',
          caseId: 'R-王芳',
          originalMessageId: 'M-1',
          instructionId: 'I-1',
          endToEndId: '王芳',
          amount: { minor: 1n, asset: 'CNY' },
          date: day,
          reasons: [{ code: 'DUPL', isProprietary: false, information: ['王芳王芳王芳王芳王芳'] }],
        },
      ],
    });
    const answer = readCamt029(files['camt.029.001.09']);
    expect(answer.ok && answer.value).toMatchObject({
      messageId: 'A-王芳',
      resolutions: [
        { level: 'payment', status: 'RJCR', instructionId: 'I-1', reasons: [{ code: 'CUST' }], caseId: '王芳' },
        { level: 'payment', status: 'ACCR', instructionId: 'I-2', originalMessageId: 'M-1' },
        { level: 'case', status: 'PECR', caseId: '王芳' },
      ],
    });
  });
});

describe('hostile and broken files', () => {
  it('are refused and never throw', () => {
    const bomb = '<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>';
    const deep = '<a>'.repeat(100) + '</a>'.repeat(100);
    const refusalOf = (text: string) => {
      const read = parseXml(text);
      return read.ok ? 'read' : read.refusal.type;
    };
    expect([bomb, deep, '<a>', '', 'not xml', '<a b="1" b="2"/>'].map(refusalOf)).toEqual([
      'not allowed',
      'too large',
      'not xml',
      'not xml',
      'not xml',
      'not xml',
    ]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = decodeXml(bytes);
        if (text.ok)
          for (const read of [readPain001, readPain002, readCamt, readCamt056, readCamt029])
            expect(read(text.value).ok).toBe(false);
      }),
    );
  });
});
