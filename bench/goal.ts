// A goal of speed: our figure beside a ceiling that was measured in the same run, and the ratio between them.

export interface Goal {
  readonly goal: string;
  readonly what: string;
  readonly unit: string;
  readonly figure: number;
  readonly ceiling: number;
  readonly ratio: number;
  /** The ratio aimed at. */
  readonly target: number;
  readonly met: boolean;
  /** Another product measured beside ours, where one runs here. */
  readonly peer: { readonly name: string; readonly figure: number } | null;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** Rounds of ceiling and figure in turn, so that a slow minute of the machine hits both. */
export async function inTurn(
  rounds: number,
  ceiling: () => number | Promise<number>,
  figure: () => number | Promise<number>,
): Promise<{ readonly ceiling: number; readonly figure: number }> {
  const [ceilings, figures]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    ceilings.push(await ceiling());
    figures.push(await figure());
  }
  return { ceiling: median(ceilings), figure: median(figures) };
}

export function higherIsBetter(
  about: Pick<Goal, 'goal' | 'what' | 'unit' | 'target'> & { readonly peer?: Goal['peer'] },
  { ceiling, figure }: { readonly ceiling: number; readonly figure: number },
): Goal {
  const ratio = figure / ceiling;
  return { ...about, figure, ceiling, ratio, met: ratio >= about.target, peer: about.peer ?? null };
}
