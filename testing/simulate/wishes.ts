// What people of a simulated programme want, one entry per kind of instruction: mostly sensible as far as the clerk knows, now
// and then not. A new kind gets an entry here and one in `kinds.ts`.

import { bytesToBase64url } from '../../shared/bytes.ts';
import type { Draft } from '../../shared/contract/terminal.ts';
import type { InstructionKind } from '../../shared/instruction/schema.ts';
import { differenceName, legsAtEndOf } from '../../shared/platform-check.ts';
import { addDays, type Day, dayOf, type Instant, msToInstant } from '../../shared/time.ts';
import { commitmentOf, newEd25519 } from '../people.ts';
import type { Clerk, Escrow } from './clerk.ts';
import { swap } from './fx-desk.ts';
import { clientsIn, type PlatformList, sumOf, withMoney } from './platform-desk.ts';
import { simulatedAgreement, simulatedPolicy } from './policy.ts';
import { addressesOnPaper, assetOfPot, assets, coin, poolOfPot, possiblePools } from './pots.ts';
import type { World } from './world.ts';

interface Wish<K extends InstructionKind> {
  /** How often, against the others; 1 or less where it would hardly make sense now. */
  readonly often: (world: World) => number;
  readonly draft: (world: World) => Extract<Draft, { kind: K }>;
}

export const clientCount = 5;
export const accountOf = (n: number) => ({
  ...{ account: `acc-${n}`, client: `client-${n % clientCount}`, number: `9${n}` },
  asset: n % 4 === 3 ? 'USD' : n % 6 === 4 && n < poolAccountsFrom ? coin : 'CNY',
});
/** Accounts from this number on lie in a pool, once there is one. */
const poolAccountsFrom = 14;

const clientAccounts = ({ clerk }: World): string[] =>
  [...clerk.accounts].flatMap(([id, one]) => (one.client === null ? [] : [id]));

function account(world: World): string {
  const all = clientAccounts(world);
  return all.length === 0 || world.chance.once(40) ? 'acc-nobody' : world.chance.pick(all);
}

/** An account with money of it that is free, more often than not. */
function richAccount(world: World): string {
  const rich = clientAccounts(world).filter((id) => world.clerk.free(id) > 0n && !world.clerk.accounts.get(id)?.frozen);
  return rich.length === 0 || world.chance.once(10) ? account(world) : world.chance.pick(rich);
}

/** What the bank can pay out. */
function withoutCoins(world: World): string {
  const one = richAccount(world);
  return world.clerk.accounts.get(one)?.asset === coin && !world.chance.once(20) ? richAccount(world) : one;
}

/** In the same pot; now and then at least in the same asset. */
const isBeside = ({ clerk, chance }: World, one: string, other: string): boolean => {
  const [a, b] = [clerk.accounts.get(one), clerk.accounts.get(other)];
  return a?.pot === b?.pot || (a?.asset === b?.asset && chance.once(20));
};

const assetOf = ({ clerk, chance }: World, id: string): string =>
  chance.once(60) ? chance.pick(assets) : (clerk.accounts.get(id)?.asset ?? 'CNY');

function amount({ chance }: World): string {
  if (chance.once(9)) return String(chance.between(10_000, 120_000));
  return String(chance.between(1, 4000));
}

/** What could be charged by the minor unit. */
const accruedRows = ({ clerk }: World): { code: string; account: string; whole: bigint }[] =>
  [...clerk.fees.accrued.keys()].flatMap((key) => {
    const [code = '', account = ''] = key.split('|');
    const whole = clerk.fees.whole(code, account);
    return whole > 0n ? [{ code, account, whole }] : [];
  });

const payee = ({ chance }: World) => ({
  ...{ name: 'Payee', account: `62220000${chance.between(1000, 1020)}` },
  ...{ agent: null, endToEndId: 'E', remittance: null },
});

const always = (weight: number) => () => weight;
const hasReceipts = ({ clerk }: World): number => ([...clerk.receipts.values()].some((one) => one.left > 0n) ? 6 : 1);

/** All or a part of money whose owner is not known; now and then more than is left. */
function someReceipt(world: World): { receipt: never; asset: string; amount: string } {
  const { chance, clerk } = world;
  const open = [...clerk.receipts].filter(([, one]) => one.left > 0n);
  const [receipt, { left, asset }] =
    open.length === 0 ? [world.newId(world.nowMs), { left: 1n, asset: 'CNY' }] : chance.pick(open);
  const part = chance.once(3) ? left : 1n + BigInt(chance.below(Number(left > 5000n ? 5000n : left)));
  return { receipt: receipt as never, asset, amount: String(chance.once(20) ? left + 1n : part) };
}

const hasBreaks = ({ clerk }: World): number =>
  [...clerk.sheets.values()].some((one) => one.openBreaks().length > 0) ? 9 : 1;

