// Adopt reference rates: what rates of exchange are held against, by two officers, until a day on which they go stale.

import { z } from 'zod';
import { assetByCode, assetCode } from '../asset.ts';
import { put } from '../books.ts';
import { pairKey, rateText } from '../exchange-rate.ts';
import { unicodeText } from '../text.ts';
import { day } from '../time.ts';
import { type Kind, movesNothing } from './kind.ts';
import { malformed } from './refusals.ts';

export const adoptReferenceRatesSchema = z.strictObject({
  kind: z.literal('adopt reference rates'),
  /** Where they were published. */
  source: unicodeText(1, 60),
  /** The last day on which they bound anything. */
  until: day,
  rates: z
    .array(
      z.strictObject({
        base: assetCode,
        other: assetCode,
        rate: rateText,
        /** How far a rate may be away from it, in hundredths of a percent. */
        basisPoints: z.int().min(1).max(2000),
      }),
    )
    .min(1)
    .max(100),
});
type AdoptReferenceRates = z.infer<typeof adoptReferenceRatesSchema>;

export const adoptReferenceRates: Kind<AdoptReferenceRates> = {
  ...movesNothing,
  makers: ['officer'],
  consequence: ({ rates, source, until }) =>
    `Rates of exchange are held against ${source} until ${until}: ${rates.map((one) => `1 ${one.base} = ${one.rate} ${one.other}`).join(', ')}.`,
  check({ rates, until }, _, { today }) {
    if (until < today) return malformed('They would be stale already.');
    const pairs = rates.map((one) => pairKey(one.base, one.other));
    if (new Set(pairs).size !== pairs.length) return malformed('A pair is named twice.');
    const strange = rates.find(
      (one) => one.base === one.other || [one.base, one.other].some((code) => assetByCode(code) === undefined),
    );
    return strange === undefined ? undefined : malformed(`${strange.base} and ${strange.other} are no pair.`);
  },
  effects: ({ rates, source, until }, _, { admittedAt }) =>
    rates.map(({ base, other, rate, basisPoints }) =>
      put('referenceRate', pairKey(base, other), { base, rate, basisPoints, source, until, since: admittedAt }),
    ),
};
