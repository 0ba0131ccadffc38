// A pot is one bank account of client money, as the clerk heads a page with it: `CNY`, or `CNY:wages` in another pool than the main
// one. Coins are a pot as well; a custodian keeps them, and not the bank.

export const potOf = (asset: string, pool: string | undefined): string =>
  pool === undefined || pool === 'main' ? asset : `${asset}:${pool}`;
export const assetOfPot = (pot: string): string => pot.split(':')[0] ?? '';
export const poolOfPot = (pot: string): string => pot.split(':')[1] ?? 'main';

export const coin = 'BTC';
export const assets = ['CNY', 'USD', coin] as const;

/** Pools that the officers may open, with the accounts that the bank would open for them. */
export const possiblePools = [
  { pool: 'wages', accounts: [{ asset: 'CNY', number: '220011' }] },
  {
    pool: 'rent',
    accounts: [
      { asset: 'CNY', number: '220022' },
      { asset: 'USD', number: '220033' },
    ],
  },
] as const;

/** Where coins may go, copied from paper: anything else is a slip of the pen. */
export const addressesOnPaper: readonly string[] = [
  'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  'bc1qzyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3h8ffkz',
  'bc1qyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zc6v074',
  'bc1qxvenxvenxvenxvenxvenxvenxvenxven2ymjt8',
  'bc1qg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zy4tnddf',
  'bc1q2424242424242424242424242424242484yscm',
  'bc1qvenxvenxvenxvenxvenxvenxvenxvenxggpksv',
  'bc1qwamhwamhwamhwamhwamhwamhwamhwamh6kkt97',
];
