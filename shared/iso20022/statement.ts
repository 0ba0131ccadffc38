// What a statement adds up to: its balances, the sums of its entries, the totals that it states itself, and whether opening
// balance and booked entries make the closing one.
//
// Booked entries are those whose status is BOOK, or that have none; only they change a balance.

import { type Agent, accountIn, agentOf, type Party, partyOf } from './account.ts';
import {
  type Amount,
  addDecimals,
  addToTally,
  type Decimal,
  decimalOf,
  decimalText,
  isSame,
  newTally,
  readAmount,
  readDecimal,
  signed,
  type Tally,
  tallied,
} from './amount.ts';
import { dayIn, directionOf, type StatementEntry, yesOrNo } from './entry.ts';
import type { FindingName, Out } from './finding.ts';
import { child, children, type Element, textAt } from './xml.ts';

export type StatementKind = 'camt.052' | 'camt.053' | 'camt.054';

export interface Balance {
  /** OPBD, PRCD, CLBD, ITBD, CLAV ... or the bank's own word. */
  readonly code: string;
  readonly amount: Amount;
  readonly credit: boolean;
  readonly date: string | null;
  readonly line: number;
}

export interface StatementHead {
  readonly id: string;
  readonly account: string | null;
  /** Of the account, where the message says it before the first entry. */
  readonly asset: string | null;
  readonly accountName: string | null;
  readonly owner: Party | null;
  readonly servicer: Agent | null;
  readonly electronicSequence: string | null;
  readonly legalSequence: string | null;
  readonly createdAt: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly page: string | null;
  readonly isLastPage: boolean | null;
  /** CODU, COPY or DUPL. */
  readonly copy: string | null;
}

/** How many, and how much in decimal text of the statement's asset. */
export interface CountAndSum {
  readonly count: number;
  readonly sum: string;
}

export interface StatementSummary extends StatementHead {
  readonly balances: readonly Balance[];
  /** Signed minor units; null where the message gives none that can be read. */
  readonly opening: bigint | null;
  readonly closing: bigint | null;
  /** The day whose end the closing balance speaks of. */
  readonly closingDate: string | null;
  /** The same in decimal text, also where there are more decimals than the asset has. */
  readonly openingText: string | null;
  readonly closingText: string | null;
  readonly entryCount: number;
  readonly credits: CountAndSum;
  readonly debits: CountAndSum;
  /** Booked entries, credits less debits, in decimal text. */
  readonly booked: string;
  /** Opening + booked = closing; null where that cannot be said, and a finding says why. */
  readonly balanced: boolean | null;
  readonly additional: string | null;
}

export function readHead(element: Element): StatementHead {
  const account = child(element, 'Acct');
  const pagination = child(element, `${element.name}Pgntn`);
  return {
    id: textAt(element, 'Id') ?? '',
    account: accountIn(account),
    asset: textAt(account, 'Ccy'),
    accountName: textAt(account, 'Nm'),
    owner: partyOf(child(account, 'Ownr')),
    servicer: agentOf(child(account, 'Svcr')),
    electronicSequence: textAt(element, 'ElctrncSeqNb'),
    legalSequence: textAt(element, 'LglSeqNb'),
    createdAt: textAt(element, 'CreDtTm'),
    from: textAt(element, 'FrToDt', 'FrDtTm'),
    to: textAt(element, 'FrToDt', 'ToDtTm'),
    page: textAt(pagination, 'PgNb'),
    isLastPage: yesOrNo(textAt(pagination, 'LastPgInd')),
    copy: textAt(element, 'CpyDplctInd'),
  };
}

export interface Sums {
  entries: number;
  asset: string | null;
  readonly booked: Sides;
  /** Of the booked ones, those that reverse. */
  readonly reversed: Sides;
  /** Pending, for information, expected. */
  readonly other: Sides;
  /** Entries that are in no sum, as they are in another asset or give no amount. */
  uncounted: { credits: number; debits: number };
  /** The first booked entry that could not be added up, by line, and why. */
  left: { readonly line: number; readonly why: string } | null;
  /** The first entry in another asset than the statement's. */
  foreign: { readonly line: number; readonly asset: string } | null;
}
interface Sides {
  readonly credits: Tally;
  readonly debits: Tally;
}
const newSides = (): Sides => ({ credits: newTally(), debits: newTally() });

export const newSums = (asset: string | null): Sums => ({
  entries: 0,
  asset,
  booked: newSides(),
  reversed: newSides(),
  other: newSides(),
  uncounted: { credits: 0, debits: 0 },
  left: null,
  foreign: null,
});

