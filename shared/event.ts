// A signed event: the only thing that ever enters the log. Canonical JSON, amounts as text of minor units, UTC times.

import { z } from 'zod';
import { agreementSchema } from './agreement.ts';
import { assetCode } from './asset.ts';
import { utf8 } from './bytes.ts';
import { canonicalBytes } from './canonical.ts';
import { escrowId, outcomes } from './escrow.ts';
import { digest, eventId, nameId } from './ids.ts';
import { instructionSchema } from './instruction/schema.ts';
import { amountText, quantityText, signedText } from './money.ts';
import { ed25519Key, operatorSchema, terminalSchema } from './operator.ts';
import { policySchema } from './policy.ts';
import type { Hash } from './primitives.ts';
import { unicodeText } from './text.ts';
import { day, instant } from './time.ts';

const common = {
  v: z.literal(1),
  id: eventId,
  programme: nameId,
  at: instant,
  /** An operator id, or the machine that speaks: `bank` or `gateway`. */
  actor: nameId,
  terminal: nameId,
};
const event = <T extends string, B extends z.ZodType>(type: T, body: B) =>
  z.strictObject({ ...common, type: z.literal(type), body });

/** Genesis: the bank's keys, the first officers and terminals, the first policy. Signed with the bank's root key. */
export const programmeSchema = z.strictObject({
  name: unicodeText(1, 120),
  /** C2SP origin of the log. */
  origin: z.string().regex(/^[a-z0-9.-]+\/[A-Za-z0-9._/-]+$/),
  assets: z.array(assetCode).min(1).max(40),
  bank: z.strictObject({ rootKey: ed25519Key, gatewayKey: ed25519Key, adapterKey: ed25519Key }),
  relyingParty: z.strictObject({ id: unicodeText(0, 253), origins: z.array(unicodeText(0, 300)).min(1).max(8) }),
  officers: z.array(operatorSchema).min(2).max(20),
  terminals: z.array(terminalSchema).min(1).max(100),
  policy: policySchema,
  agreement: agreementSchema,
});

/** Which payment of an instruction a bank event speaks of: 0 for a payment, the position inside a batch. */
const item = z.int().min(0).max(999);
/** A bank's own, or a transaction of a ledger with the place in it. */
const bankReference = unicodeText(1, 80);

export const typedSchema = z.strictObject({ tail: unicodeText(0, 8), amount: unicodeText(0, 20) });

