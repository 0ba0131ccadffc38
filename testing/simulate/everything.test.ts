import { expect, it } from 'vitest';
import { eventSchema } from '../../shared/event.ts';
import { everyFault } from './faults.ts';
import { knownKinds } from './kinds.ts';
import { type Simulation, simulate } from './simulate.ts';

/** Chosen so that together they show everything; a simulator that has changed may need others, or more steps. */
const seeds = [1, 2];
const steps = 500;

/** Not simulated yet, or too rare for so few steps; each is a gap, and belongs here only as long as it is one. */
const notAsked: readonly string[] = [
  ...['accrual.posted', 'instruction.due', 'foreign exchange', 'bank.exchanged', 'adopt reference rates'],
  ...['refund escrow', 'close period'],
  ...['send back', 'fulfil condition', 'release escrow', 'raise dispute', 'rule on dispute'],
  ...['kill at bank: order sent, not noted', 'disk full at bank: order sent, not noted'],
];
const eventTypes = eventSchema.options.map((one) => one.shape.type.value);

const timesIn = (runs: readonly Simulation[], what: 'byFault' | 'kinds' | 'events', name: string): number =>
  runs.reduce((sum, run) => sum + (run[what][name] ?? 0), 0);

it('few seeds show every kind of instruction take effect, every type of event, and every fault', async () => {
  const runs: Simulation[] = [];
  for (const seed of seeds) runs.push(await simulate({ seed, steps }));
  expect(runs.flatMap((run) => run.found)).toEqual([]);
  const missing = (what: 'byFault' | 'kinds' | 'events', names: readonly string[]) =>
    names.filter((name) => timesIn(runs, what, name) === 0 && !notAsked.includes(name));
  expect({
    kinds: missing('kinds', Object.keys(knownKinds)),
    events: missing('events', eventTypes),
    faults: missing('byFault', Object.values(everyFault).flat()),
  }).toEqual({ kinds: [], events: [], faults: [] });
}, 900_000);
