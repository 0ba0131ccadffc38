// What every door is asked with: one seed gives the inputs, a judge says what is wrong with an answer, and what is found is
// made as small as it can be.

import fc from 'fast-check';

/** Something that an answer must never be. */
export class Finding extends Error {
  override name = 'Finding';
}

export interface Fuzzing {
  readonly seed: number;
  /** As many inputs, or as many as the time allows. */
  readonly inputs: number;
  readonly seconds: number;
}

export interface DoorReport {
  readonly door: string;
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  readonly slowestMs: number;
  /** What was wrong, with the smallest input that shows it; null when nothing was. */
  readonly found: string | null;
}

export interface Door {
  readonly name: string;
  fuzz(options: Fuzzing): Promise<DoorReport>;
  close(): Promise<void>;
}

/** No single input may keep a door busy for longer; machines under test are slow, so it is generous. */
const longestAnswerMs = 5_000;

export function newDoor<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  /** Throws what is wrong with the answer to one input. */
  judge: (input: Input) => unknown,
  close: () => unknown = () => {},
): Door {
  let slowestMs = 0;
  const property = fc.asyncProperty(inputs, async (input) => {
    const began = performance.now();
    await judge(input);
    const tookMs = Math.round(performance.now() - began);
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > longestAnswerMs) throw new Finding(`the answer took ${tookMs} ms`);
  });
  return {
    name,
    async fuzz({ seed, inputs: numRuns, seconds }) {
      const began = performance.now();
      const details = await fc.check(property, {
        seed,
        numRuns,
        interruptAfterTimeLimit: seconds * 1000,
        markInterruptAsFailure: false,
      });
      const took = Math.round((performance.now() - began) / 100) / 10;
      const found = details.failed ? describe(details) : null;
      return { door: name, seed, inputs: details.numRuns, seconds: took, slowestMs, found };
    },
    async close() {
      await close();
    },
  };
}

function describe<Ts>({ errorInstance, counterexample, counterexamplePath }: fc.RunDetails<Ts>): string {
  const failure = errorInstance instanceof Error ? errorInstance : new Error(String(errorInstance));
  const where = failure instanceof Finding ? '' : `\n${failure.stack ?? ''}`;
  const input = fc.stringify(counterexample).slice(0, 2000);
  return `${failure.name}: ${failure.message}\nwith ${input}\npath ${counterexamplePath}${where}`;
}