export const eventSchema = z.discriminatedUnion('type', [
  event('programme.opened', programmeSchema),
  event(
    'instruction.made',
    z.strictObject({ instruction: instructionSchema, policyVersion: z.int().min(1), expiresAt: instant }),
  ),
  event(
    'instruction.approved',
    z.strictObject({
      instruction: eventId,
      /** Digest of the `instruction.made` event: the approval commits to exactly those bytes. */
      digest,
      /** What the checker typed, where the policy asks for it. */
      typed: typedSchema.nullable(),
    }),
  ),
  event('instruction.declined', z.strictObject({ instruction: eventId, digest, reason: unicodeText(1, 200) })),
  event('instruction.withdrawn', z.strictObject({ instruction: eventId, digest })),
  event('instruction.expired', z.strictObject({ instruction: eventId })),
  event('instruction.due', z.strictObject({ instruction: eventId })),
  event('bank.acknowledged', z.strictObject({ instruction: eventId, item })),
  event('bank.settled', z.strictObject({ instruction: eventId, item, reference: bankReference, valueDate: day })),
  event('bank.rejected', z.strictObject({ instruction: eventId, item, code: unicodeText(1, 8) })),
  event(
    'bank.returned',
    z.strictObject({ instruction: eventId, item, reference: bankReference, code: unicodeText(0, 8), valueDate: day }),
  ),
  event(
    'bank.credited',
    z.strictObject({
      reference: bankReference,
      /** The custody account number the payer quoted; null or unknown numbers go to suspense. */
      account: unicodeText(0, 34).nullable(),
      asset: assetCode,
      amount: amountText,
      valueDate: day,
      /** The pool whose bank account it came into; the main one if none is named. */
      pool: nameId.optional(),
    }),
  ),
  event(
    'bank.late',
    z.strictObject({
      /** The payment of ours that the bank names, which is closed or of another amount. */
      instruction: eventId,
      item,
      reference: bankReference,
      asset: assetCode,
      amount: amountText,
      code: z.string().max(8),
      valueDate: day,
    }),
  ),
  event(
    'bank.exchanged',
    z.strictObject({
      instruction: eventId,
      /** The bank confirms the two sides each for itself, in any order. */
      side: z.enum(['sold', 'bought']),
      reference: bankReference,
      asset: assetCode,
      amount: amountText,
      valueDate: day,
    }),
  ),
  event('bank.answered', z.strictObject({ recall: eventId, accepted: z.boolean(), code: z.string().min(1).max(8) })),
  event(
    'statement.received',
    z.strictObject({
      statement: bankReference,
      asset: assetCode,
      /** The pool whose bank account it is of; the main one if none is named. */
      pool: nameId.optional(),
      /** The day whose end the statement speaks of. */
      day,
      opening: signedText,
      closing: signedText,
      entries: z.int().min(0).max(10_000_000),
      /** SHA-256 of the statement file as received. */
      file: digest,
    }),
  ),
  event(
    'statement.lines',
    z.strictObject({
      statement: bankReference,
      /** Number of the first of them; 200 to an event, the last one may have fewer. */
      from: z.int().min(0),
      lines: z
        .array(
          z.strictObject({
            reference: bankReference.nullable(),
            /** Our payment item, by what the bank gave back of the order. */
            item: z.strictObject({ instruction: eventId, item }).nullable(),
            amount: signedText,
            valueDate: day,
          }),
        )
        .min(1)
        .max(200),
    }),
  ),
  event(
    'reconciliation.completed',
    z.strictObject({
      statement: bankReference,
      asset: assetCode,
      /** Cash by the bank's statement and by the books, and what it comes to in one word. */
      bank: signedText,
      books: quantityText,
      outcome: z.enum(['balanced', 'break']),
      matched: z.int().min(0),
      /** Open breaks after it, those of earlier statements included. */
      breaks: z.int().min(0),
      /** SHA-256 over all matches and breaks. */
      digest,
    }),
  ),
  event(
    'safeguarding.stated',
    z.strictObject({
      pool: nameId,
      asset: assetCode,
      day,
      /** Null when no statement came for the day: the comparison was not performed. */
      statement: bankReference.nullable(),
      /** Owed: every client's balance, received and not yet allocated, left and not yet settled. */
      clients: quantityText,
      unallocated: quantityText,
      inTransit: quantityText,
      owed: quantityText,
      /** Held: the bank's closing balance and what was under way to or from it, less the house's own funds. */
      bank: signedText.nullable(),
      underWay: signedText,
      house: quantityText,
      held: signedText.nullable(),
      shortfall: quantityText,
      excess: quantityText,
      tolerance: quantityText,
      outcome: z.enum(['met', 'within tolerance', 'shortfall', 'not performed']),
    }),
  ),
  event(
    'accrual.posted',
    z.strictObject({
      asset: assetCode,
      /** A day that is over; days come in order, each once. */
      day,
      /** Lines of account and schedule, their sum in accrual units, and SHA-256 over all of them. */
      accounts: z.int().min(0),
      units: z.string().regex(/^(0|[1-9]\d{0,59})$/),
      digest,
    }),
  ),
  event(
    'escrow.expired',
    z.strictObject({
      escrow: escrowId,
      /** The first day on which its terms decided by themselves, how it ended, and what either party gets now. */
      due: day,
      outcome: z.enum(outcomes),
      depositor: quantityText,
      beneficiary: quantityText,
    }),
  ),
]);
export type CustosEvent = z.infer<typeof eventSchema>;
export type EventType = CustosEvent['type'];
export type EventOf<T extends EventType> = Extract<CustosEvent, { type: T }>;
export type Programme = z.infer<typeof programmeSchema>;

/** A zero byte, as RFC 6962 puts before a leaf, then the tag that keeps events apart from anything else we hash. */
const prefix = utf8('\0custos/event/v1\n');

/** Canonical bytes of events that were read from canonical text, so that they are not written out again. */
const known = new WeakMap<CustosEvent, Uint8Array>();

/** Remembers the canonical bytes that an event was read from; the caller has checked that they are canonical. */
export const rememberEventBytes = (one: CustosEvent, bytes: Uint8Array): void => {
  known.set(one, bytes);
};

/** Room to put the prefix before most events: hashing one makes no copy that lives longer. */
const room = new Uint8Array(1 << 16);
room.set(prefix);

const basketLeaf = (one: CustosEvent): Uint8Array => prefixed(known.get(one) ?? canonicalBytes(one));

function prefixed(bytes: Uint8Array): Uint8Array {
  const length = prefix.length + bytes.length;
  const whole = length <= room.length ? room.subarray(0, length) : new Uint8Array(length);
  if (whole.buffer !== room.buffer) whole.set(prefix);
  whole.set(bytes, prefix.length);
  return whole;
}

/** SHA-256 over the bytes that a signing basket holds for one event. */
export const eventDigest = (hash: Hash, one: CustosEvent): Uint8Array => hash(basketLeaf(one).subarray(1));

/** The RFC 6962 leaf hash of an event in a signing basket. */
export const basketLeafHash = (hash: Hash, one: CustosEvent): Uint8Array => hash(basketLeaf(one));

/** The same, from the canonical bytes of the event. */
export const basketLeafHashOf = (hash: Hash, canonical: Uint8Array): Uint8Array => hash(prefixed(canonical));
