// What is proven of an escrow agreement before anybody adopts it, by walking every path of its machine: every path ends, none
// waits for ever, what is paid out is what was paid in, nobody but the parties is paid, and every tranche can be earned.

import {
  adopted,
  dueOn,
  type Moved,
  type Outcome,
  outcomeOf,
  outcomes,
  parties,
  type Standing,
  type Step,
  type Terms,
  takeStep,
} from './escrow.ts';
import { ok, type Result } from './result.ts';
import { addDays, type Day } from './time.ts';

export interface PathStep {
  readonly step: Step;
  readonly on: Day;
}

/** What is wrong with terms; `about` names the part, `path` is how it comes to it. */
export interface Flaw {
  readonly type:
    | 'parties'
    | 'names'
    | 'dates'
    | 'no arbiter'
    | 'no way out'
    | 'left over'
    | 'overpaid'
    | 'stranger paid'
    | 'never paid'
    | 'never refunded'
    | 'too many paths';
  readonly about: string;
  readonly path: readonly PathStep[];
}

/** A way in which the agreement may end: how it comes out, and by what step. */
export interface Ending {
  readonly outcome: Outcome;
  readonly by: 'release' | 'refund' | 'rule' | 'expire';
  readonly path: readonly PathStep[];
}
export interface Proof {
  readonly states: number;
  /** No path goes on beyond this day. */
  readonly endsBy: Day;
  /** Every outcome by every last step that leads to it, each with a shortest path. */
  readonly endings: readonly Ending[];
}

/** More states than this are not walked: the agreement is refused rather than believed. */
const mostStates = 60_000;
const longestDays = 3660;

interface Node {
  readonly standing: Standing;
  /** Place among the days on which something may change; days between two of them are all alike. */
  readonly day: number;
  readonly on: Day;
  readonly from: Node | undefined;
  readonly step: Step | undefined;
}

/** Proves terms that would be adopted on that day, or says what is wrong and which path shows it. */
export function proveTerms(terms: Terms, adoptedOn: Day): Result<Proof, Flaw> {
  const known = proven.get(terms);
  if (known?.adoptedOn === adoptedOn) return known.result;
  const flaw = flawOfForm(terms, adoptedOn);
  const result = flaw === undefined ? walk(terms, adoptedOn) : wrong(flaw.type, flaw.about);
  proven.set(terms, { adoptedOn, result });
  return result;
}

/** The same terms are asked about when they are checked and again when they take effect. */
const proven = new WeakMap<Terms, { readonly adoptedOn: Day; readonly result: Result<Proof, Flaw> }>();

const wrong = (type: Flaw['type'], about: string, node?: Node, last?: PathStep): { ok: false; refusal: Flaw } => ({
  ok: false,
  refusal: { type, about, path: [...pathTo(node), ...(last === undefined ? [] : [last])] },
});

const isDistinct = (list: readonly string[]): boolean => new Set(list).size === list.length;

/** What can be seen without walking. */
function flawOfForm(terms: Terms, adoptedOn: Day): Pick<Flaw, 'type' | 'about'> | undefined {
  const { depositor, beneficiary, arbiter, conditions, tranches, timeout, dispute, fundBy, releaseFrom } = terms;
  const accounts = [depositor, beneficiary, ...(arbiter !== null && 'account' in arbiter ? [arbiter.account] : [])];
  if (!isDistinct(accounts)) return { type: 'parties', about: accounts.join(', ') };
  const named = new Set(conditions.map((one) => one.name));
  const needed = [...tranches.flatMap((one) => one.needs), ...(terms.refund?.needs ?? [])];
  const strange = needed.find((name) => !named.has(name));
  if (strange !== undefined) return { type: 'names', about: strange };
  if (named.size !== conditions.length || !isDistinct(tranches.map((one) => one.name)))
    return { type: 'names', about: '' };
  if (dispute !== null && arbiter === null) return { type: 'no arbiter', about: '' };
  const latest = addDays(adoptedOn, longestDays);
  const ordered: readonly (readonly [string, Day, string, Day])[] = [
    ['adoption', adoptedOn, 'fundBy', fundBy],
    ['fundBy', fundBy, 'limit', latest],
    ...(timeout === null
      ? []
      : ([
          ['fundBy', addDays(fundBy, 1), 'timeout', timeout.on],
          ['releaseFrom', addDays(releaseFrom, 1), 'timeout', timeout.on],
          ['timeout', timeout.on, 'limit', latest],
          ...(dispute === null ? [] : [['dispute until', addDays(dispute.until, 1), 'timeout', timeout.on] as const]),
        ] as const)),
  ];
  const broken = ordered.find(([, earlier, , later]) => earlier > later);
  return broken === undefined ? undefined : { type: 'dates', about: `${broken[0]} > ${broken[2]}` };
}

/** The days on which a guard of the machine changes, and the last days for paying in and disputing, from adoption on. */
function turningDays({ fundBy, releaseFrom, timeout, dispute }: Terms, adoptedOn: Day): Day[] {
  const turns = [adoptedOn, fundBy, addDays(fundBy, 1), releaseFrom];
  if (timeout !== null) turns.push(timeout.on);
  if (dispute !== null) turns.push(dispute.until, addDays(dispute.until, 1));
  return [...new Set(turns.filter((on) => on >= adoptedOn))].sort();
}

