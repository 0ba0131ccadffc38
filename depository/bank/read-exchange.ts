// How a bank reads an order for an exchange: a transfer with an agreed rate, of which one amount is given and the other follows.
// Used by the simulated bank, and to check what we send.

import { exchanged } from '../../shared/exchange-rate.ts';
import { pain001 } from '../../shared/iso20022/pain001.ts';
import { readWhole } from '../../shared/iso20022/reader.ts';

interface Side {
  readonly asset: string;
  readonly amount: bigint;
}

export interface ExchangeOrder {
  readonly instructionId: string;
  readonly endToEndId: string;
  readonly debtorAccount: string;
  readonly creditorAccount: string;
  readonly sold: Side;
  readonly bought: Side;
}

/** Undefined for an order that is no exchange. */
export function readExchange(xml: string): ExchangeOrder | undefined {
  const nothing = { type: 'not an exchange', what: '', why: '', next: '' } as const;
  const read = readWhole(xml, [pain001], nothing);
  const payment = read.ok ? read.value.items[0]?.payment : undefined;
  if (payment?.rate == null || payment.amount?.minor == null || payment.rate.base === null) return undefined;
  const { amount, payIn, rate } = payment;
  const given = { asset: amount.asset, amount: amount.minor as bigint };
  // An equivalent amount is given in what is sold; an instructed one in what is bought, out of an account in the other currency.
  const other = payIn ?? payment.debtorCurrency;
  if (other === null || rate.base === null) return undefined;
  const follows = {
    asset: other,
    amount: exchanged(given.amount, given.asset, other, { base: rate.base, rate: rate.rate }),
  };
  const [sold, bought] = payIn === null ? [follows, given] : [given, follows];
  return {
    ...{ instructionId: payment.instructionId ?? '', endToEndId: payment.endToEndId ?? '' },
    ...{ debtorAccount: payment.debtorAccount ?? '' },
    ...{ creditorAccount: payment.creditorAccount ?? '', sold, bought },
  };
}
