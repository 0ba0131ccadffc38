// What a careful clerk knows of each kind of instruction. A new kind gets an entry here and one in `wishes.ts`; until it has
// both, a test says so. Nothing here is shared with `shared/instruction/`: two people wrote it down from the same agreement.

import type { Instruction, InstructionKind } from '../../shared/instruction/schema.ts';
import type { Day } from '../../shared/time.ts';
import type { Clerk, Made } from './clerk.ts';
import { minorUnit } from './fee-book.ts';
import { whyNoDeal, whyNoForward } from './fx-desk.ts';
import { addressesOnPaper, coin, poolOfPot, potOf } from './pots.ts';

type Body<K extends InstructionKind> = Extract<Instruction, { kind: K }>;
/** From this account to that one. */
export type Move = readonly [from: string, to: string, amount: bigint];

export interface Known<I extends Instruction> {
  readonly makers: readonly string[];
  readonly checker: 'supervisor' | 'officer';
  /** How many of them, where not one. */
  readonly checkers?: number;
  /** Payments that the bank is asked for, and to which the amount rules of the policy apply. */
  readonly toBank?: true;
  /** Something else that the bank is asked, which moves no money. */
  readonly asksBank?: true;
  /** Money that is held while it waits, one line per payment. */
  readonly takes?: (body: I, clerk: Clerk) => readonly (readonly [account: string, amount: bigint])[];
  /** What counts for the day of which client. */
  readonly about?: (
    body: I,
    clerk: Clerk,
  ) => { readonly client: string; readonly asset: string; readonly amount: bigint };
  /** What is booked once approved; a correction turns it round. Payments go to in-transit by themselves. */
  readonly moves?: (body: I, clerk: Clerk) => Move;
  /** Why it makes no sense, at its making and again when it takes effect; undefined when it does. */
  readonly whyNot: (body: I, clerk: Clerk, atMs: number) => string | undefined;
  /** Whatever else takes effect. */
  readonly effect?: (body: I, clerk: Clerk, made: Made, atMs: number) => void;
  readonly typed?: (body: I) => { readonly tail: string; readonly amount: string };
  /** Its checker types it, however small it is. */
  readonly alwaysTyped?: true;
}

const teller = { makers: ['teller'], checker: 'supervisor' } as const;
const desk = { makers: ['teller', 'officer'], checker: 'supervisor' } as const;
const anybody = { makers: ['teller', 'supervisor', 'compliance', 'officer'], checker: 'supervisor' } as const;
const officers = { makers: ['officer'], checker: 'officer' } as const;

const dayAt = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const noAccount = (clerk: Clerk, id: string, asset: string): string | undefined =>
  clerk.accounts.get(id)?.asset === asset ? undefined : 'no such account';
const notOfClient = (clerk: Clerk, id: string): string | undefined =>
  clerk.accounts.get(id)?.client == null ? 'not an account of a client' : undefined;
const frozen = (clerk: Clerk, id: string): string | undefined =>
  clerk.accounts.get(id)?.frozen ? 'frozen' : undefined;
/** Money of a client that may leave the account. */
const noSource = (clerk: Clerk, id: string, asset: string): string | undefined =>
  noAccount(clerk, id, asset) ?? notOfClient(clerk, id) ?? frozen(clerk, id);

/** Money stays in the bank account in which it lies, whatever is booked. */
const otherPot = (clerk: Clerk, one: string, other: string): string | undefined =>
  clerk.accounts.get(one)?.pot === clerk.accounts.get(other)?.pot ? undefined : 'in another pool';
const noBank = (...assets: string[]): string | undefined =>
  assets.includes(coin) ? 'no bank carries coins' : undefined;
const isHouse = (clerk: Clerk, name: 'platform-own' | 'platform-fee', id: string, asset: string): boolean =>
  id.startsWith(`${name}:`) && clerk.accounts.get(id)?.asset === asset;
const suspenseOf = (clerk: Clerk, { receipt, asset }: { receipt: string; asset: string }): string =>
  `suspense:${clerk.receipts.get(receipt)?.pot ?? asset}`;

interface Place {
  readonly purpose: 'withdrawal' | 'deposit';
  readonly account: string;
  readonly asset: string;
  readonly network: string;
  readonly address: string;
}
export const placeName = ({ purpose, account, asset, network, address }: Place): string =>
  purpose === 'deposit' ? `deposit|${asset}|${network}|${address}` : `withdrawal|${account}|${network}|${address}`;
const noPlace = (clerk: Clerk, { account, asset, network, address }: Place): string | undefined =>
  noAccount(clerk, account, asset) ??
  notOfClient(clerk, account) ??
  (asset === coin && network === 'bitcoin' && addressesOnPaper.includes(address) ? undefined : 'no such address');
