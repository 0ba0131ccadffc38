// A goal of speed: our figure beside a ceiling that was measured in the same run, and the ratio between them.

/** One comparison. `ratio` is figure / ceiling: at least `target` where more is better, at most where less is. */
export interface Aim {
  readonly what: string;
  readonly unit: string;
  readonly figure: number;
  readonly ceiling: number;
  readonly ratio: number;
  readonly target: number;
  readonly better: 'more' | 'less';
  readonly met: boolean;
}

export interface Goal extends Aim {
  readonly goal: string;
  /** The goal's other targets; the goal is met when these are met as well. */
  readonly also: readonly Aim[];
  /** Another product measured beside ours, where one runs here. */
  readonly peer: { readonly name: string; readonly figure: number } | null;
  /** What was synced, which runs were left out and why: whatever a reader must know to believe the figures. */
  readonly notes: readonly string[];
}

/** The share of the full size that this run takes: `rows(1_000_000)` is a thousand at the least. */
export type Rows = (full: number) => number;

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

export const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] as number;

type Measure = () => number | Promise<number>;

/** Rounds of several measures in turn, so that a slow minute of the machine hits all of them; the median of each. */
export async function inTurns<Name extends string>(
  rounds: number,
  measures: Readonly<Record<Name, Measure>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(measures) as Name[];
  const seen = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let i = 0; i < rounds; i++) for (const name of names) seen.get(name)?.push(await measures[name]());
  return Object.fromEntries(names.map((name) => [name, median(seen.get(name) ?? [])])) as Record<Name, number>;
}

type About = Pick<Aim, 'what' | 'unit' | 'target'>;
type Pair = Pick<Aim, 'figure' | 'ceiling'>;

export const atLeast = ({ what, unit, target }: About, { figure, ceiling }: Pair): Aim => {
  const ratio = figure / ceiling;
  return { what, unit, figure, ceiling, ratio, target, better: 'more', met: ratio >= target };
};

export const atMost = ({ what, unit, target }: About, { figure, ceiling }: Pair): Aim => {
  const ratio = figure / ceiling;
  return { what, unit, figure, ceiling, ratio, target, better: 'less', met: ratio <= target };
};

/** The first aim is the goal's own. */
export function goalOf(
  goal: string,
  [first, ...also]: readonly [Aim, ...Aim[]],
  rest: { readonly peer?: Goal['peer']; readonly notes?: readonly string[] } = {},
): Goal {
  return { goal, ...first, also, peer: rest.peer ?? null, notes: rest.notes ?? [] };
}

export const isMet = (goal: Goal): boolean => goal.met && goal.also.every((aim) => aim.met);
