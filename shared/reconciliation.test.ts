import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BankLine, type BookLine, type BreakKind, reconcileLines } from './reconciliation.ts';
import { addDays, type Day } from './time.ts';

const today = '2026-11-24' as Day;
const leg = (number: number, given: Partial<BookLine>): BookLine => ({
  ...{ number, reference: `R${number}`, item: null, instruction: null, amount: 100n, valueDate: today },
  ...{ unknownPayer: false, ...given },
});
const line = (number: number, given: Partial<BankLine>): BankLine => ({
  ...{ number, reference: `R${number}`, item: null, amount: 100n, valueDate: today, ...given },
});
const found = (bank: BankLine[], books: BookLine[], through = today) => {
  const { matches, breaks, outstanding } = reconcileLines(bank, books, through);
  return { matches: matches.map((one) => one.by), breaks: breaks.map((one) => one.kind), outstanding };
};

describe('a statement against the books', () => {
  it('pairs by the bank reference first, then by our own, then by amount and date', () => {
    const books = [leg(1, {}), leg(2, { item: 'I2' }), leg(3, { reference: null, amount: 7n })];
    const bank = [line(3, { reference: 'other', amount: 7n }), line(2, { reference: 'X', item: 'I2' }), line(1, {})];
    expect(found(bank, books)).toEqual({
      matches: ['reference', 'item', 'amount and date'],
      breaks: [],
      outstanding: [],
    });
  });

  it('never pairs by amount alone what carries two different references; it proposes them to a person', () => {
    const { matches, breaks } = reconcileLines([line(1, { reference: 'A' })], [leg(1, { reference: 'B' })], today);
    expect(matches).toEqual([]);
    expect(breaks).toMatchObject([
      { kind: 'missing in books', bank: [1], likely: 1, difference: 100n },
      { kind: 'missing at bank', books: [1], likely: 1, difference: -100n },
    ]);
  });

  it('names another amount, another date and a line that the bank says twice', () => {
    const bank = [
      line(1, { amount: 90n }),
      line(2, { valueDate: addDays(today, -5) }),
      line(3, {}),
      line(4, { reference: 'R3' }),
    ];
    expect(found(bank, [leg(1, {}), leg(2, {}), leg(3, {})])).toEqual({
      matches: ['reference'],
      breaks: ['amount', 'date', 'duplicate'],
      outstanding: [],
    });
  });

  it('calls it a duplicate as well when the bank debits one item under two references', () => {
    const bank = [line(1, { item: 'I1', amount: -5n }), line(2, { item: 'I1', amount: -5n })];
    expect(found(bank, [leg(1, { item: 'I1', amount: -5n })]).breaks).toEqual(['duplicate']);
  });

  it('does not take a return for its payment, although both carry the same item', () => {
    const bank = [
      line(1, { reference: null, item: 'I1', amount: -5n }),
      line(2, { reference: null, item: 'I1', amount: 5n }),
    ];
    const books = [leg(8, { item: 'I1', amount: 5n }), leg(9, { item: 'I1', amount: -5n })];
    expect(reconcileLines(bank, books, today).matches).toEqual([
      { by: 'item', bank: [1], books: [9] },
      { by: 'item', bank: [2], books: [8] },
    ]);
  });

  it('adds up a batch that the bank booked as one sum, and an item that it booked in parts', () => {
    const batch = [1, 2, 3].map((n) =>
      leg(n, { instruction: 'B', item: `I${n}`, amount: -BigInt(n), reference: null }),
    );
    expect(found([line(9, { amount: -6n })], batch)).toEqual({ matches: ['sum'], breaks: [], outstanding: [] });
    const parts = [
      line(1, { item: 'I', amount: 4n, reference: 'a' }),
      line(2, { item: 'I', amount: 6n, reference: 'b' }),
    ];
    expect(found(parts, [leg(1, { item: 'I', amount: 10n, reference: null })]).matches).toEqual(['sum']);
  });

  it('adds up few nameless lines of one day only where there is one way to do it', () => {
    const books = [leg(1, { amount: 30n }), leg(2, { amount: 12n }), leg(3, { amount: 99n })];
    const nameless = line(1, { reference: null, amount: 42n });
    expect(reconcileLines([nameless], books, today).matches).toEqual([{ by: 'sum', bank: [1], books: [1, 2] }]);
    const ambiguous = [...books, leg(4, { amount: 22n }), leg(5, { amount: 20n })];
    expect(reconcileLines([nameless], ambiguous, today).matches).toEqual([]);
  });

  it('leaves what is valued after the last day of the statement for the next one', () => {
    const late = leg(1, { valueDate: addDays(today, 1) });
    expect(found([], [late])).toEqual({ matches: [], breaks: [], outstanding: [1] });
  });

  it('names money whose owner nobody knows, although bank and books agree on it', () => {
    expect(found([line(1, {})], [leg(1, { unknownPayer: true })])).toEqual({
      matches: ['reference'],
      breaks: ['unknown payer'],
      outstanding: [],
    });
  });
});