const noKnownPlace = (clerk: Clerk, place: Place): string | undefined => {
  const known = clerk.places.get(placeName(place));
  return known?.revoked === false && known.account === place.account && place.asset === coin
    ? undefined
    : 'not in the address book';
};

const noOpenBreak = (clerk: Clerk, name: string): string | undefined =>
  (clerk.lists.breaks.get(name) ?? clerk.sheetOf('breaks', name)?.breaks.get(name))?.word === 'open'
    ? undefined
    : 'no such open break';

/** Of the pool whose statement has the first of them. */
const potOfLines = (clerk: Clerk, asset: string, [first = '']: readonly string[]): string =>
  potOf(asset, poolOfPot(clerk.statements.get(first.replace(/#[^#]*$/, ''))?.pot ?? ''));

const changeOfFreeze = (to: boolean): Known<Body<'freeze' | 'unfreeze'>> => ({
  ...anybody,
  whyNot: ({ account }, clerk) =>
    (account.startsWith('escrow:') && clerk.accounts.has(account) ? undefined : notOfClient(clerk, account)) ??
    (clerk.accounts.get(account)?.frozen === to ? 'nothing would change' : undefined),
  effect: ({ account }, clerk) => {
    clerk.account(account).frozen = to;
  },
});

export const knownKinds: { readonly [K in InstructionKind]?: Known<Body<K>> } = {
  payment: {
    ...teller,
    toBank: true,
    takes: ({ account, amount }) => [[account, BigInt(amount)]],
    about: ({ account, asset, amount }, clerk) => ({ client: clerk.clientOf(account), asset, amount: BigInt(amount) }),
    whyNot: ({ account, asset }, clerk) =>
      noBank(asset) ?? (isHouse(clerk, 'platform-own', account, asset) ? undefined : noSource(clerk, account, asset)),
    typed: ({ payee, amount }) => ({ tail: payee.tail, amount }),
  },
  batch: {
    ...teller,
    toBank: true,
    takes: ({ items }) => items.map(({ account, amount }) => [account, BigInt(amount)] as const),
    about: ({ items, asset, total }, clerk) => ({
      client: clerk.clientOf(items[0]?.account ?? ''),
      asset,
      amount: BigInt(total),
    }),
    whyNot({ items, asset, total }, clerk) {
      const sum = items.reduce((all, { amount }) => all + BigInt(amount), 0n);
      if (sum !== BigInt(total)) return 'a wrong total';
      const [first] = items;
      return (
        noBank(asset) ??
        items
          .map(({ account }) => noSource(clerk, account, asset) ?? otherPot(clerk, first?.account ?? '', account))
          .find((why) => why !== undefined)
      );
    },
    typed: ({ items, total }) => ({ tail: items[0]?.payee.tail ?? '', amount: total }),
  },
  'book transfer': {
    ...teller,
    takes: ({ from, amount }) => [[from, BigInt(amount)]],
    about: ({ from, asset, amount }, clerk) => ({ client: clerk.clientOf(from), asset, amount: BigInt(amount) }),
    moves: ({ from, to, amount }) => [from, to, BigInt(amount)],
    whyNot({ from, to, asset }, clerk) {
      if (from === to) return 'to itself';
      if (isHouse(clerk, 'platform-fee', from, asset) && isHouse(clerk, 'platform-own', to, asset))
        return otherPot(clerk, from, to);
      return (
        noSource(clerk, from, asset) ??
        noAccount(clerk, to, asset) ??
        notOfClient(clerk, to) ??
        otherPot(clerk, from, to)
      );
    },
  },
  fee: {
    ...desk,
    takes: ({ account, amount }) => [[account, BigInt(amount)]],
    about: ({ account, asset, amount }, clerk) => ({ client: clerk.clientOf(account), asset, amount: BigInt(amount) }),
    moves: ({ account, amount }, clerk) => [account, `platform-fee:${clerk.account(account).pot}`, BigInt(amount)],
    whyNot: ({ account, asset, code, amount }, clerk) =>
      code === 'service' && asset === 'CNY' && BigInt(amount) === clerk.agreement.flat
        ? noSource(clerk, account, asset)
        : 'not as scheduled',
  },
  'receipt allocation': {
    ...teller,
    takes: (body, clerk) => [[suspenseOf(clerk, body), BigInt(body.amount)]],
    about: ({ account, asset, amount }, clerk) => ({ client: clerk.clientOf(account), asset, amount: BigInt(amount) }),
    moves: (body, clerk) => [suspenseOf(clerk, body), body.account, BigInt(body.amount)],
    whyNot({ receipt: id, account, asset, amount }, clerk) {
      const receipt = clerk.receipts.get(id);
      if (receipt?.asset !== asset) return 'no such receipt';
      if (receipt.left < BigInt(amount)) return 'more than is left';
      return (
        noAccount(clerk, account, asset) ??
        notOfClient(clerk, account) ??
        otherPot(clerk, `suspense:${receipt.pot}`, account)
      );
    },
    effect: ({ receipt, amount }, clerk) => clerk.takeFromReceipt(receipt, BigInt(amount)),
  },
  'send back': {
    ...teller,
    toBank: true,
    takes: (body, clerk) => [[suspenseOf(clerk, body), BigInt(body.amount)]],
    whyNot: ({ receipt: id, asset, amount }, clerk) => {
      const receipt = clerk.receipts.get(id);
      if (receipt?.asset !== asset) return 'no such receipt';
      return noBank(asset) ?? (receipt.left < BigInt(amount) ? 'more than is left' : undefined);
    },
    effect: ({ receipt, amount }, clerk) => clerk.takeFromReceipt(receipt, BigInt(amount)),
    typed: ({ payee, amount }) => ({ tail: payee.tail, amount }),
  },
  recall: {
    ...{ makers: ['teller', 'compliance', 'officer'], checker: 'supervisor' },
    asksBank: true,
    whyNot({ recalls, item }, clerk) {
      const paid = clerk.instructions.get(recalls)?.items[item];
      const kind = clerk.instructions.get(recalls)?.body.kind;
      if (kind === 'foreign exchange' || kind === 'digital withdrawal') return 'nothing that comes back';
      if (paid === undefined || paid.account === '') return 'no such payment';
      if (paid.word !== 'sent' && paid.word !== 'settled') return 'nothing to get back';
      const before = clerk.recalls.get(`${recalls}|${item}`);
      return before === undefined || before === 'refused' ? undefined : 'recalled already';
    },
    effect: ({ recalls, item }, clerk) => void clerk.recalls.set(`${recalls}|${item}`, 'asked'),
  },
  'foreign exchange': {
    ...teller,
    toBank: true,
    takes: ({ account, amount }) => [[account, BigInt(amount)]],
    about: ({ account, asset, amount }, clerk) => ({ client: clerk.clientOf(account), asset, amount: BigInt(amount) }),
    whyNot: (body, clerk, atMs) =>
      noBank(body.asset, body.bought) ??
      noSource(clerk, body.account, body.asset) ??
      noAccount(clerk, body.to, body.bought) ??
      notOfClient(clerk, body.account) ??
      notOfClient(clerk, body.to) ??
      (clerk.clientOf(body.account) === clerk.clientOf(body.to) ? undefined : "another client's account") ??
      (clerk.poolOf(body.account) === clerk.poolOf(body.to) ? undefined : 'in another pool') ??
      whyNoDeal(body, clerk.reference, atMs),
    typed: ({ quote, amount }) => ({ tail: quote.reference.slice(-4), amount }),
  },
  'settle exchange': {
    ...{ makers: ['teller', 'officer'], checker: 'officer' },
    takes: (body, clerk) => [[suspenseOf(clerk, body), BigInt(body.amount)]],
    about: ({ exchange, asset, amount }, clerk) => ({
      client: clerk.clientOf(clerk.instructions.get(exchange)?.items[0]?.account ?? ''),
      ...{ asset, amount: BigInt(amount) },
    }),
    whyNot({ exchange, receipt: id, asset, amount }, clerk) {
      const receipt = clerk.receipts.get(id);
      if (receipt?.asset !== asset) return 'no such money';
      if (receipt.of !== `${exchange}/0`) return 'came of something else';
      return (
        clerk.whyNotSettled(exchange, asset, receipt.pot) ??
        (receipt.left < BigInt(amount) ? 'more than is left' : undefined)
      );
    },
    effect({ exchange, receipt: id, asset, amount }, clerk) {
      const { pot } = clerk.receipts.get(id) as { pot: string };
      clerk.settleDeal(exchange, { asset, pot, amount: BigInt(amount) });
      clerk.takeFromReceipt(id, BigInt(amount));
    },
  },
  'adopt reference rates': {
    ...officers,
    whyNot: ({ until }, _, atMs) => (Date.parse(`${until}T23:59:59.999Z`) < atMs ? 'stale already' : undefined),
    effect: ({ rates, until }, clerk) => {
      const [first] = rates;
      if (first !== undefined) clerk.reference = { ...first, until };
    },
  },
  hedge: {
    ...desk,
    whyNot: (body, clerk, atMs) =>
      whyNoForward(body, dayAt(atMs)) ??
      (body.exchanges.every((id) => clerk.instructions.get(id)?.body.kind === 'foreign exchange')
        ? undefined
        : 'covers what is no exchange') ??
      ([...clerk.hedges.values()].some(({ terms }) => terms.bank === body.bank && terms.reference === body.reference)
        ? 'on record already'
        : undefined) ??
      (body.rolls === null || clerk.hedges.get(body.rolls)?.word === 'open' ? undefined : 'nothing to roll'),
    effect(body, clerk, { event }) {
      if (body.rolls !== null) clerk.endHedge(body.rolls, 'rolled');
      clerk.hedges.set(event.id, { terms: body, word: 'open' });
    },
  },
  'close hedge': {
    ...desk,
    whyNot: ({ hedge }, clerk) => (clerk.hedges.get(hedge)?.word === 'open' ? undefined : 'no such open hedge'),
    effect: ({ hedge }, clerk) => clerk.endHedge(hedge, 'closed'),
  },
  'adopt fee schedule': {
    ...officers,
    whyNot: ({ schedule }, clerk, atMs) => clerk.fees.whyNotAdopted(schedule, atMs),
    effect: ({ schedule }, clerk, _, atMs) => clerk.fees.adopt(schedule, atMs),
  },
  'charge accrued fees': {
    ...desk,
    takes: ({ lines }) => lines.map(({ account, amount }) => [account, BigInt(amount)] as const),
    about: ({ lines, asset }, clerk) => ({
      client: clerk.clientOf(lines[0]?.account ?? ''),
      ...{ asset, amount: lines.reduce((sum, { amount }) => sum + BigInt(amount), 0n) },
    }),
    whyNot({ code, asset, lines }, clerk) {
      if (asset !== 'CNY' || !clerk.fees.schedules.has(code)) return 'no such schedule';
      if (new Set(lines.map(({ account }) => account)).size < lines.length) return 'charged twice';
      return lines
        .map(({ account, amount }) =>
          clerk.fees.whole(code, account) < BigInt(amount) ? 'more than has accrued' : noSource(clerk, account, asset),
        )
        .find((why) => why !== undefined);
    },
    effect({ code, lines }, clerk) {
      for (const { account, amount } of lines) {
        clerk.move(account, `bank-fee:${clerk.account(account).pot}`, BigInt(amount));
        clerk.fees.add(`${code}|${account}`, -BigInt(amount) * minorUnit);
      }
    },
  },
  'waive accrued fees': {
    ...officers,
    whyNot: ({ code, account, amount }, clerk) =>
      clerk.fees.whole(code, account) < BigInt(amount) ? 'more than has accrued' : undefined,
    effect: ({ code, account, amount }, clerk) => clerk.fees.add(`${code}|${account}`, -BigInt(amount) * minorUnit),
  },
  freeze: changeOfFreeze(true) as Known<Body<'freeze'>>,
  unfreeze: changeOfFreeze(false) as Known<Body<'unfreeze'>>,
  correction: {
    ...desk,
    whyNot({ corrects }, clerk) {
      const original = clerk.instructions.get(corrects);
      const moved = original === undefined ? undefined : clerk.allMovesOf(original.body);
      if (original === undefined || moved === undefined || original.word !== 'settled') return 'nothing to correct';
      if (original.reversed) return 'corrected already';
      const back = new Map<string, bigint>();
      for (const [, to, amount] of moved) back.set(to, (back.get(to) ?? 0n) + amount);
      return [...back].some(([to, sum]) => clerk.free(to) < sum) ? 'the money is gone' : undefined;
    },
    effect({ corrects }, clerk) {
      const original = clerk.made(corrects);
      const { body } = original;
      original.reversed = true;
      for (const [from, to, amount] of clerk.allMovesOf(body) ?? []) clerk.move(to, from, amount);
      if (body.kind === 'receipt allocation') clerk.takeFromReceipt(body.receipt, -BigInt(body.amount));
      if (body.kind === 'charge accrued fees')
        for (const { account, amount } of body.lines)
          clerk.fees.add(`${body.code}|${account}`, BigInt(amount) * minorUnit);
    },
  },
  match: {
    ...teller,
    whyNot({ asset, lines, legs }, clerk) {
      const sheet = clerk.sheets.get(potOfLines(clerk, asset, lines));
      if (new Set(lines).size < lines.length || new Set(legs).size < legs.length) return 'named twice';
      if (lines.length + legs.length < 2) return 'alone';
      if (!lines.every((id) => sheet?.lineIsOpen(id))) return 'no such open line';
      if (!legs.every((number) => sheet?.moveIsOpen(number))) return 'no such open movement';
      return sheet?.lineSum(lines) === sheet?.moveSum(legs) ? undefined : 'another sum';
    },
    effect: ({ asset, lines, legs }, clerk, { event }) =>
      clerk.sheet(potOfLines(clerk, asset, lines)).pair(`person|${event.id}`, lines, legs),
  },
  unmatch: {
    ...teller,
    whyNot({ match }, clerk) {
      const one = clerk.sheetOf('pairings', match)?.pairings.get(match);
      if (one === undefined) return 'no such pairing';
      return one.undone ? 'undone already' : undefined;
    },
    effect: ({ match }, clerk) =>
      clerk.sheetOf('pairings', match)?.undo(match, new Date(clerk.lastMs).toISOString().slice(0, 10)),
  },
  'assign break': {
    ...{ makers: ['teller', 'supervisor'], checker: 'supervisor' },
    whyNot: ({ break: name, owner }, clerk) =>
      noOpenBreak(clerk, name) ?? (clerk.operators.get(owner)?.revoked === false ? undefined : 'nobody to take it on'),
    effect({ break: name, owner }, clerk) {
      if (clerk.lists.breaks.has(name)) clerk.lists.change(name, { owner });
      else clerk.sheetOf('breaks', name)?.assign(name, owner);
    },
  },
  'resolve break': {
    ...teller,
    whyNot({ break: name, by }, clerk) {
      const why = noOpenBreak(clerk, name);
      if (why !== undefined || by === null) return why;
      return clerk.instructions.get(by)?.word === 'settled' ? undefined : 'nothing that has put it right';
    },
    effect({ break: name }, clerk) {
      if (clerk.lists.breaks.has(name)) clerk.lists.change(name, { word: 'resolved' });
      else clerk.sheetOf('breaks', name)?.resolve(name);
    },
  },
  'platform check': {
    ...{ makers: ['teller', 'supervisor', 'compliance', 'officer'], checker: 'supervisor' },
    whyNot: (body, clerk, atMs) => clerk.lists.whyNot(body, clerk, dayAt(atMs) as Day),
    effect: (body, clerk) => clerk.lists.take(body),
  },
  'register client': {
    ...desk,
    whyNot: ({ client }, clerk) => (clerk.clients.has(client) ? 'there already' : undefined),
    effect: ({ client }, clerk) => void clerk.clients.add(client),
  },
  'open account': {
    ...desk,
    whyNot({ client, asset, account, number, pool }, clerk) {
      if (!clerk.clients.has(client)) return 'no such client';
      if (!clerk.accounts.has(`cash:${potOf(asset, pool)}`)) return 'a strange asset, or a strange pool';
      if (clerk.accounts.has(account)) return 'there already';
      const taken = [...clerk.accounts.values()].some((one) => one.number === number && one.asset === asset);
      return taken ? 'the number is taken' : undefined;
    },
    effect: ({ client, asset, account, number, pool }, clerk) =>
      clerk.openAccount(account, potOf(asset, pool), { client, number }),
  },
  'open pool': {
    ...officers,
    whyNot({ pool, accounts }, clerk) {
      if (pool === 'main' || clerk.pools.has(pool)) return 'there already';
      if (new Set(accounts.map(({ asset }) => asset)).size < accounts.length) return 'two accounts in one asset';
      if (accounts.some(({ asset }) => !clerk.accounts.has(`cash:${asset}`))) return 'a strange asset';
      const taken = [...clerk.pools.values()].flat();
      return accounts.some((one) => taken.some((each) => each.asset === one.asset && each.number === one.number))
        ? 'the bank account is of another pool'
        : undefined;
    },
    effect({ pool, accounts }, clerk) {
      clerk.pools.set(pool, accounts);
      for (const { asset } of accounts) clerk.openHouse(potOf(asset, pool));
    },
  },
  'adopt address': {
    ...desk,
    whyNot: (body, clerk) =>
      clerk.places.get(placeName(body))?.revoked === false ? 'there already' : noPlace(clerk, body),
    effect(body, clerk, { coolingOffSeconds }, atMs) {
      const usableFrom = atMs + coolingOffSeconds * 1000;
      clerk.places.set(placeName(body), { account: body.account, usableFrom, revoked: false });
    },
    typed: ({ address }) => ({ tail: address.slice(-4), amount: '0' }),
  },
  'revoke address': {
    ...anybody,
    whyNot: (body, clerk) => noKnownPlace(clerk, body),
    effect(body, clerk) {
      const known = clerk.places.get(placeName(body));
      if (known !== undefined) clerk.places.set(placeName(body), { ...known, revoked: true });
    },
  },
  'digital withdrawal': {
    ...teller,
    toBank: true,
    alwaysTyped: true,
    takes: ({ account, amount }) => [[account, BigInt(amount)]],
    about: ({ account, asset, amount }, clerk) => ({ client: clerk.clientOf(account), asset, amount: BigInt(amount) }),
    whyNot(body, clerk, atMs) {
      const place = { purpose: 'withdrawal', ...body } as const;
      const why = frozen(clerk, body.account) ?? noPlace(clerk, place) ?? noKnownPlace(clerk, place);
      if (why !== undefined) return why;
      return (clerk.places.get(placeName(place))?.usableFrom ?? 0) > atMs ? 'the address is too new' : undefined;
    },
    typed: ({ address, amount }) => ({ tail: address.slice(-4), amount }),
  },
  'enrol operator': {
    ...officers,
    whyNot({ operator: { id, person, credentials } }, clerk) {
      const given = credentials.map((one) => one.id);
      for (const [known, one] of clerk.operators) {
        if (known === id || one.credentials.some((held) => given.includes(held))) return 'enrolled already';
        if (one.person === person && !one.revoked) return 'under another id already';
      }
      return undefined;
    },
    effect: ({ operator }, clerk) => clerk.enrol(operator),
  },
  'enrol terminal': {
    ...officers,
    whyNot: ({ terminal }, clerk) => (clerk.terminals.has(terminal.id) ? 'enrolled already' : undefined),
    effect: ({ terminal }, clerk) => void clerk.terminals.set(terminal.id, { revoked: false }),
  },
  'revoke operator': {
    ...officers,
    whyNot({ operator }, clerk) {
      const one = clerk.operators.get(operator);
      if (one === undefined || one.revoked) return 'nobody to revoke';
      const others =
        [...clerk.operators.values()].filter((each) => each.role === 'officer' && !each.revoked).length - 1;
      return one.role === 'officer' && others < 2 ? 'too few officers' : undefined;
    },
    effect({ operator }, clerk) {
      (clerk.operators.get(operator) as { revoked: boolean }).revoked = true;
    },
  },
  'revoke terminal': {
    ...officers,
    whyNot({ terminal }, clerk) {
      const one = clerk.terminals.get(terminal);
      if (one === undefined || one.revoked) return 'nothing to revoke';
      return [...clerk.terminals.values()].filter((each) => !each.revoked).length < 2 ? 'the last terminal' : undefined;
    },
    effect({ terminal }, clerk) {
      (clerk.terminals.get(terminal) as { revoked: boolean }).revoked = true;
    },
  },
  'record recovery': {
    ...officers,
    whyNot({ terminal, startedAt, endedAt, report }, clerk) {
      if (!clerk.terminals.has(terminal)) return 'a strange terminal';
      if (Date.parse(endedAt) < Date.parse(startedAt)) return 'it ends before it begins';
      return clerk.recoveries.has(report) ? 'on record already' : undefined;
    },
    effect: ({ report }, clerk) => void clerk.recoveries.add(report),
  },
  'emergency stop': {
    ...{ makers: ['supervisor', 'compliance', 'officer'], checker: 'supervisor' },
    whyNot: (_, clerk) => (clerk.stopped ? 'stopped already' : undefined),
    effect: (_, clerk) => {
      clerk.stopped = true;
    },
  },
  resume: {
    ...officers,
    whyNot: (_, clerk) => (clerk.stopped ? undefined : 'nothing is stopped'),
    effect: (_, clerk) => {
      clerk.stopped = false;
    },
  },
  'override shortfall': {
    ...{ makers: ['compliance', 'officer'], checker: 'officer', checkers: 2 },
    whyNot({ pool, asset, until }, clerk, atMs) {
      const short = clerk.short.get(potOf(asset, pool));
      if (short === undefined || short.amount === 0n) return 'nothing is missing';
      const aheadMs = Date.parse(until) - atMs;
      return aheadMs > 0 && aheadMs <= 24 * 3_600_000 ? undefined : 'at another time';
    },
    effect({ pool, asset, until }, clerk) {
      const pot = potOf(asset, pool);
      clerk.overrides.set(pot, { until: Date.parse(until), of: clerk.short.get(pot)?.since ?? 0 });
    },
  },
  'adopt escrow': {
    ...desk,
    whyNot({ escrow: id, terms }, clerk, atMs) {
      if (clerk.escrows.has(id)) return 'there already';
      const { depositor, beneficiary, arbiter, asset, tranches, fundBy, releaseFrom, timeout, dispute } = terms;
      const named = [depositor, beneficiary, ...(arbiter !== null && 'account' in arbiter ? [arbiter.account] : [])];
      const who = named.map((account) => clerk.accounts.get(account)?.client);
      if (who.some((one) => one == null) || new Set(who).size !== who.length) return 'not different clients';
      const why =
        noAccount(clerk, depositor, asset) ??
        noAccount(clerk, beneficiary, asset) ??
        otherPot(clerk, depositor, beneficiary);
      if (why !== undefined) return why;
      // On paper: the parts make the whole, the dates follow one another, and nothing waits for what can never come.
      if (tranches.reduce((sum, one) => sum + BigInt(one.amount), 0n) !== BigInt(terms.amount)) return 'a wrong sum';
      if (timeout === null || dispute?.ruling === null) return 'it could wait for ever';
      if (dispute !== null && (arbiter === null || dispute.until >= timeout.on)) return 'a dispute without an end';
      if (fundBy < dayAt(atMs) || fundBy >= timeout.on || releaseFrom >= timeout.on) return 'dates out of order';
      return tranches.some(({ to }) => to !== beneficiary) ? 'to a stranger' : undefined;
    },
    effect({ escrow: id, terms }, clerk) {
      clerk.openAccount(`escrow:${id}`, clerk.account(terms.depositor).pot);
      clerk.escrows.set(id, { terms, word: 'unfunded', shown: new Set(), paid: new Set(), rulesBy: '' });
    },
  },
  'fund escrow': {
    ...teller,
    takes: ({ account, amount }) => [[account, BigInt(amount)]],
    about: ({ account, asset, amount }, clerk) => ({ client: clerk.clientOf(account), asset, amount: BigInt(amount) }),
    whyNot({ escrow: id, account, asset, amount }, clerk, atMs) {
      const one = clerk.escrows.get(id);
      if (one?.word !== 'unfunded' || dayAt(atMs) > one.terms.fundBy) return 'not to be funded';
      const { depositor, amount: whole } = one.terms;
      return account === depositor && amount === whole ? noSource(clerk, account, asset) : 'not as agreed';
    },
    effect({ escrow: id, account, amount }, clerk) {
      clerk.escrow(id).word = 'funded';
      clerk.move(account, `escrow:${id}`, BigInt(amount));
    },
  },
  'fulfil condition': {
    ...{ makers: ['teller', 'compliance', 'officer'], checker: 'supervisor' },
    whyNot({ escrow: id, condition, document }, clerk, atMs) {
      const one = clerk.escrows.get(id);
      const asked = one?.terms.conditions.find(({ name }) => name === condition);
      if (one === undefined || asked === undefined || one.shown.has(condition)) return 'nothing to show';
      if (asked.by === 'arbiter' && one.terms.arbiter === null) return 'nobody to show it';
      if (asked.evidence === 'document' && document === null) return 'no document';
      const isOpen = one.word === 'unfunded' ? dayAt(atMs) <= one.terms.fundBy : clerk.isRunning(one, atMs);
      return isOpen ? undefined : 'too late, or disputed';
    },
    effect: ({ escrow: id, condition }, clerk) => void clerk.escrow(id).shown.add(condition),
  },
  'release escrow': {
    ...teller,
    whyNot({ escrow: id, tranche, asset, amount }, clerk, atMs) {
      const one = clerk.escrows.get(id);
      if (one === undefined || !clerk.isRunning(one, atMs) || clerk.accounts.get(`escrow:${id}`)?.frozen)
        return 'not now';
      const { tranches, order, releaseFrom } = one.terms;
      if (dayAt(atMs) < releaseFrom || one.terms.asset !== asset) return 'too early, or of another asset';
      const open = tranches.filter(({ name }) => !one.paid.has(name));
      const wanted = tranche === null ? open : open.filter(({ name }) => name === tranche);
      if (wanted.length === 0) return 'nothing to release';
      if (order === 'together' && tranche !== null) return 'only all of it';
      if (order === 'in order' && wanted[0] !== open[0]) return 'out of turn';
      if (wanted.some(({ needs }) => needs.some((name) => !one.shown.has(name)))) return 'a condition is missing';
      return wanted.reduce((sum, part) => sum + BigInt(part.amount), 0n) === BigInt(amount) ? undefined : 'another sum';
    },
    effect({ escrow: id, tranche, amount }, clerk) {
      const one = clerk.escrow(id);
      for (const { name } of one.terms.tranches) if (tranche === null || tranche === name) one.paid.add(name);
      clerk.move(`escrow:${id}`, one.terms.beneficiary, BigInt(amount));
      if (one.paid.size === one.terms.tranches.length) one.word = 'ended';
    },
  },
  'refund escrow': {
    ...teller,
    whyNot({ escrow: id, asset, amount }, clerk, atMs) {
      const one = clerk.escrows.get(id);
      if (one === undefined || !clerk.isRunning(one, atMs) || clerk.accounts.get(`escrow:${id}`)?.frozen)
        return 'not now';
      if (one.terms.refund === null || one.terms.refund.needs.some((name) => !one.shown.has(name))) return 'not agreed';
      return one.terms.asset === asset && clerk.account(`escrow:${id}`).booked === BigInt(amount)
        ? undefined
        : 'another sum';
    },
    effect: ({ escrow: id }, clerk) => clerk.endEscrow(id, 0n),
  },
  'raise dispute': {
    ...{ makers: ['teller', 'compliance', 'officer'], checker: 'supervisor' },
    whyNot({ escrow: id, by }, clerk, atMs) {
      const one = clerk.escrows.get(id);
      if (one === undefined || !clerk.isRunning(one, atMs)) return 'not now';
      const { dispute } = one.terms;
      if (dispute === null || dayAt(atMs) > dispute.until) return 'too late, or never';
      return dispute.by.some((party) => party === by) ? undefined : 'not theirs to raise';
    },
    effect({ escrow: id }, clerk, _, atMs) {
      const one = clerk.escrow(id);
      const days = one.terms.dispute?.ruling?.days ?? 0;
      [one.word, one.rulesBy] = ['disputed', dayAt(atMs + days * 86_400_000)];
    },
  },
  'rule on dispute': {
    ...{ makers: ['teller', 'compliance', 'officer'], checker: 'officer' },
    whyNot({ escrow: id, asset, depositor, beneficiary, document }, clerk, atMs) {
      const one = clerk.escrows.get(id);
      if (one?.word !== 'disputed' || dayAt(atMs) >= one.rulesBy || one.terms.asset !== asset)
        return 'nothing to rule on';
      const left = clerk.account(`escrow:${id}`);
      if (left.frozen || left.booked !== BigInt(depositor) + BigInt(beneficiary)) return 'frozen, or another sum';
      return document === null ? 'no ruling on paper' : undefined;
    },
    effect: ({ escrow: id, beneficiary }, clerk) => clerk.endEscrow(id, BigInt(beneficiary)),
  },
  'adopt policy': {
    ...officers,
    whyNot: ({ policy }, clerk) => (policy.version === clerk.policy.version + 1 ? undefined : 'not the next version'),
    effect: ({ policy }, clerk) => clerk.adoptPolicy(policy),
  },
  'adopt calendar': {
    ...officers,
    whyNot({ calendar: { id, version, assets, cutOffs } }, clerk) {
      if (version !== (clerk.calendarVersions.get(id) ?? 0) + 1) return 'not the next version';
      if (cutOffs.some(({ asset }) => !assets.includes(asset))) return 'a cut-off of something else';
      for (const asset of assets) {
        if (!clerk.accounts.has(`cash:${asset}`)) return 'a strange asset';
        if ((clerk.walls.get(asset)?.id ?? id) !== id) return 'another calendar is for it';
      }
      return undefined;
    },
    effect: (body, clerk) => clerk.adoptCalendar(body),
  },
  'close period': {
    ...officers,
    whyNot({ month, closing }, clerk) {
      if (month <= clerk.closedMonth) return 'closed already';
      const sums = clerk.monthEnds.get(month);
      if (sums === undefined) return 'that month is not over';
      if (sums.size !== closing.totals.length) return 'other accounts';
      return closing.totals.some(
        (one) => BigInt(one.credits) - BigInt(one.debits) !== sums.get(`${one.asset}|${one.class}`),
      )
        ? 'other sums'
        : undefined;
    },
    effect: ({ month }, clerk) => {
      clerk.closedMonth = month;
    },
  },
  'adopt agreement': {
    ...officers,
    whyNot: ({ agreement }, clerk) =>
      agreement.version === clerk.agreement.version + 1 ? undefined : 'not the next version',
    effect: ({ agreement }, clerk) => clerk.adoptAgreement(agreement),
  },
};

/** Throws for a kind that has no entry yet: such an instruction should not have come into a simulated log. */
export function known(body: Instruction): Known<Instruction> {
  const found = knownKinds[body.kind];
  if (found === undefined) throw new Error(`the clerk does not know the kind "${body.kind}": add it to kinds.ts`);
  return found as unknown as Known<Instruction>;
}

export const kindsCheckedBy = (checker: 'supervisor' | 'officer'): string[] =>
  Object.entries(knownKinds).flatMap(([kind, one]) => (one.checker === checker ? [kind] : []));