/** A break that is open; now and then one that is over, or none. */
function someBreak({ chance, clerk }: World): string {
  const ofSheets = [...clerk.sheets.values()].flatMap((one) => [...one.breaks]);
  const all = [...ofSheets, ...clerk.lists.breaks].map(([name, { word }]) => [name, { word }] as const);
  const some = all.filter(([, one]) => one.word === 'open' || chance.once(15));
  return some.length === 0 ? 'CNY|0' : chance.pick(some)[0];
}
/** Most payments go as soon as they can; some on another day, which may be none on which the bank works. */
const someDay = ({ chance, clerk, nowMs }: World, asset: string): { valueDate?: Day } => {
  if (!chance.once(clerk.walls.has(asset) ? 3 : 40)) return {};
  return { valueDate: addDays(dayOf(msToInstant(nowMs)), chance.pick([-1, 0, 0, 1, 1, 2, 3, 5, 31])) };
};

/** Late money of exchanges, and not of payments. */
const cameOtherwise = ({ receipts, deals }: Clerk) =>
  [...receipts].filter(([, { of, left }]) => left > 0n && deals.has((of ?? '').split('/')[0] ?? ''));

const openHedges = ({ hedges }: Clerk): string[] =>
  [...hedges].flatMap(([id, one]) => (one.word === 'open' ? [id] : []));

const placesOf = ({ places }: Clerk, wanted: string): { purpose: string; account: string; address: string }[] =>
  [...places].flatMap(([name, { account: of, revoked }]) => {
    const [purpose = '', , , address = ''] = name.split('|');
    return purpose === wanted && !revoked ? [{ purpose, account: of, address }] : [];
  });

/** The platform's list of what its clients have, as of now or the end of the day before; now and then wrong, or wrongly added up. */
function platformList(world: World): PlatformList {
  const { chance, clerk, nowMs } = world;
  const { books } = world.depository.gateway.sequencer();
  const today = dayOf(msToInstant(nowMs));
  const day = addDays(today, chance.weighted({ now: 8, before: 3, after: 1 }) === 'now' ? 0 : chance.pick([-1, -1, 1]));
  const legs = legsAtEndOf(books, day) ?? 0;
  clerk.lists.mark(legs, day);
  const assets = chance.pick([['CNY'], ['CNY'], ['CNY', 'USD'], ['USD']]);
  const clients = clientAccounts(world).filter((id) => assets.includes(clerk.accounts.get(id)?.asset ?? ''));
  const wrong = new Set(clients.filter(() => chance.once(6)).slice(0, 3));
  const differences = [...wrong].map((account): PlatformList['differences'][number] => {
    const { asset, booked } = clerk.account(account);
    const isMissing = booked !== 0n && chance.once(4);
    const platform = isMissing ? null : String(booked + BigInt(chance.between(1, 90)));
    const kind = isMissing ? 'missing at platform' : chance.once(5) ? 'platform duplicate' : 'platform amount';
    return { kind, account, unknown: null, asset, platform, books: String(booked) };
  });
  if (chance.once(4)) {
    const unknown = bytesToBase64url(chance.bytes(32));
    const strange = { asset: chance.pick(assets), platform: String(chance.between(1, 500)), books: null };
    differences.push({ kind: 'unknown to books', account: null, unknown, ...strange });
  }
  differences.sort((a, b) => (differenceName(a) < differenceName(b) ? -1 : 1));
  if (chance.once(15)) differences.reverse();
  const gapOf = (pot: string): bigint =>
    differences.reduce((sum, { kind, account: of, asset, platform, books: ours }) => {
      const here = kind === 'unknown to books' ? asset : clerk.account(of ?? '').pot;
      return here === pot ? sum + BigInt(platform ?? '0') - BigInt(ours ?? '0') : sum;
    }, 0n);
  const totals = clerk.pots
    .filter((pot) => assets.includes(assetOfPot(pot)) && !chance.once(25))
    .map((pot) => {
      const all = clientsIn(clerk, pot);
      const slip = chance.once(25) ? 1n : 0n;
      return {
        ...{ pool: poolOfPot(pot), asset: assetOfPot(pot), rows: all.length, accounts: withMoney(all) },
        ...{ platform: String(sumOf(all) + gapOf(pot)), books: String(sumOf(all) + slip) },
      };
    });
  return {
    ...{ kind: 'platform check', platform: chance.pick(['p2p', 'crowd']), file: bytesToBase64url(chance.bytes(32)) },
    ...{ day, legs, assets, totals, found: differences.length + (chance.once(20) ? 1 : 0), from: '', until: '' },
    differences,
  };
}

/** An account of coins, and an address on paper; now and then not. */
function somePlace(world: World) {
  const { chance, clerk } = world;
  const fit = clientAccounts(world).filter((id) => clerk.accounts.get(id)?.asset === coin);
  const of = fit.length === 0 || chance.once(15) ? account(world) : chance.pick(fit);
  const address = chance.pick(addressesOnPaper);
  const slip = chance.once(15) ? `${address.slice(0, -1)}x` : address;
  return { account: of, asset: chance.once(20) ? 'CNY' : coin, network: 'bitcoin' as const, address: slip };
}

/** One that is in the address book, more often than not. */
function knownPlace(world: World, purpose: 'withdrawal' | 'deposit') {
  const known = placesOf(world.clerk, purpose);
  const one = known.length === 0 || world.chance.once(12) ? somePlace(world) : world.chance.pick(known);
  return { purpose, account: one.account, address: one.address };
}

const openEscrows = (clerk: Clerk, word?: Escrow['word']): [string, Escrow][] =>
  [...clerk.escrows].filter(([, one]) => (word === undefined ? one.word !== 'ended' : one.word === word));