/** Breadth first, so that the path shown is a shortest one. */
function walk(terms: Terms, adoptedOn: Day): Result<Proof, Flaw> {
  const days = turningDays(terms, adoptedOn);
  const seen = new Set<number>();
  const queue: Node[] = [];
  const endings = new Map<string, Ending>();
  let [endsBy, paid, isRefundable] = [adoptedOn, 0, false];
  const visit = (node: Node): void => {
    if (node.standing.phase === 'ended' && node.on > endsBy) endsBy = node.on;
    const key = keyOf(node);
    if (seen.has(key)) return;
    seen.add(key);
    queue.push(node);
  };
  visit({ standing: adopted, day: 0, on: adoptedOn, from: undefined, step: undefined });
  for (let at = 0; at < queue.length; at++) {
    if (queue.length > mostStates) return wrong('too many paths', '');
    const node = queue[at] as Node;
    const { standing, on } = node;
    if (standing.phase === 'ended') {
      if (standing.left !== 0n) return wrong('left over', standing.left.toString(), node);
      const [outcome, by] = [outcomeOf(standing), node.step?.type as Ending['by']];
      const before = node.from?.standing.phase;
      endings.set(`${outcome} ${by} ${before}`, { outcome, by, path: pathTo(node) });
      continue;
    }
    const due = dueOn(terms, standing);
    if (due === null) return wrong('no way out', standing.phase, node);
    const isDisputed = standing.phase === 'disputed';
    let isStuck = true;
    for (const step of stepsOf(terms, standing)) {
      // A disputed agreement waits for one day only: when the arbiter's time is over.
      const when = isDisputed && step.type === 'expire' ? due : on;
      const moved = takeStep(terms, standing, step, when);
      if (!moved.ok) continue;
      const flaw = flawOfMove(terms, moved.value, node, { step, on: when });
      if (flaw !== undefined) return flaw;
      isStuck = false;
      paid |= moved.value.standing.released;
      isRefundable ||= step.type === 'refund';
      visit({ standing: moved.value.standing, day: node.day, on: when, from: node, step });
    }
    // Time passes to the next day on which anything may differ.
    const next = days[node.day + 1];
    if (!isDisputed && next !== undefined && on < due)
      visit({ standing, day: node.day + 1, on: next, from: node, step: undefined });
    else if (isStuck) return wrong('no way out', standing.phase, node);
  }
  const never = terms.tranches.find((_, place) => (paid & (1 << place)) === 0);
  if (never !== undefined) return wrong('never paid', never.name);
  if (terms.refund !== null && !isRefundable) return wrong('never refunded', '');
  return ok({ states: queue.length, endsBy, endings: [...endings.values()] });
}

const phases = ['adopted', 'funded', 'disputed'];

/** Amounts follow from what was released, and the day of the ruling from the day of the dispute; ended is ended. */
function keyOf({ standing, day, step, from }: Node): number {
  const { phase, fulfilled, released, left } = standing;
  if (phase === 'ended') {
    const how = outcomes.indexOf(outcomeOf(standing)) * 4 + lasts.indexOf(step?.type as Ending['by']);
    return -1 - (how * 2 + (left === 0n ? 0 : 1)) * 4 - phases.indexOf(from?.standing.phase ?? '');
  }
  return ((phases.indexOf(phase) * 64 + fulfilled) * 64 + released) * 16 + day;
}
const lasts = ['release', 'refund', 'rule', 'expire'] as const;

function flawOfMove(terms: Terms, { standing, pays }: Moved, node: Node, last: PathStep) {
  const stranger = pays.find(({ to }) => to !== terms.depositor && to !== terms.beneficiary);
  if (stranger !== undefined) return wrong('stranger paid', stranger.to, node, last);
  return standing.left < 0n ? wrong('overpaid', (-standing.left).toString(), node, last) : undefined;
}

/** Everything that anybody could try by its phase; the arbiter may give all, nothing, or something in between. */
function stepsOf(terms: Terms, { phase, left }: Standing): Step[] {
  if (phase === 'disputed') {
    const splits = [...new Set([0n, left / 2n, left])];
    return [...splits.map((beneficiary): Step => ({ type: 'rule', beneficiary })), { type: 'expire' }];
  }
  const fulfil = terms.conditions.map((one): Step => ({ type: 'fulfil', condition: one.name }));
  if (phase === 'adopted') return [{ type: 'fund' }, ...fulfil, { type: 'expire' }];
  const release = terms.order === 'together' ? [null] : terms.tranches.map(({ name }) => name);
  return [
    ...fulfil,
    ...release.map((tranche): Step => ({ type: 'release', tranche })),
    { type: 'refund' },
    ...parties.map((by): Step => ({ type: 'dispute', by })),
    { type: 'expire' },
  ];
}

function pathTo(node: Node | undefined): PathStep[] {
  const path: PathStep[] = [];
  for (let at = node; at !== undefined; at = at.from)
    if (at.step !== undefined) path.push({ step: at.step, on: at.on });
  return path.reverse();
}
