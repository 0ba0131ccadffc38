// Business to replay, as canonical records: a programme with clients, a long run of receipts from the bank whose references come
// in no order, and payments that were made by one person and approved by another.

import { fillBasket } from '../shared/basket.ts';
import { utf8 } from '../shared/bytes.ts';
import { canonicalText } from '../shared/canonical.ts';
import type { CustosEvent } from '../shared/event.ts';
import { sha256, signAsMachine } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';

const clients = 50;

export interface Business {
  readonly programme: TestProgramme;
  readonly records: string[];
}

export function newProgramme(): TestProgramme {
  const programme = new TestProgramme().open();
  for (let i = 0; i < clients; i++) programme.client(`c${i}`, 'CNY', 0n);
  return programme;
}

const recordsOf = (programme: TestProgramme): string[] => programme.records.map((record) => canonicalText(record));

/** `basketSize` events share one signature; 0 leaves a signature that nobody has made, for rows that are not signed. */
export function receipts(count: number, basketSize: number): Business {
  const programme = newProgramme();
  return { programme, records: [...recordsOf(programme), ...receiptRecords(programme, count, basketSize)] };
}

/** As `receipts`, as the bytes that a log holds: a million of them take half a gigabyte. */
export function receiptLeaves(count: number, basketSize: number): Uint8Array[] {
  const programme = newProgramme();
  const leaves = recordsOf(programme).map(utf8);
  for (const record of receiptRecords(programme, count, basketSize)) leaves.push(utf8(record));
  return leaves;
}

export function* receiptRecords(programme: TestProgramme, count: number, basketSize: number): Generator<string> {
  for (let from = 0; from < count; from += Math.max(1, basketSize)) {
    const events = Array.from({ length: Math.min(Math.max(1, basketSize), count - from) }, (_, i) =>
      receipt(programme, from + i),
    );
    const evidence =
      basketSize === 0
        ? fillBasket(sha256, events).positions.map((basket) => ({
            kind: 'ed25519',
            key: 'adapter',
            signature: 'A'.repeat(86),
            basket,
          }))
        : signAsMachine(programme.adapterKey, 'adapter', events);
    for (const [i, event] of events.entries())
      yield canonicalText({ admittedAt: event.at, event, evidence: evidence[i] });
  }
}

const receipt = (programme: TestProgramme, n: number): CustosEvent =>
  programme.event(
    'bank.credited',
    {
      reference: `R${scattered(n)}`,
      account: `9c${(n * 7) % clients}CNY`,
      asset: 'CNY',
      amount: String(100 + (n % 100_000)),
      valueDate: '2026-11-23' as never,
    },
    { actor: 'bank', terminal: 'depository' },
  );

/** Ten digits for each number below 2^32, each once, in no order: multiplying by an odd number is a permutation. */
const scattered = (n: number): string => String(Math.imul(n, 0x9e37_79b1) >>> 0).padStart(10, '0');

/** Payments of one bank card each, every one made and approved: two records with a person's evidence. */
export function payments(count: number): Business {
  const programme = newProgramme();
  const [teller] = programme.tellers;
  const [supervisor] = programme.supervisors;
  const account = programme.client('payer', 'CNY', BigInt(count) * 10n);
  for (let n = 0; n < count; n++) {
    const payee = payeeNamed(`622200${scattered(n)}`);
    programme.pass(teller, supervisor, { kind: 'payment', account, asset: 'CNY', amount: '10', payee });
  }
  return { programme, records: recordsOf(programme) };
}
