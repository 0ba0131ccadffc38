import { expect, it } from 'vitest';
import { eventSchema } from '../../shared/event.ts';
import { everyFault } from './faults.ts';
import { knownKinds } from './kinds.ts';
import { type Simulation, simulate } from './simulate.ts';

/** Chosen so that together they show everything; a simulator that has changed may need others, or more steps. */
const seeds = [1, 2];
const steps = 500;

/** Of kinds that the simulator does not know yet. */
const notSimulated: readonly string[] = ['bank.exchanged'];
const eventTypes = eventSchema.options
  .map((one) => one.shape.type.value)
  .filter((type) => !notSimulated.includes(type));

const timesIn = (runs: readonly Simulation[], what: 'byFault' | 'kinds' | 'events', name: string): number =>
  runs.reduce((sum, run) => sum + (run[what][name] ?? 0), 0);

it('few seeds show every kind of instruction take effect, every type of event, and every fault', async () => {
  const runs: Simulation[] = [];
  for (const seed of seeds) runs.push(await simulate({ seed, steps }));
  expect(runs.flatMap((run) => run.found)).toEqual([]);
  const missing = (what: 'byFault' | 'kinds' | 'events', names: readonly string[]) =>
    names.filter((name) => timesIn(runs, what, name) === 0);
  expect({
    kinds: missing('kinds', Object.keys(knownKinds)),
    events: missing('events', eventTypes),
    faults: missing('byFault', Object.values(everyFault).flat()),
  }).toEqual({ kinds: [], events: [], faults: [] });
}, 900_000);