const ifAny =
  (weight: number, word: Escrow['word']) =>
  (world: World): number =>
    openEscrows(world.clerk, word).length > 0 ? weight : 0;

/** Most often one that stands so. */
function someEscrow({ clerk, chance }: World, word: Escrow['word']): [string, Escrow | undefined] {
  const fit = chance.once(20) ? [...clerk.escrows] : openEscrows(clerk, word);
  return fit.length === 0 ? ['E-none', undefined] : chance.pick(fit);
}

export const wishes: { readonly [K in InstructionKind]?: Wish<K> } = {
  payment: {
    often: always(24),
    draft(world) {
      const isOwn = world.chance.once(8);
      const from = isOwn ? `platform-own:CNY` : withoutCoins(world);
      return {
        kind: 'payment',
        account: from,
        asset: assetOf(world, from),
        amount: amount(world),
        payee: payee(world),
        ...someDay(world, 'CNY'),
      };
    },
  },
  batch: {
    often: always(9),
    draft(world) {
      const asset = world.chance.once(5) ? 'USD' : 'CNY';
      const items = Array.from({ length: world.chance.between(1, 5) }, () => ({
        account: withoutCoins(world),
        amount: amount(world),
        payee: payee(world),
      }));
      const pot = world.clerk.accounts.get(items[0]?.account ?? '')?.pot;
      const right = items.filter(({ account: from }) => {
        const one = world.clerk.accounts.get(from);
        return one?.asset === asset && (one.pot === pot || world.chance.once(20));
      });
      return { kind: 'batch', asset, items: right.length === 0 ? items : right, ...someDay(world, asset) };
    },
  },
  'book transfer': {
    often: always(9),
    draft(world) {
      const { chance, clerk } = world;
      const earned = clerk.free('platform-fee:CNY');
      if (earned > 0n && chance.once(4)) {
        const own = { from: 'platform-fee:CNY', to: 'platform-own:CNY', amount: String(earned) };
        return { kind: 'book transfer', ...own, asset: 'CNY', purpose: 'CHAR' as never };
      }
      const from = richAccount(world);
      const asset = assetOf(world, from);
      const same = clientAccounts(world).filter((id) => id !== from && isBeside(world, from, id));
      const to = same.length === 0 || chance.once(12) ? account(world) : chance.pick(same);
      const dated = someDay(world, asset);
      return { kind: 'book transfer', from, to, asset, amount: amount(world), purpose: 'LOAN', ...dated };
    },
  },
  fee: {
    often: always(6),
    draft: (world) => ({
      ...{ kind: 'fee', account: richAccount(world), asset: 'CNY', code: 'service', base: '0' },
      amount: String(world.clerk.agreement.flat + (world.chance.once(20) ? 1n : 0n)),
    }),
  },
  'receipt allocation': {
    often: hasReceipts,
    draft(world) {
      const { chance, clerk } = world;
      const { receipt, asset, amount: sum } = someReceipt(world);
      const suspense = `suspense:${clerk.receipts.get(receipt)?.pot ?? asset}`;
      const fit = clientAccounts(world).filter((id) => isBeside(world, suspense, id));
      const to = fit.length === 0 || chance.once(12) ? account(world) : chance.pick(fit);
      return { kind: 'receipt allocation', receipt, account: to, asset, amount: sum };
    },
  },
  'send back': {
    often: hasReceipts,
    draft(world) {
      const { receipt, asset, amount: sum } = someReceipt(world);
      return { kind: 'send back', receipt, asset, amount: sum, payee: payee(world) };
    },
  },
  recall: {
    often: ({ clerk }) =>
      [...clerk.instructions.values()].some((one) => ['sent', 'settled'].includes(one.items[0]?.word ?? '')) ? 5 : 1,
    draft(world) {
      const { chance, clerk } = world;
      const paid = [...clerk.instructions].flatMap(([id, one]) =>
        one.items.flatMap(({ word, account }, item) =>
          account !== '' && (['sent', 'settled'].includes(word) || chance.once(20)) ? [{ id, item }] : [],
        ),
      );
      const { id, item } = paid.length === 0 ? { id: world.newId(world.nowMs), item: 0 } : chance.pick(paid);
      return { kind: 'recall', recalls: id as never, item, code: 'DUPL', reason: 'sent twice' };
    },
  },
  'foreign exchange': {
    often: ({ clerk }) => (clerk.reference === undefined ? 1 : 24),
    draft(world) {
      const { chance, clerk, nowMs } = world;
      const pairs = clientAccounts(world).flatMap((from) =>
        clientAccounts(world)
          .filter(
            (to) =>
              clerk.clientOf(from) === clerk.clientOf(to) &&
              clerk.account(from).asset !== clerk.account(to).asset &&
              ![from, to].some((id) => clerk.account(id).asset === coin),
          )
          .map((to) => [from, to] as const),
      );
      const rich = pairs.filter(([from]) => clerk.free(from) > 0n);
      const some = rich.length > 0 ? rich : pairs;
      const [account, to] =
        some.length === 0 || chance.once(15) ? [richAccount(world), richAccount(world)] : chance.pick(some);
      const [asset, bought] = [account, to].map((id) => clerk.accounts.get(id)?.asset ?? 'CNY') as [string, string];
      const { base, rate: usual } = clerk.reference ?? { base: 'USD', rate: '7.1' };
      const rate = chance.once(3) ? chance.pick(['7.05', '7.1234567', '7.3', '6.9999', '0.14']) : usual;
      const fixed = chance.pick(['sold', 'bought'] as const);
      const known = BigInt(chance.between(100, 4000));
      const follows = swap(known, (fixed === 'sold' ? asset : bought) === base, rate) + (chance.once(12) ? 1n : 0n);
      const [sold, got] = fixed === 'sold' ? [known, follows] : [follows, known];
      const standsMs = chance.pick([60_000, 3_600_000, 3_600_000, 20 * 3_600_000, 20 * 3_600_000, 26 * 3_600_000]);
      return {
        ...{ kind: 'foreign exchange', account, asset, amount: String(sold > 0n ? sold : 1n), to, bought },
        ...{ boughtAmount: String(got > 0n ? got : 1n), fixed, rate, base },
        quote: {
          ...{ source: 'the bank', reference: `Q-${chance.below(9999)}`, at: msToInstant(nowMs) },
          until: msToInstant(nowMs + standsMs),
        },
      };
    },
  },
  'settle exchange': {
    often: ({ clerk }) => (cameOtherwise(clerk).length > 0 ? 40 : 1),
    draft(world) {
      const { chance, clerk, newId, nowMs } = world;
      const all = chance.once(10) ? [...clerk.receipts] : cameOtherwise(clerk);
      const [receipt, { asset, left, of }] =
        all.length === 0 ? [newId(nowMs), { asset: 'USD', left: 1n, of: null }] : chance.pick(all);
      const [exchange = ''] = (of ?? '').split('/');
      const amount = chance.once(6) ? left + (chance.once(2) ? 1n : -1n) : left;
      return {
        ...{ kind: 'settle exchange', exchange: (exchange === '' ? newId(nowMs) : exchange) as never },
        ...{ receipt: receipt as never, asset, amount: String(amount > 0n ? amount : 1n), reason: 'the bank said so' },
      };
    },
  },
  'adopt reference rates': {
    often: ({ clerk }) => (clerk.reference === undefined ? 12 : 2),
    draft({ chance, nowMs }) {
      const until = msToInstant(nowMs + chance.pick([-1, 0, 1, 2, 5]) * 86_400_000).slice(0, 10) as never;
      const [base, other] = chance.once(4) ? ['CNY', 'USD'] : ['USD', 'CNY'];
      const rate = base === 'USD' ? chance.pick(['7', '7.1', '7.123']) : '0.1404494382';
      return {
        ...{ kind: 'adopt reference rates', source: 'the morning paper', until },
        rates: [{ base, other, rate, basisPoints: chance.pick([1, 100, 300]) }],
      };
    },
  },
  hedge: {
    often: ({ clerk }) => (openHedges(clerk).length < 3 ? 5 : 1),
    draft({ chance, clerk, nowMs }) {
      const [sold, bought] = chance.pick([
        ['CNY', 'USD'],
        ['USD', 'CNY'],
      ] as const);
      const [base, rate] = chance.pick([
        ['USD', '7.1'],
        ['USD', '7.0123'],
        ['CNY', '0.1404494382'],
      ] as const);
      const known = BigInt(chance.between(1000, 90_000));
      const follows = swap(known, sold === base, rate) + (chance.once(12) ? 9n : 0n);
      const exchanges = [...clerk.instructions].flatMap(([id, { body }]) =>
        body.kind === 'foreign exchange' || chance.once(200) ? [id as never] : [],
      );
      const open = chance.once(12) ? [...clerk.hedges.keys()] : openHedges(clerk);
      return {
        ...{ kind: 'hedge', sold, soldAmount: String(known), bought, boughtAmount: String(follows), base, rate },
        settlesOn: addDays(dayOf(msToInstant(nowMs)), chance.pick([-1, 0, 1, 30, 90])),
        ...{ bank: chance.pick(['First', 'Second']), reference: `F-${chance.below(30)}` },
        exchanges: exchanges.filter(() => !chance.once(2)).slice(0, 3),
        rolls: open.length === 0 || chance.once(2) ? null : (chance.pick(open) as never),
      };
    },
  },
  'close hedge': {
    often: ({ clerk }) => (openHedges(clerk).length > 0 ? 4 : 1),
    draft({ chance, clerk, newId, nowMs }) {
      const some = chance.once(8) ? [...clerk.hedges.keys()] : openHedges(clerk);
      const hedge = some.length === 0 ? newId(nowMs) : chance.pick(some);
      return { kind: 'close hedge', hedge: hedge as never, reason: 'settled' };
    },
  },
  'adopt fee schedule': {
    often: ({ clerk }) => (clerk.fees.schedules.size < 2 ? 20 : 1),
    draft({ chance, clerk, nowMs }) {
      const basis = chance.pick(['balance', 'payments'] as const);
      const code = basis === 'balance' ? 'keep' : 'pay';
      const day = (ahead: number) => msToInstant(nowMs + ahead * 86_400_000).slice(0, 10) as never;
      const version = (clerk.fees.schedules.get(code)?.length ?? 0) + (chance.once(10) ? 2 : 1);
      const tiers = [
        { from: '0', ppm: chance.pick([0, 3650, 365_000]) },
        { from: '50000', ppm: chance.pick([1825, 200_000]) },
      ];
      const schedule = {
        ...{ code, version, text: 'fee', asset: 'CNY', to: 'bank-fee' as const, basis, tiers },
        ...{ dayCount: chance.pick(['act/365', 'act/360', 'actual'] as const), accounts: [] },
        ...{ minimum: chance.pick(['0', '2']), maximum: chance.pick(['100', '1000000']) },
        ...{ from: day(chance.once(10) ? -1 : chance.below(2)), until: chance.once(3) ? day(4) : null },
      };
      return { kind: 'adopt fee schedule', schedule };
    },
  },
  'charge accrued fees': {
    often: (world) => (accruedRows(world).length > 0 ? 10 : 0),
    draft(world) {
      const rows = accruedRows(world);
      const code = world.chance.pick(rows.map((one) => one.code));
      const lines = rows
        .filter((one) => one.code === code)
        .map(({ account, whole }) => ({ account, amount: String(whole + (world.chance.once(20) ? 1n : 0n)) }));
      return { kind: 'charge accrued fees', code, asset: 'CNY', lines };
    },
  },
  'waive accrued fees': {
    often: (world) => (accruedRows(world).length > 0 ? 2 : 0),
    draft(world) {
      const { code, account, whole } = world.chance.pick(accruedRows(world));
      return { kind: 'waive accrued fees', code, account, amount: String(whole), reason: 'goodwill' };
    },
  },
  freeze: {
    often: always(2),
    draft(world) {
      const escrow = world.chance.once(4) ? openEscrows(world.clerk)[0] : undefined;
      return {
        kind: 'freeze',
        account: escrow === undefined ? account(world) : `escrow:${escrow[0]}`,
        reason: 'order',
      };
    },
  },
  unfreeze: {
    often: ({ clerk }) => ([...clerk.accounts.values()].some((one) => one.frozen) ? 8 : 1),
    draft(world) {
      const frozen = [...world.clerk.accounts].flatMap(([id, one]) => (one.frozen ? [id] : []));
      return {
        kind: 'unfreeze',
        account: frozen.length === 0 ? account(world) : world.chance.pick(frozen),
        reason: 'over',
      };
    },
  },
  correction: {
    often: ({ clerk }) =>
      [...clerk.instructions.values()].some(
        (one) => one.word === 'settled' && !one.reversed && clerk.movesOf(one.body) !== undefined,
      )
        ? 5
        : 1,
    draft(world) {
      const { chance, clerk } = world;
      const done = [...clerk.instructions].flatMap(([id, one]) =>
        one.word === 'settled' && (clerk.movesOf(one.body) !== undefined || chance.once(30)) ? [id] : [],
      );
      const fresh = done.filter((id) => !clerk.made(id).reversed || chance.once(5));
      const corrects = fresh.length === 0 ? world.newId(world.nowMs) : chance.pick(fresh);
      return { kind: 'correction', corrects: corrects as never, reason: 'mistake' };
    },
  },
  'platform check': {
    often: ({ clerk }) => (clerk.lists.platforms.size < 2 ? 4 : 3),
    draft: platformList,
  },
  match: {
    often: (world) => (world.clerk.openPairs().length > 0 ? 40 : 1),
    draft(world) {
      const { chance, clerk } = world;
      const pairs = clerk.openPairs();
      const pot = pairs.length === 0 ? chance.pick(assets) : chance.pick(pairs).pot;
      const some = pairs.filter((one) => one.pot === pot && !chance.once(2)).slice(0, 4);
      const chosen = some.length === 0 ? pairs.filter((one) => one.pot === pot).slice(0, 1) : some;
      const [lines, legs] = [chosen.flatMap((one) => one.lines), chosen.flatMap((one) => one.legs)];
      // Now and then a line too many, or one that is not there.
      const other = clerk.sheets.get(chance.once(3) ? 'CNY' : pot)?.openLines[0]?.id ?? 'D00000000#0';
      if (lines.length === 0 || chance.once(8)) lines.push(other);
      return { kind: 'match', asset: assetOfPot(pot), lines, legs, reason: 'the same' };
    },
  },
  unmatch: {
    often: ({ clerk }) => ([...clerk.sheets.values()].some((one) => one.pairings.size > 0) ? 8 : 1),
    draft({ chance, clerk }) {
      const all = [...clerk.sheets.values()].flatMap((one) => [...one.pairings]);
      const byPerson = all.filter(([name]) => name.startsWith('person'));
      const some = (byPerson.length > 0 && chance.once(2) ? byPerson : all).filter(
        ([, one]) => !one.undone || chance.once(10),
      );
      return { kind: 'unmatch', match: some.length === 0 ? 'D0|0' : chance.pick(some)[0], reason: 'not the same' };
    },
  },
  'assign break': {
    often: hasBreaks,
    draft: (world) => ({
      ...{ kind: 'assign break', break: someBreak(world) },
      owner: world.chance.pick([...world.clerk.operators.keys(), 'nobody']),
    }),
  },
  'resolve break': {
    often: hasBreaks,
    draft(world) {
      const { chance, clerk } = world;
      const done = [...clerk.instructions].flatMap(([id, one]) =>
        one.word === 'settled' || chance.once(20) ? [id as never] : [],
      );
      const by = done.length === 0 || chance.once(2) ? null : chance.pick(done);
      return { kind: 'resolve break', break: someBreak(world), reason: 'put right', by };
    },
  },
  'register client': {
    often: ({ clerk }) => (clerk.clients.size < clientCount ? 3 : 1),
    draft(world) {
      const n = world.chance.below(clientCount);
      return { kind: 'register client', client: `client-${n}`, identity: { client: `Holder ${n}` } };
    },
  },
  'open account': {
    often: (world) => (clientAccounts(world).length < 10 ? 4 : 1),
    draft(world) {
      const { chance, clerk } = world;
      const hasRoom = clerk.pools.size > 0 && chance.once(2);
      const n = hasRoom ? chance.between(poolAccountsFrom, poolAccountsFrom + 5) : chance.below(poolAccountsFrom + 1);
      const fit = [...clerk.pools].filter(([, all]) => all.some(({ asset }) => asset === accountOf(n).asset));
      const [pool] = fit.length === 0 || chance.once(12) ? ['wages'] : chance.pick(fit);
      const inPool = n >= poolAccountsFrom ? { pool } : {};
      return { kind: 'open account', ...accountOf(n), role: 'lender', ...inPool };
    },
  },
  'open pool': {
    often: ({ clerk }) => (clerk.pools.size === 0 ? 20 : clerk.pools.size < possiblePools.length ? 6 : 1),
    draft({ chance, clerk, depository }) {
      const left = possiblePools.filter(({ pool }) => !clerk.pools.has(pool));
      const { pool, accounts } = chance.pick(left.length === 0 || chance.once(8) ? possiblePools : left);
      // First at the bank, then in the books.
      for (const { asset, number } of accounts) depository.bank.openAccount(asset, number);
      const name = chance.once(12) ? 'main' : chance.once(12) ? 'other' : pool;
      return { kind: 'open pool', pool: name, accounts: [...accounts], purpose: 'money of others' };
    },
  },
  'adopt address': {
    often: ({ clerk }) => (placesOf(clerk, 'withdrawal').length < 2 ? 14 : 2),
    draft(world) {
      const purpose = world.chance.once(3) ? 'deposit' : 'withdrawal';
      return { kind: 'adopt address', purpose, ...somePlace(world), label: 'cold store' };
    },
  },
  'revoke address': {
    often: ({ clerk }) => (placesOf(clerk, 'withdrawal').length > 1 ? 2 : 1),
    draft(world) {
      const { purpose, account: of, address } = knownPlace(world, world.chance.once(3) ? 'deposit' : 'withdrawal');
      const place = { account: of, asset: coin, network: 'bitcoin' as const, address };
      return { kind: 'revoke address', purpose, ...place, reason: 'not theirs any more' };
    },
  },
  'digital withdrawal': {
    often: ({ clerk }) => (placesOf(clerk, 'withdrawal').some(({ account: id }) => clerk.free(id) > 0n) ? 16 : 1),
    draft(world) {
      const { account: from, address } = knownPlace(world, 'withdrawal');
      const place = { account: from, asset: coin, network: 'bitcoin' as const, address };
      return { kind: 'digital withdrawal', ...place, amount: String(world.chance.between(1, 9000)) };
    },
  },
  'enrol operator': {
    often: ({ candidates }) => (candidates.length > 0 ? 6 : 1),
    draft: (world) => ({ kind: 'enrol operator', operator: world.someCandidate() }),
  },
  'enrol terminal': {
    often: always(2),
    draft: ({ chance }) => ({
      ...{ kind: 'enrol terminal', terminal: { id: `T-7${chance.below(10)}`, key: newEd25519().publicKey } },
    }),
  },
  'revoke operator': {
    often: always(2),
    draft({ chance, clerk }) {
      const newcomers = [...clerk.operators.keys()].filter((id) => id.startsWith('new-'));
      const operator =
        newcomers.length === 0 || chance.once(8)
          ? chance.pick([...clerk.operators.keys(), 'nobody'])
          : chance.pick(newcomers);
      return { kind: 'revoke operator', operator, reason: 'left' };
    },
  },
  'revoke terminal': {
    often: ({ clerk }) => ([...clerk.terminals].some(([id, one]) => id.startsWith('T-7') && !one.revoked) ? 3 : 1),
    draft({ chance, clerk }) {
      const spare = [...clerk.terminals.keys()].filter((id) => id.startsWith('T-7'));
      const terminal = spare.length === 0 || chance.once(12) ? chance.pick(['T-66', 'T-98']) : chance.pick(spare);
      return { kind: 'revoke terminal', terminal, reason: 'lost' };
    },
  },
  'record recovery': {
    often: always(2),
    draft(world) {
      const { chance, clerk, nowMs } = world;
      const endedAt = msToInstant(nowMs + (chance.once(8) ? -120_000 : 0));
      return {
        ...{ kind: 'record recovery', purpose: 'drill', vault: 'vault-1', epoch: 1, outcome: 'opened' },
        ...{ shares: { officers: 2, custodians: 3 }, startedAt: msToInstant(nowMs - 60_000), endedAt },
        ...{ terminal: chance.pick([...clerk.terminals.keys()]), report: commitmentOf(`report ${chance.below(12)}`) },
      };
    },
  },
  'emergency stop': {
    often: ({ clerk }) => (clerk.stopped ? 0 : 2),
    draft: () => ({ kind: 'emergency stop', reason: 'something is wrong' }),
  },
  resume: {
    often: ({ clerk }) => (clerk.stopped ? 30 : 0),
    draft: () => ({ kind: 'resume', reason: 'all is well' }),
  },
  'override shortfall': {
    often: ({ clerk }) => ([...clerk.short.values()].some((one) => one.amount > 0n) ? 40 : 1),
    draft({ chance, clerk, nowMs }) {
      const short = [...clerk.short].flatMap(([pot, one]) => (one.amount > 0n ? [pot] : []));
      const until = msToInstant(nowMs + chance.pick([600_000, 3_600_000, 20 * 3_600_000, 30 * 3_600_000]));
      const pot = short.length === 0 ? 'CNY' : chance.pick(short);
      const where = { pool: poolOfPot(pot), asset: assetOfPot(pot) };
      return { kind: 'override shortfall', ...where, until, reason: 'the bank has said when' };
    },
  },
  'adopt escrow': {
    often: ({ clerk }) => (openEscrows(clerk).length < 4 ? 14 : 1),
    draft(world) {
      const { chance, clerk, nowMs } = world;
      const depositor = richAccount(world);
      const asset = assetOf(world, depositor);
      const others = clientAccounts(world).filter((id) => clerk.clientOf(id) !== clerk.clientOf(depositor));
      const same = others.filter((id) => isBeside(world, depositor, id));
      const beneficiary = same.length === 0 ? account(world) : chance.pick(same);
      const third = others.filter((id) => clerk.clientOf(id) !== clerk.clientOf(beneficiary));
      const hasArbiter = third.length > 0 && !chance.once(3);
      const on = (days: number) => msToInstant(nowMs + days * 86_400_000).slice(0, 10) as never;
      const end = () => (chance.once(2) ? 'refund' : 'release') as never;
      const [one, two] = [BigInt(chance.between(1, 900)), BigInt(chance.between(1, 900))];
      const evidence = chance.once(2) ? 'document' : 'approval';
      const terms = {
        ...{ asset, amount: String(one + two + (chance.once(20) ? 1n : 0n)), depositor, beneficiary },
        arbiter: hasArbiter ? { account: chance.pick(third) } : null,
        conditions: [{ name: 'done', text: 'It is done', by: 'depositor', evidence }],
        tranches: [
          { name: 'first', to: beneficiary, amount: String(one), needs: chance.once(2) ? ['done'] : [] },
          { name: 'second', to: beneficiary, amount: String(two), needs: ['done'] },
        ],
        ...{ order: chance.pick(['together', 'in order', 'any order']), fundBy: on(chance.once(20) ? -1 : 1) },
        releaseFrom: on(chance.below(2)),
        timeout: chance.once(20) ? null : { on: on(chance.between(2, 6)), otherwise: end() },
        refund: chance.once(2) ? { needs: ['done'] } : null,
        dispute:
          hasArbiter && !chance.once(3)
            ? {
                ...{ by: ['depositor', 'beneficiary'], until: on(1) },
                ruling: chance.once(12) ? null : { days: chance.between(1, 4), otherwise: end() },
              }
            : null,
      };
      return { kind: 'adopt escrow', escrow: `E-${chance.below(40)}`, terms: terms as never };
    },
  },
  'fund escrow': {
    often: ifAny(24, 'unfunded'),
    draft(world) {
      const [escrow, one] = someEscrow(world, 'unfunded');
      const { depositor, asset = 'CNY', amount: whole = '1' } = one?.terms ?? {};
      const wrong = world.chance.once(20);
      return { kind: 'fund escrow', escrow, asset, account: depositor ?? account(world), amount: wrong ? '7' : whole };
    },
  },
  'fulfil condition': {
    often: ifAny(24, 'funded'),
    draft(world) {
      const [escrow] = someEscrow(world, world.chance.once(4) ? 'unfunded' : 'funded');
      const document = world.chance.once(4) ? null : commitmentOf('paper');
      return { kind: 'fulfil condition', escrow, condition: world.chance.once(20) ? 'none' : 'done', document };
    },
  },
  'release escrow': {
    often: ifAny(30, 'funded'),
    draft(world) {
      const { chance } = world;
      const [escrow, one] = someEscrow(world, 'funded');
      const open = (one?.terms.tranches ?? []).filter(({ name }) => one?.paid.has(name) !== true);
      const whole = one?.terms.order === 'together' || chance.once(4) || open.length === 0;
      const part = open.length === 0 || !chance.once(3) ? open[0] : chance.pick(open);
      const sum = open.reduce((all, each) => all + BigInt(each.amount), 0n);
      const due = whole ? (sum === 0n ? '1' : String(sum)) : (part?.amount ?? '1');
      const rest = { asset: one?.terms.asset ?? 'CNY', amount: chance.once(20) ? '3' : due };
      return { kind: 'release escrow', escrow, tranche: whole ? null : (part?.name ?? 'none'), ...rest };
    },
  },
  'refund escrow': {
    often: ifAny(8, 'funded'),
    draft(world) {
      const [escrow, one] = someEscrow(world, 'funded');
      const left = world.clerk.accounts.get(`escrow:${escrow}`)?.booked ?? 0n;
      return {
        kind: 'refund escrow',
        escrow,
        asset: one?.terms.asset ?? 'CNY',
        amount: String(left === 0n ? 1n : left),
      };
    },
  },
  'raise dispute': {
    often: ifAny(8, 'funded'),
    draft(world) {
      const [escrow] = someEscrow(world, 'funded');
      return {
        kind: 'raise dispute',
        escrow,
        by: world.chance.pick(['depositor', 'beneficiary', 'arbiter']),
        reason: 'no',
      };
    },
  },
  'rule on dispute': {
    often: ifAny(40, 'disputed'),
    draft(world) {
      const { chance, clerk } = world;
      const [escrow, one] = someEscrow(world, 'disputed');
      const left = clerk.accounts.get(`escrow:${escrow}`)?.booked ?? 0n;
      const part = BigInt(chance.below(Number(left) + 1));
      return {
        ...{ kind: 'rule on dispute', escrow, asset: one?.terms.asset ?? 'CNY', depositor: String(left - part) },
        ...{ beneficiary: String(part), document: chance.once(8) ? null : commitmentOf('ruling') },
      };
    },
  },
  'adopt policy': {
    often: always(3),
    draft({ chance, clerk }) {
      const policy = simulatedPolicy({
        version: clerk.policy.version + (chance.once(8) ? 2 : 1),
        largeFrom: BigInt(chance.between(1, 8) * 10_000),
        dailyLimit: BigInt(chance.between(5, 40) * 10_000),
        coolingOffSeconds: chance.pick([0, 60, 600]),
        otherTerminal: !chance.once(3),
      });
      return { kind: 'adopt policy', policy };
    },
  },
  'adopt calendar': {
    often: ({ clerk }) => (clerk.walls.size === 0 ? 12 : 2),
    draft({ chance, clerk, nowMs }) {
      const today = dayOf(msToInstant(nowMs));
      const some = (count: number) => [
        ...new Set(Array.from({ length: count }, () => addDays(today, chance.below(20)))),
      ];
      const holidays = some(3);
      const id = chance.once(10) ? 'other' : 'bank';
      return {
        kind: 'adopt calendar',
        calendar: {
          ...{ id, version: (clerk.calendarVersions.get(id) ?? 0) + (chance.once(8) ? 2 : 1) },
          ...{ assets: chance.pick([['CNY'], ['CNY'], ['CNY', 'USD'], ['EUR']]), weekend: [6, 7] },
          ...{ holidays, workingDays: some(2).filter((on) => !holidays.includes(on)) },
          offsets: [{ from: '1970-01-01T00:00:00.000Z' as Instant, minutes: chance.pick([480, 0, -300]) }],
          cutOffs: [
            { kinds: [], asset: 'CNY', at: chance.pick(['16:30', '12:00']) },
            { kinds: ['batch'], asset: 'CNY', at: '10:00' },
          ],
          ...{ from: addDays(today, -10), through: addDays(today, chance.pick([40, 40, 3])) },
        },
      };
    },
  },
  'close period': {
    often: ({ clerk }) => (clerk.monthEnds.size === 0 || clerk.monthEnds.has(clerk.closedMonth) ? 1 : 30),
    draft({ chance, clerk, depository, nowMs }) {
      const over = [...clerk.monthEnds.keys(), msToInstant(nowMs).slice(0, 7)];
      const month = chance.pick(over);
      const right = depository.gateway.sequencer().books.get('monthEnd', month);
      const closing = right ?? { entries: 0, legs: 0, totals: [], digest: commitmentOf('nothing') };
      const [first, ...rest] = closing.totals;
      if (first === undefined || !chance.once(6)) return { kind: 'close period', month, closing };
      const wrong = { ...first, credits: String(BigInt(first.credits) + 1n) };
      return { kind: 'close period', month, closing: { ...closing, totals: [wrong, ...rest] } };
    },
  },
  'adopt agreement': {
    often: always(2),
    draft({ chance, clerk }) {
      const version = clerk.agreement.version + (chance.once(8) ? 2 : 1);
      return {
        kind: 'adopt agreement',
        agreement: simulatedAgreement({ version, flat: BigInt(chance.between(1, 300)) }),
      };
    },
  },
};

/** One draft of a kind that somebody of this role may make; or of any kind. */
export function wish(world: World, kinds: readonly InstructionKind[]): Draft {
  const weights = Object.fromEntries(kinds.map((kind) => [kind, wishes[kind]?.often(world) ?? 0]));
  return draftOf(world, world.chance.weighted(weights) as InstructionKind);
}

export function draftOf(world: World, kind: InstructionKind): Draft {
  const found = wishes[kind];
  if (found === undefined) throw new Error(`nobody wishes for a "${kind}": add it to wishes.ts`);
  return found.draft(world) as Draft;
}

export const wishedKinds = Object.keys(wishes) as readonly InstructionKind[];
