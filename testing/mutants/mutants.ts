// Deliberately broken builds of Custos. Each names the test, or the run of the simulator, that must fail because of it: a
// mutant that survives means that a test is missing. To add one: the file, a text that stands in it exactly once, what it
// becomes, and who notices.

/** A test file and the name (or a part of it) of the tests in it that must notice; or a run of the simulator. */
export type Killer =
  | { readonly test: string; readonly named: string }
  | { readonly simulate: { readonly seed: number; readonly seconds: number } };

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly become: string;
  readonly killer: Killer;
  /** Killed in a few seconds: run with the normal tests. */
  readonly quick?: true;
}

export const mutants: readonly Mutant[] = [
  // The three broken builds that the simulator must find within a minute.
  {
    name: 'who made it may check it',
    file: 'shared/decide.ts',
    find: 'if (instruction.person === operator.person)\n    return no(',
    become: 'if (instruction.terminal === operator.person)\n    return no(',
    killer: { simulate: { seed: 1, seconds: 60 } },
  },
  {
    name: 'an approval counts for content that was not signed',
    file: 'shared/decide.ts',
    find: 'if (instruction.digest !== event.body.digest)',
    become: "if (event.body.digest === '')",
    killer: { simulate: { seed: 1, seconds: 60 } },
  },
  {
    name: 'the gateway answers before the log is on disk',
    file: 'depository/sequencer.ts',
    find: 'await store.append({ epoch: parts.epoch, from, leaves, details, toBank, note });',
    become:
      'setImmediate(() => store.append({ epoch: parts.epoch, from, leaves, details, toBank, note }).catch(() => {}));',
    killer: { simulate: { seed: 1, seconds: 60 } },
  },
  {
    name: 'a policy takes the weaker of two rules',
    file: 'shared/policy.ts',
    find: 'Math.max(groups.get(group.role) ?? 0, group.count)',
    become: 'Math.min(groups.get(group.role) ?? 9, group.count)',
    killer: { test: 'shared/policy.test.ts', named: 'strict' },
    quick: true,
  },
];
