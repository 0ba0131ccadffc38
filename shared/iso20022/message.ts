// Every message that Custos reads, through one reader: openReader(everyFamily).

import { type StatementItem, statementFamilies } from './camt.ts';
import { camt029, type Resolution } from './camt029.ts';
import { type Cancellation, camt056 } from './camt056.ts';
import { type PaymentReturn, pacs002, pacs004, pacs008, pacs009 } from './pacs.ts';
import { pain001 } from './pain001.ts';
import { pain002 } from './pain002.ts';
import type { CreditTransfer } from './payment.ts';
import type { Family } from './reader.ts';
import type { Status } from './status.ts';

export type MessageItem =
  | StatementItem
  | { readonly kind: 'payment'; readonly payment: CreditTransfer }
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'return'; readonly returned: PaymentReturn }
  | { readonly kind: 'cancellation'; readonly cancellation: Cancellation }
  | { readonly kind: 'resolution'; readonly resolution: Resolution };

export const everyFamily: readonly Family<MessageItem>[] = [
  ...statementFamilies,
  pain001,
  pain002,
  pacs002,
  pacs004,
  pacs008,
  pacs009,
  camt056,
  camt029,
];
