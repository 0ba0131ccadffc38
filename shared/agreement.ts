// The custody agreement between bank and platform, as far as software must keep it: the fee schedule.

import { z } from 'zod';
import { assetCode } from './asset.ts';
import { nameId } from './ids.ts';
import { quantityText } from './money.ts';
import { unicodeText } from './text.ts';

export const feeSchema = z.strictObject({
  code: nameId,
  text: unicodeText(0, 200),
  asset: assetCode,
  /** Who earns it. */
  to: z.enum(['platform-fee', 'bank-fee']),
  /** Fixed part in minor units. */
  flat: quantityText,
  /** Part of the base amount, in hundredths of a percent; rounded down to the minor unit, in the client's favour. */
  basisPoints: z.int().min(0).max(10_000),
  maximum: quantityText,
});

export const agreementSchema = z
  .strictObject({
    version: z.int().min(1),
    fees: z.array(feeSchema).max(100),
    /** Differences of client money that close nothing; zero where an asset is not named. */
    tolerances: z
      .array(z.strictObject({ asset: assetCode, amount: quantityText }))
      .max(40)
      .optional(),
    /** Days of which it is stated what is owed and held, statement or none: every day where nothing is said. */
    safeguardingDays: z.enum(['every', 'business']).optional(),
    /** How many days ahead a value date may lie; 30 where nothing is said. */
    valueDaysAhead: z.int().min(0).max(366).optional(),
  })
  .refine((agreement) => new Set(agreement.fees.map((fee) => fee.code)).size === agreement.fees.length);
export type Agreement = z.infer<typeof agreementSchema>;
export type Fee = Agreement['fees'][number];

/** The fee on `base` minor units. */
export function feeOn(fee: Fee, base: bigint): bigint {
  const amount = BigInt(fee.flat) + (base * BigInt(fee.basisPoints)) / 10_000n;
  const maximum = BigInt(fee.maximum);
  return amount > maximum ? maximum : amount;
}
