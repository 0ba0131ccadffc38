// Escrow: the bounded terms of an agreement as data, and the machine that they make: who is paid what, from when, until when,
// and what happens when nobody does anything. `escrow-proof.ts` walks all of it before an agreement is adopted.

import { z } from 'zod';
import { assetCode } from './asset.ts';
import { nameId } from './ids.ts';
import { amountText } from './money.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { unicodeText } from './text.ts';
import { addDays, type Day, day } from './time.ts';

/** Short enough that its ledger account, `escrow:ID`, is a name as well. */
export const escrowId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/);
/** Name of a condition or a tranche inside one agreement. */
export const partName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$/);

export const parties = ['depositor', 'beneficiary', 'arbiter'] as const;
export type Party = (typeof parties)[number];
const atTheEnd = z.enum(['refund', 'release']);

/** So few that every path of an agreement can be walked whenever somebody judges it. */
const mostParts = 6;
const needs = z.array(partName).max(mostParts);

export const termsSchema = z.strictObject({
  asset: assetCode,
  amount: amountText,
  /** Client accounts: who pays in, and who is to be paid. */
  depositor: nameId,
  beneficiary: nameId,
  /** Who rules on a dispute: a third client, or people of the bank in that role. */
  arbiter: z
    .union([z.strictObject({ account: nameId }), z.strictObject({ role: z.enum(['compliance', 'officer']) })])
    .nullable(),
  /** What must be shown: the approval of a party, or a document that the party hands in. */
  conditions: z
    .array(
      z.strictObject({
        name: partName,
        text: unicodeText(1, 160),
        by: z.enum(parties),
        evidence: z.enum(['approval', 'document']),
      }),
    )
    .max(mostParts),
  /** Each is paid whole and once, when what it needs has been shown; together they are the whole amount. */
  tranches: z
    .array(z.strictObject({ name: partName, to: nameId, amount: amountText, needs }))
    .min(1)
    .max(mostParts),
  /** All in one, one after the other as listed, or each for itself. */
  order: z.enum(['together', 'in order', 'any order']),
  /** The last day for paying in; the first day on which money may be released. */
  fundBy: day,
  releaseFrom: day,
  /** On this day whatever is left goes one way or the other. */
  timeout: z.strictObject({ on: day, otherwise: atTheEnd }).nullable(),
  /** What lets the depositor have everything back before that; null: nothing does. */
  refund: z.strictObject({ needs }).nullable(),
  dispute: z
    .strictObject({
      by: z
        .array(z.enum(['depositor', 'beneficiary']))
        .min(1)
        .max(2),
      /** The last day for raising it. */
      until: day,
      /** Days that the arbiter has, and what happens when they are over. */
      ruling: z.strictObject({ days: z.int().min(1).max(366), otherwise: atTheEnd }).nullable(),
    })
    .nullable(),
});
export type Terms = z.infer<typeof termsSchema>;

/** Where an agreement stands; conditions and tranches by their place in the terms, as bits. */
export interface Standing {
  readonly phase: 'adopted' | 'funded' | 'disputed' | 'ended';
  readonly fulfilled: number;
  readonly released: number;
  /** While disputed: the day on which the terms decide in the arbiter's place. */
  readonly rulesBy: Day | null;
  /** Minor units paid out to either party, and what is left. */
  readonly depositor: bigint;
  readonly beneficiary: bigint;
  readonly left: bigint;
}
export const adopted: Standing = {
  ...{ phase: 'adopted', fulfilled: 0, released: 0, rulesBy: null },
  ...{ depositor: 0n, beneficiary: 0n, left: 0n },
};

export type Step =
  | { readonly type: 'fund' }
  | { readonly type: 'fulfil'; readonly condition: string }
  /** Null releases everything that is left. */
  | { readonly type: 'release'; readonly tranche: string | null }
  | { readonly type: 'refund' }
  | { readonly type: 'dispute'; readonly by: Party }
  /** What the beneficiary gets of what is left; the depositor gets the rest. */
  | { readonly type: 'rule'; readonly beneficiary: bigint }
  | { readonly type: 'expire' };

export interface Pay {
  readonly to: string;
  readonly amount: bigint;
}
export interface Moved {
  readonly standing: Standing;
  readonly pays: readonly Pay[];
}

export const outcomes = ['released', 'refunded', 'split', 'lapsed'] as const;
export type Outcome = (typeof outcomes)[number];

