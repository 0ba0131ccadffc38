// Assets: ISO 4217 currencies with their official scale, and digital assets registered by the programme.

import currencies from 'currency-codes';
import { z } from 'zod';

/** An asset code as it stands in the books: an ISO 4217 alphabetic code, or the code of a registered digital asset. */
export const assetCode = z.string().regex(/^[A-Z][A-Z0-9.-]{2,11}$/);

export interface Asset {
  readonly code: string;
  /** Decimal places of the minor unit: 2 for CNY, 0 for JPY, 8 for BTC, 9 for ETH kept in gwei. */
  readonly scale: number;
}

/** Digital assets that a programme may register, with the scale at which we keep them. */
export const digitalAssets: Readonly<Record<string, number>> = {
  'E-CNY': 2,
  BTC: 8,
  ETH: 9,
  USDC: 6,
  USDT: 6,
};

/** Looking a currency up goes through a list, and statements ask for the same one a million times. */
const known = new Map<string, Asset>(Object.entries(digitalAssets).map(([code, scale]) => [code, { code, scale }]));

/** Undefined for a code that is neither in ISO 4217 nor a known digital asset. */
export function assetByCode(code: string): Asset | undefined {
  const found = known.get(code);
  if (found !== undefined) return found;
  const currency = currencies.code(code);
  // The list takes small letters too; the books do not.
  if (currency?.code !== code) return undefined;
  const asset = { code, scale: currency.digits };
  known.set(code, asset);
  return asset;
}
