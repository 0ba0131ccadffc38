// Business to replay: a programme with clients, and a long run of receipts from the bank, as canonical records.

import { fillBasket } from '../shared/basket.ts';
import { canonicalText } from '../shared/canonical.ts';
import type { CustosEvent } from '../shared/event.ts';
import { sha256, signAsMachine } from '../testing/people.ts';
import { TestProgramme } from '../testing/programme.ts';

const clients = 50;

/** `basketSize` events share one signature; 0 leaves a signature that nobody has made, for rows that are not signed. */
export function receipts(
  count: number,
  basketSize: number,
): { readonly programme: TestProgramme; readonly records: string[] } {
  const programme = new TestProgramme().open();
  for (let i = 0; i < clients; i++) programme.client(`c${i}`, 'CNY', 0n);
  const records = programme.records.map((record) => canonicalText(record));
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
    events.forEach((event, i) => {
      records.push(canonicalText({ admittedAt: event.at, event, evidence: evidence[i] }));
    });
  }
  return { programme, records };
}

const receipt = (programme: TestProgramme, n: number): CustosEvent =>
  programme.event(
    'bank.credited',
    {
      reference: `R${String(n).padStart(10, '0')}`,
      account: `9c${(n * 7) % clients}CNY`,
      asset: 'CNY',
      amount: String(100 + (n % 100_000)),
      valueDate: '2026-11-23' as never,
    },
    { actor: 'bank', terminal: 'depository' },
  );
