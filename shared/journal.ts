// The entries as a plain-text journal (hledger, ledger), so that anybody can add up the books with a tool of their own.

import { isDebitNormal } from './accounts.ts';
import { assetByCode } from './asset.ts';
import type { Entry } from './books.ts';
import type { CustosEvent } from './event.ts';
import { minorToDecimal } from './money.ts';

/** One transaction; house accounts are `assets:` or `liabilities:` by their normal side, and amounts have full scale. */
export function entryToJournal(entry: Entry, event: CustosEvent): string {
  const lines = entry.legs.flatMap((leg) => {
    const asset = assetByCode(leg.asset) ?? { code: leg.asset, scale: 0 };
    const commodity = /^[A-Z]+$/.test(leg.asset) ? leg.asset : `"${leg.asset}"`;
    return [
      `    ${journalAccount(leg.debit)}  ${commodity} ${minorToDecimal(leg.amount, asset)}`,
      `    ${journalAccount(leg.credit)}  ${commodity} ${minorToDecimal(-leg.amount, asset)}`,
    ];
  });
  return `${entry.bookingDate}=${entry.valueDate} * ${entry.cause} ; event ${event.id}\n${lines.join('\n')}\n\n`;
}

export const journalAccount = (id: string): string =>
  `${isDebitNormal(id.startsWith('cash:') ? 'cash' : 'client') ? 'assets' : 'liabilities'}:${id}`;
