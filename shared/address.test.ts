// Vectors of BIP 173, BIP 350 and EIP-55, as published with them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAddress, decodeSegwit, eip55, isDigital, type Network, networks, networksOfAsset } from './address.ts';
import { assetByCode, digitalAssets } from './asset.ts';
import { bytesToHex } from './bytes.ts';
import { decimalToMinor, maxMinor, minorToDecimal } from './money.ts';

const isAddress = (network: Network, text: string): boolean => checkAddress(network, text).ok;
const why = (network: Network, text: string): string => {
  const checked = checkAddress(network, text);
  return checked.ok ? 'it is one' : checked.refusal.why;
};

const segwit: readonly (readonly [string, string, string])[] = [
  ['bc', 'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
  [
    'tb',
    'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7',
    '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
  ],
  [
    'bc',
    'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
    '5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6',
  ],
  ['bc', 'BC1SW50QGDZ25J', '6002751e'],
  ['bc', 'bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', '5210751e76e8199196d454941c45d1b3a323'],
  [
    'tb',
    'tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy',
    '0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433',
  ],
  [
    'tb',
    'tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c',
    '5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433',
  ],
  [
    'bc',
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
    '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  ],
];
const notSegwit = [
  'tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty',
  'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd',
  'tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf',
  'BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL',
  'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh',
  'tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47',
  'bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4',
  'BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R',
  'bc1pw5dgrnzv',
  'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav',
  'BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P',
  'tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq',
  'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf',
  'bc1gmk9yu',
];
const checksummed = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
];
const bitcoin = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const tron = 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t';

describe('an address of a digital asset', () => {
  it('of bitcoin is read as BIP 173 and BIP 350 say, in every vector', () => {
    for (const [prefix, text, script] of segwit) {
      const found = decodeSegwit(prefix, text);
      const [version, program] = [found?.version ?? -1, found?.program ?? new Uint8Array()];
      const bytes = new Uint8Array([version === 0 ? 0 : 0x50 + version, program.length, ...program]);
      expect([text, bytesToHex(bytes)]).toEqual([text, script]);
    }
    for (const text of notSegwit)
      for (const prefix of ['bc', 'tb']) expect([text, decodeSegwit(prefix, text)]).toEqual([text, undefined]);
  });

  it('of bitcoin is taken of the main network only, as it is written, and of versions that are in use', () => {
    for (const text of [
      bitcoin,
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
      '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy',
    ])
      expect([text, isAddress('bitcoin', text)]).toEqual([text, true]);
    expect(why('bitcoin', bitcoin.toUpperCase())).toContain('small letters');
    expect(why('bitcoin', 'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7')).toContain('test network');
    expect(why('bitcoin', 'mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn')).toContain('test network');
    expect(why('bitcoin', 'bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs')).toContain('Version 2');
    expect(why('bitcoin', checksummed[4] as string)).toBe('It is an address of ethereum, not of bitcoin.');
    expect(why('bitcoin', tron)).toBe('It is an address of tron, not of bitcoin.');
  });

  it('of ethereum carries its checksum in its letters (EIP-55), or is not taken', () => {
    for (const text of checksummed) {
      expect(eip55(text.toLowerCase())).toBe(text);
      expect([text, isAddress('ethereum', text)]).toEqual([text, true]);
    }
    const [, , , , mixed = ''] = checksummed;
    expect(why('ethereum', mixed.toLowerCase())).toContain('no checksum');
    expect(why('ethereum', mixed.replace('a', 'A'))).toBe('Its checksum is not right.');
    expect(why('ethereum', `0x${'0'.repeat(40)}`)).toContain('zero address');
    expect(why('ethereum', bitcoin)).toBe('It is an address of bitcoin, not of ethereum.');
  });

  it('of tron and of a wallet of the digital yuan is taken for what it is', () => {
    expect([isAddress('tron', tron), isAddress('e-cny', '0010234567890123')]).toEqual([true, true]);
    expect(why('tron', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa')).toBe('It is an address of bitcoin, not of tron.');
    expect(why('e-cny', '001023456789012')).toContain('sixteen');
  });

  it('with one character changed is never an address of its network', () => {
    const alphabet = [...'023456789acdefghjklmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'];
    fc.assert(
      fc.property(
        fc.constantFrom<[Network, string]>(
          ['bitcoin', bitcoin],
          ['bitcoin', '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy'],
          ['tron', tron],
        ),
        fc.nat(),
        fc.constantFrom(...alphabet),
        ([network, text], at, character) => {
          const place = at % text.length;
          fc.pre(text[place] !== character);
          expect(isAddress(network, text.slice(0, place) + character + text.slice(place + 1))).toBe(false);
        },
      ),
    );
  });
});

describe('digital assets', () => {
  it('each have a network, and no currency has one', () => {
    for (const code of Object.keys(digitalAssets)) {
      expect(isDigital(code)).toBe(true);
      for (const network of networksOfAsset(code)) expect(networks).toContain(network);
    }
    expect(['CNY', 'EUR', 'JPY'].some(isDigital)).toBe(false);
  });

  it('are kept in units of which everything there is fits 64 bits, and amounts come back as they were written', () => {
    // What exists or ever may, in whole units, rounded up.
    const supply = {
      'E-CNY': 400_000_000_000n,
      BTC: 21_000_000n,
      ETH: 200_000_000n,
      USDC: 10n ** 12n,
      USDT: 10n ** 12n,
    };
    expect(Object.keys(supply)).toEqual(Object.keys(digitalAssets));
    for (const [code, whole] of Object.entries(supply)) {
      const asset = assetByCode(code)!;
      const most = whole * 10n ** BigInt(asset.scale);
      expect([code, most <= maxMinor]).toEqual([code, true]);
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: most }), (minor) => {
          expect(decimalToMinor(minorToDecimal(minor, asset), asset)).toEqual({ ok: true, value: minor });
        }),
      );
    }
    // In wei it would not fit, which is why ether is kept in gwei; what is smaller is refused and never rounded.
    expect(supply.ETH * 10n ** 18n > maxMinor).toBe(true);
    expect(decimalToMinor('0.0000000001', assetByCode('ETH')!).ok).toBe(false);
  });
});
