// One payment of an instruction, as the bank knows it: a payment or a sending back is one item, a batch has many.

import { houseAccountId } from './accounts.ts';
import { type Books, poolOf } from './books.ts';

export interface BankItem {
  /** The ledger account that paid, and to which a return goes. */
  readonly account: string;
  readonly asset: string;
  readonly amount: bigint;
}

/** Undefined for what is no payment of that instruction. */
export function itemOf(books: Books, instruction: string, item: number): BankItem | undefined {
  const body = books.get('instruction', instruction)?.body;
  switch (body?.kind) {
    case 'payment':
    case 'digital withdrawal':
      return item === 0 ? { account: body.account, asset: body.asset, amount: BigInt(body.amount) } : undefined;
    case 'send back':
      return item === 0
        ? {
            account: houseAccountId('suspense', body.asset, poolOf(books.get('receipt', body.receipt))),
            ...{ asset: body.asset, amount: BigInt(body.amount) },
          }
        : undefined;
    case 'batch': {
      const one = body.items[item];
      return one && { account: one.account, asset: body.asset, amount: BigInt(one.amount) };
    }
    default:
      return undefined;
  }
}