export function addEntry(sums: Sums, entry: StatementEntry): void {
  const { credit, asset, line, status, amount, amountText } = entry;
  sums.entries += 1;
  sums.asset ??= asset || null;
  const isBooked = status === 'BOOK' || status === null;
  const side = credit ? 'credits' : 'debits';
  const isForeign = amountText !== '' && asset !== sums.asset;
  if (credit !== null && amountText !== '' && !isForeign) {
    const isAdded = addToTally((isBooked ? sums.booked : sums.other)[side], amount, amountText);
    if (isBooked && !isAdded) sums.left ??= { line, why: 'the amount of an entry is no number' };
    if (isBooked && entry.reversal) addToTally(sums.reversed[side], amount, amountText);
    return;
  }
  if (credit !== null) sums.uncounted[side] += 1;
  if (isForeign) sums.foreign ??= { line, asset };
  const nothing = `an entry has no ${credit === null ? 'direction' : 'amount'}`;
  if (isBooked) sums.left ??= { line, why: isForeign ? `an entry is in ${asset || 'no currency'}` : nothing };
}

const sumOf = ({ booked, other }: Sums, side: keyof Sides, asset: string | null): Decimal =>
  addDecimals(tallied(booked[side], asset), tallied(other[side], asset));
const countOf = ({ booked, other, uncounted }: Sums, side: keyof Sides): number =>
  booked[side].count + other[side].count + uncounted[side];
/** Credits less debits. */
const netOf = ({ credits, debits }: Sides, asset: string | null): Decimal =>
  addDecimals(tallied(credits, asset), signed(tallied(debits, asset), false));

export function summarise(kind: StatementKind, element: Element, sums: Sums, out: Out<never>): StatementSummary {
  const head = readHead(element);
  const asset = sums.asset ?? child(element, 'Bal', 'Amt')?.attributes.Ccy ?? null;
  const balances = children(element, 'Bal').map((one) => readBalance(one, out));
  const [opening, closing] = endsOf(kind, balances, asset);
  const credits = sumOf(sums, 'credits', asset);
  const debits = sumOf(sums, 'debits', asset);
  const booked = netOf(sums.booked, asset);
  const what = `Statement ${head.id}`;
  if (sums.foreign !== null)
    out.finding(
      'other currency',
      sums.foreign.line,
      `${what}: an entry is in ${sums.foreign.asset || 'no currency'}, the account in ${asset ?? 'none'}; the sums leave it out.`,
    );
  for (const [name, why] of totalsThatDiffer(element, sums, credits, debits))
    out.finding(name, child(element, 'TxsSummry')?.line ?? element.line, `${what}: ${why}`);
  return {
    ...head,
    asset,
    balances,
    opening: minorOf(opening),
    closing: minorOf(closing),
    closingDate: closing?.date ?? null,
    openingText: textOf(opening, asset),
    closingText: textOf(closing, asset),
    entryCount: sums.entries,
    credits: { count: countOf(sums, 'credits'), sum: decimalText(credits, asset) },
    debits: { count: countOf(sums, 'debits'), sum: decimalText(debits, asset) },
    booked: decimalText(booked, asset),
    balanced: isBalanced(kind, element, opening, closing, booked, sums, (name, why) =>
      out.finding(name, element.line, `${what}: ${why}`),
    ),
    additional: textAt(element, `Addtl${element.name}Inf`),
  };
}

function readBalance(element: Element, out: Out<never>): Balance {
  const type = child(element, 'Tp', 'CdOrPrtry') ?? child(element, 'Tp');
  const amount = child(element, 'Amt');
  const date = child(element, 'Dt');
  const credit = directionOf(textAt(element, 'CdtDbtInd') ?? '');
  const nothing = { asset: '', text: '', minor: null, unread: 'It has no amount.' };
  if (amount === undefined) out.finding('amount missing', element.line, 'A balance has no amount.');
  else if (credit === null)
    out.finding('direction missing', element.line, 'A balance does not say whether it is a credit or a debit.');
  return {
    code: textAt(type, 'Cd') ?? textAt(type, 'Prtry') ?? '',
    amount: amount === undefined || credit === null ? nothing : readAmount(amount, out),
    credit: credit === true,
    date: date === undefined ? null : dayIn(date),
    line: element.line,
  };
}

/**
 * The balances that the entries lie between: opening booked, or the last statement's closing booked; closing booked. A page
 * of a statement begins or ends with an interim one.
 */
function endsOf(
  kind: StatementKind,
  balances: readonly Balance[],
  asset: string | null,
): readonly [Balance | undefined, Balance | undefined] {
  const ours = balances.filter((one) => asset === null || one.amount.asset === asset);
  const first = (...codes: string[]) =>
    codes.map((code) => earliest(ours.filter((one) => one.code === code))).find(Boolean);
  const opening = first('OPBD', 'PRCD');
  const closing = latest(ours.filter((one) => one.code === 'CLBD'));
  if (kind !== 'camt.053' || (opening !== undefined && closing !== undefined)) return [opening, closing];
  const interim = ours.filter((one) => one.code === 'ITBD');
  if (opening === undefined && closing === undefined && interim.length === 2) return [interim[0], interim[1]];
  if (interim.length !== 1 || (opening === undefined && closing === undefined)) return [opening, closing];
  return [opening ?? interim[0], closing ?? interim[0]];
}

