// The order for an exchange: a transfer between two accounts of one client at the bank, at the rate and under the quote that the
// instruction carries.

import { assert } from '../../shared/assert.ts';
import { assetByCode } from '../../shared/asset.ts';
import { type Books, programmeOf } from '../../shared/books.ts';
import type { ForeignExchange } from '../../shared/instruction/foreign-exchange.ts';
import type { PaymentOrder } from '../../shared/iso20022/pain001.ts';
import { debtorNumberOf } from '../../shared/pool.ts';
import { bankReference } from './answers.ts';

export function exchangeOrder(books: Books, id: string, one: ForeignExchange): PaymentOrder['transactions'][number] {
  const bought = assetByCode(one.bought);
  assert(bought, 'assets of a programme are known');
  return {
    debtorAccount: debtorNumberOf(books, one.account),
    instructionId: bankReference(id, 0),
    endToEndId: one.quote.reference,
    amount: BigInt(one.amount),
    creditorName: programmeOf(books)?.name ?? '',
    creditorAccount: debtorNumberOf(books, one.to),
    creditorAgent: null,
    remittance: null,
    exchange: {
      ...{ bought, boughtAmount: BigInt(one.boughtAmount), fixed: one.fixed, base: one.base, rate: one.rate },
      quote: one.quote.reference,
    },
  };
}