/** How an agreement that has ended did so. */
export function outcomeOf({ depositor, beneficiary }: Standing): Outcome {
  if (depositor === 0n && beneficiary === 0n) return 'lapsed';
  if (depositor === 0n) return 'released';
  return beneficiary === 0n ? 'refunded' : 'split';
}

/** The first day on which only time decides; null for an agreement that has ended, or that nothing ends. */
export function dueOn(terms: Terms, { phase, rulesBy }: Standing): Day | null {
  if (phase === 'adopted') return addDays(terms.fundBy, 1);
  if (phase === 'funded') return terms.timeout?.on ?? null;
  return phase === 'disputed' ? rulesBy : null;
}

type StepRefusal = Refusal<'state' | 'unknown' | 'limit'>;
const no = (type: StepRefusal['type'], why: string, next: string) =>
  refuse(type, 'The escrow agreement does not allow it.', why, next);

/** One step of the machine on that day, or what the terms have against it. */
export function takeStep(terms: Terms, at: Standing, step: Step, on: Day): Result<Moved, StepRefusal> {
  const refusal = refuseTime(terms, at, step, on) ?? refuseStep(terms, at, step, on);
  if (refusal !== undefined) return refusal;
  const pays = paysOf(terms, at, step);
  return ok({ standing: after(terms, at, step, pays, on), pays });
}

function refuseTime(terms: Terms, at: Standing, step: Step, on: Day) {
  if (at.phase === 'ended') return no('state', 'The agreement has ended.', 'Nothing is needed.');
  const due = dueOn(terms, at);
  const isDue = due !== null && on >= due;
  if (step.type === 'expire')
    return isDue
      ? undefined
      : no('state', due === null ? 'Its terms name no such day.' : `That is only so from ${due} on.`, 'Wait.');
  return isDue
    ? no('state', `Since ${due} its terms decide by themselves.`, 'Wait for the depository to state it.')
    : undefined;
}

const bit = (place: number): number => 1 << place;
const has = (mask: number, place: number): boolean => (mask & bit(place)) !== 0;

/** Those of the conditions needed that have not been shown. */
const unmet = (terms: Terms, at: Standing, needed: readonly string[]): string[] =>
  needed.filter((name) => {
    const place = terms.conditions.findIndex((one) => one.name === name);
    return place < 0 || !has(at.fulfilled, place);
  });

function refuseStep(terms: Terms, at: Standing, step: Step, on: Day) {
  switch (step.type) {
    case 'fund':
      return at.phase === 'adopted' ? undefined : no('state', 'It is funded already.', 'Nothing is needed.');
    case 'fulfil':
      return refuseFulfil(terms, at, step.condition);
    case 'release':
      return refuseUnfunded(at) ?? refuseRelease(terms, at, step.tranche, on);
    case 'refund':
      return refuseUnfunded(at) ?? refuseRefund(terms, at);
    case 'dispute':
      return refuseUnfunded(at) ?? refuseDispute(terms, step.by, on);
    case 'rule':
      if (at.phase !== 'disputed') return no('state', 'Nothing is disputed.', 'Nothing is needed.');
      return step.beneficiary < 0n || step.beneficiary > at.left
        ? no('limit', 'That is more than is left.', 'Split what is left.')
        : undefined;
    case 'expire':
      return undefined;
  }
}

function refuseUnfunded(at: Standing) {
  if (at.phase === 'adopted') return no('state', 'It is not funded yet.', 'The depositor funds it first.');
  if (at.phase === 'disputed') return no('state', 'It is disputed, so nothing moves.', 'Wait for the ruling.');
  return undefined;
}

function refuseFulfil(terms: Terms, at: Standing, name: string) {
  const place = terms.conditions.findIndex((one) => one.name === name);
  const condition = terms.conditions[place];
  if (condition === undefined) return no('unknown', `It has no condition ${name}.`, 'Name one of its conditions.');
  if (condition.by === 'arbiter' && terms.arbiter === null)
    return no('unknown', `Condition ${name} waits for an arbiter, and none is named.`, 'Name an arbiter.');
  if (at.phase === 'disputed') return no('state', 'It is disputed, so nothing changes.', 'Wait for the ruling.');
  return has(at.fulfilled, place)
    ? no('state', `Condition ${name} is fulfilled already.`, 'Nothing is needed.')
    : undefined;
}