const earliest = (some: readonly Balance[]): Balance | undefined =>
  some.reduce<Balance | undefined>(
    (best, one) => (best && (best.date ?? '') <= (one.date ?? '') ? best : one),
    undefined,
  );
const latest = (some: readonly Balance[]): Balance | undefined =>
  some.reduce<Balance | undefined>(
    (best, one) => (best && (best.date ?? '') > (one.date ?? '') ? best : one),
    undefined,
  );

function signedValue(balance: Balance | undefined): Decimal | null {
  const value = balance === undefined ? null : decimalOf(balance.amount);
  return value === null || balance === undefined ? null : signed(value, balance.credit);
}
const minorOf = (balance: Balance | undefined): bigint | null => {
  const minor = balance?.amount.minor ?? null;
  return minor !== null && balance?.credit === false ? -minor : minor;
};
const textOf = (balance: Balance | undefined, asset: string | null): string | null => {
  const value = signedValue(balance);
  return value === null ? null : decimalText(value, asset);
};

function isBalanced(
  kind: StatementKind,
  element: Element,
  opening: Balance | undefined,
  closing: Balance | undefined,
  booked: Decimal,
  sums: Sums,
  note: (name: FindingName, why: string) => void,
): boolean | null {
  const [from, to] = [signedValue(opening), signedValue(closing)];
  if (from === null || to === null) {
    const missing =
      from === null ? (to === null ? 'opening and closing balance' : 'opening balance') : 'closing balance';
    const isAnother = children(element, 'Bal').length > 0 ? ' in the currency of its entries' : '';
    if (kind === 'camt.053')
      note('balance missing', `it has no ${missing}${isAnother}, so whether it adds up cannot be said.`);
    return null;
  }
  if (sums.left !== null) {
    note('balance missing', `whether it adds up cannot be said, as ${sums.left.why} (line ${sums.left.line}).`);
    return null;
  }
  const ours = addDecimals(from, booked);
  if (isSame(ours, to)) return true;
  const text = (value: Decimal): string => decimalText(value, sums.asset);
  note(
    'not balanced',
    `${text(from)} and entries of ${text(booked)} make ${text(ours)}, and it closes with ${text(to)}.`,
  );
  const reversed = netOf(sums.reversed, sums.asset);
  if (reversed.digits !== 0n && isSame(addDecimals(ours, signed(addDecimals(reversed, reversed), false)), to))
    note(
      'reversal sign',
      'it would add up if its reversals had the other sign: the bank may mark the original direction.',
    );
  return false;
}

/** The statement's own summary against its entries. */
function* totalsThatDiffer(
  element: Element,
  sums: Sums,
  credits: Decimal,
  debits: Decimal,
): Generator<readonly [FindingName, string]> {
  const summary = child(element, 'TxsSummry');
  if (summary === undefined) return;
  const text = (value: Decimal): string => decimalText(value, sums.asset);
  const groups = [
    ['TtlNtries', 'entries', sums.entries, addDecimals(credits, debits)],
    ['TtlCdtNtries', 'credits', countOf(sums, 'credits'), credits],
    ['TtlDbtNtries', 'debits', countOf(sums, 'debits'), debits],
  ] as const;
  for (const [name, what, count, sum] of groups) {
    const group = child(summary, name);
    const saidCount = textAt(group, 'NbOfNtries');
    if (saidCount !== null && !isCount(saidCount, count))
      yield ['count', `it says it has ${saidCount} ${what}, and it has ${count}.`];
    const saidSum = textAt(group, 'Sum');
    if (saidSum !== null && sums.foreign === null && !isSum(saidSum, sum))
      yield ['control sum', `it says its ${what} add up to ${saidSum}, and they add up to ${text(sum)}.`];
  }
  const total = child(summary, 'TtlNtries');
  const net = child(total, 'TtlNetNtry') ?? total;
  const saidNet = readDecimal(textAt(net, 'Amt') ?? textAt(net, 'TtlNetNtryAmt') ?? '');
  const direction = directionOf(textAt(net, 'CdtDbtInd') ?? '');
  const ours = addDecimals(credits, signed(debits, false));
  if (saidNet !== null && direction !== null && sums.foreign === null && !isSame(signed(saidNet, direction), ours))
    yield ['control sum', `it says its net is ${text(signed(saidNet, direction))}, and it is ${text(ours)}.`];
}

const isCount = (said: string, count: number): boolean => /^0*\d{1,15}$/.test(said) && Number(said) === count;
const isSum = (said: string, sum: Decimal): boolean => {
  const value = readDecimal(said);
  return value !== null && isSame(value, sum);
};