/** One booking and what the bank makes of it. */
const booking = fc.record({
  amount: fc.bigInt({ min: 1n, max: 1_000_000n }),
  credit: fc.boolean(),
  daysAgo: fc.integer({ min: 0, max: 20 }),
  late: fc.integer({ min: 0, max: 1 }),
  told: fc.constantFrom('by reference', 'by item', 'by amount'),
  broken: fc.option(
    fc.constantFrom<BreakKind>('missing at bank', 'missing in books', 'amount', 'date', 'duplicate', 'unknown payer'),
    { freq: 4, nil: undefined },
  ),
});

describe('random days with injected breaks', () => {
  it('finds every injected break under its name, and none that is not there; the order of lines changes nothing', () => {
    fc.assert(
      fc.property(fc.array(booking, { maxLength: 60 }), fc.integer(), (bookings, turn) => {
        const bank: BankLine[] = [];
        const books: BookLine[] = [];
        const injected: string[] = [];
        bookings.forEach((one, n) => {
          // Amounts differ from booking to booking, so that nothing else can be meant by them.
          const size = one.amount * 1000n + BigInt(n);
          const amount = one.credit ? size : -size;
          const valueDate = addDays(today, -one.daysAgo);
          const named = { reference: `R${n}`, item: `I${n}` };
          const ours: BookLine = {
            number: n,
            ...named,
            instruction: null,
            amount,
            valueDate,
            unknownPayer: one.broken === 'unknown payer',
          };
          const told = one.broken === 'amount' || one.broken === 'date' ? 'by reference' : one.told;
          const theirs: BankLine = {
            number: n,
            reference: told === 'by reference' ? `R${n}` : told === 'by item' ? `other ${n}` : null,
            item: told === 'by item' ? `I${n}` : null,
            amount: one.broken === 'amount' ? amount + 1n : amount,
            valueDate: addDays(valueDate, one.broken === 'date' ? -9 : -one.late),
          };
          if (one.broken !== 'missing in books') books.push(ours);
          if (one.broken !== 'missing at bank') bank.push(theirs);
          if (one.broken === 'duplicate') {
            bank.push({ ...theirs, number: 1000 + n, reference: `R${n}`, item: `I${n}` });
            if (told === 'by amount') bank[bank.length - 2] = { ...theirs, reference: `R${n}` };
          }
          if (one.broken !== undefined) injected.push(`${one.broken} ${n}`);
        });
        const shuffled = bank.map((line, i) => ({ line, at: Math.imul(i + 1, turn | 1) })).sort((a, b) => a.at - b.at);
        const seen = reconcileLines(
          shuffled.map(({ line }) => line),
          books,
          today,
        );
        const named = seen.breaks.map((one) => `${one.kind} ${(one.bank[0] ?? one.books[0] ?? 0) % 1000}`);
        expect(named.sort()).toEqual(injected.sort());
        const everything = [...seen.matches, ...seen.breaks.filter((one) => one.kind !== 'unknown payer')];
        const covered = everything.flatMap((one) => one.bank).sort((a, b) => a - b);
        expect(covered).toEqual(bank.map((line) => line.number).sort((a, b) => a - b));
      }),
      { numRuns: 400 },
    );
  });
});