function refuseRelease(terms: Terms, at: Standing, name: string | null, on: Day) {
  if (on < terms.releaseFrom) return no('state', `Nothing is released before ${terms.releaseFrom}.`, 'Wait.');
  if (name !== null && terms.order === 'together')
    return no('limit', 'It is released whole or not at all.', 'Release the whole.');
  for (const place of tranchesOf(terms, at, name)) {
    const tranche = terms.tranches[place];
    if (tranche === undefined) return no('unknown', `It has no tranche ${name}.`, 'Name one of its tranches.');
    if (has(at.released, place)) return no('state', `Tranche ${tranche.name} is released.`, 'Nothing is needed.');
    if (name !== null && terms.order === 'in order' && at.released !== bit(place) - 1)
      return no('limit', `Tranches before ${tranche.name} are not released yet.`, 'Release them in their order.');
    const [missing] = unmet(terms, at, tranche.needs);
    if (missing !== undefined)
      return no('state', `Tranche ${tranche.name} needs condition ${missing}.`, 'Have the condition fulfilled first.');
  }
  return undefined;
}

/** Places of the tranches that would be released: the named one, or all that are left. */
function tranchesOf(terms: Terms, at: Standing, name: string | null): number[] {
  if (name !== null) return [terms.tranches.findIndex((one) => one.name === name)];
  return terms.tranches.flatMap((_, place) => (has(at.released, place) ? [] : [place]));
}

function refuseRefund(terms: Terms, at: Standing) {
  if (terms.refund === null) return no('limit', 'Its terms allow no refund before its time is over.', 'Wait.');
  const [missing] = unmet(terms, at, terms.refund.needs);
  return missing === undefined
    ? undefined
    : no('state', `A refund needs condition ${missing}.`, 'Have it fulfilled first.');
}

function refuseDispute({ dispute }: Terms, by: Party, on: Day) {
  if (dispute === null) return no('limit', 'Its terms allow no dispute.', 'Leave it to its terms.');
  if (!dispute.by.some((one) => one === by)) return no('limit', `The ${by} may not raise one.`, 'Ask who may.');
  return on > dispute.until ? no('state', `The last day for it was ${dispute.until}.`, 'Ask a court.') : undefined;
}

/** Who is paid what by a step that is allowed. */
export function paysOf(terms: Terms, at: Standing, step: Step): Pay[] {
  switch (step.type) {
    case 'release':
      return tranchesOf(terms, at, step.tranche).flatMap((place) => {
        const tranche = terms.tranches[place];
        return tranche === undefined ? [] : [{ to: tranche.to, amount: BigInt(tranche.amount) }];
      });
    case 'refund':
      return allThatIsLeft(terms, at, 0n);
    case 'rule':
      return allThatIsLeft(terms, at, step.beneficiary);
    case 'expire': {
      const ending = at.phase === 'funded' ? terms.timeout : terms.dispute?.ruling;
      return allThatIsLeft(terms, at, ending?.otherwise === 'release' ? at.left : 0n);
    }
    default:
      return [];
  }
}

const allThatIsLeft = (terms: Terms, { left }: Standing, beneficiary: bigint): Pay[] =>
  [
    { to: terms.beneficiary, amount: beneficiary },
    { to: terms.depositor, amount: left - beneficiary },
  ].filter((one) => one.amount > 0n);

function after(terms: Terms, before: Standing, step: Step, pays: readonly Pay[], on: Day): Standing {
  const at = pays.reduce((sofar, one) => pay(terms, sofar, one), before);
  switch (step.type) {
    case 'fund':
      return { ...at, phase: 'funded', left: BigInt(terms.amount) };
    case 'fulfil': {
      const place = terms.conditions.findIndex((one) => one.name === step.condition);
      return { ...at, fulfilled: at.fulfilled | bit(place) };
    }
    case 'release': {
      const released = tranchesOf(terms, before, step.tranche).reduce((mask, place) => mask | bit(place), at.released);
      const isAll = released === bit(terms.tranches.length) - 1;
      return { ...at, released, phase: isAll ? 'ended' : at.phase };
    }
    case 'dispute': {
      const days = terms.dispute?.ruling?.days;
      return { ...at, phase: 'disputed', rulesBy: days === undefined ? null : addDays(on, days) };
    }
    default:
      return { ...at, phase: 'ended', rulesBy: null };
  }
}

const pay = (terms: Terms, at: Standing, { to, amount }: Pay): Standing => ({
  ...at,
  depositor: to === terms.depositor ? at.depositor + amount : at.depositor,
  beneficiary: to === terms.beneficiary ? at.beneficiary + amount : at.beneficiary,
  left: at.left - amount,
});
