// One run of the simulator: episodes of a fixed number of steps, each in a new world, until the steps that the asked time
// allows are done. The number of steps, and so the trace, depends on the seed and the asked time alone, never on the machine.

import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Chance } from './chance.ts';
import { rememberStretching } from './remember-stretching.ts';
import { type StepName, stepWeights, takeStep } from './steps.ts';
import { verifyAt } from './verify-at.ts';
import { Disagreement, World } from './world.ts';

export interface Simulation {
  readonly seed: number;
  readonly steps: number;
  readonly seconds: number;
  readonly disagreements: number;
  /** How many faults struck. */
  readonly faults: number;
  /** SHA-256 over one line per step: the same for the same seed and length. */
  readonly trace: string;
  readonly found: readonly string[];
  readonly byFault: Readonly<Record<string, number>>;
  /** Instructions by kind, and other events by type. */
  readonly admitted: Readonly<Record<string, number>>;
  /** Instructions that took effect, by kind; and every event by its type. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly events: Readonly<Record<string, number>>;
}

const stepsPerEpisode = 250;
/** What one core does comfortably. */
const stepsPerSecond = 25;

export async function simulate(options: {
  readonly seed: number;
  readonly steps: number;
  readonly onLine?: (line: string) => void;
}): Promise<Simulation> {
  const { seed } = options;
  const began = performance.now();
  rememberStretching();
  const trace = createHash('sha256');
  const found: string[] = [];
  const byFault = new Map<string, number>();
  const admitted = new Map<string, number>();
  const kinds = new Map<string, number>();
  const events = new Map<string, number>();
  const add = (map: Map<string, number>, name: string, count = 1) => map.set(name, (map.get(name) ?? 0) + count);
  const line = (text: string) => {
    trace.update(`${text}\n`);
    options.onLine?.(text);
  };
  let steps = 0;
  for (let episode = 0; steps < options.steps && found.length === 0; episode++) {
    const chance = new Chance(seed, episode);
    const world = new World(chance, byFault, kinds);
    let during = 'the opening';
    try {
      const terminals = chance.between(2, 5);
      await world.open(terminals);
      line(`episode ${episode}: ${terminals} terminals`);
      for (let n = 0; n < stepsPerEpisode && steps < options.steps; n++) {
        steps += 1;
        const name: StepName = chance.weighted(stepWeights);
        during = `step ${steps}, ${name}`;
        line(`${steps} ${name}: ${await oneStep(world, name)} | ${summary(world)}`);
      }
      during = 'the end';
      line(`end: ${await settleAll(world)}`);
    } catch (failure) {
      const what =
        failure instanceof Disagreement || !(failure instanceof Error) ? String(failure) : String(failure.stack);
      found.push(`${during}: ${what}`);
      line(`disagreement during ${during}: ${failure instanceof Error ? failure.message : failure}`);
    } finally {
      for (const [kind, count] of world.clerk.tookEffect) add(kinds, kind, count);
      for (const event of world.clerk.events.values()) {
        add(events, event.type);
        add(admitted, event.type === 'instruction.made' ? event.body.instruction.kind : event.type);
      }
      await close(world);
    }
  }
  return {
    seed,
    steps,
    seconds: Number(((performance.now() - began) / 1000).toFixed(1)),
    disagreements: found.length,
    faults: [...byFault.values()].reduce((sum, count) => sum + count, 0),
    trace: trace.digest('hex'),
    found,
    byFault: Object.fromEntries([...byFault].sort()),
    admitted: Object.fromEntries([...admitted].sort()),
    kinds: Object.fromEntries([...kinds].sort()),
    events: Object.fromEntries([...events].sort()),
  };
}

async function oneStep(world: World, name: StepName): Promise<string> {
  const outcome = await takeStep(world, name);
  await world.restartStruck();
  await world.deliverDelayed();
  await world.restartStruck();
  await world.agree();
  if (world.active !== undefined) await world.attend(world.active);
  if (world.active !== undefined) {
    await world.agreeOnAcknowledged(world.active);
    await world.agreeWith(world.active);
  }
  return outcome;
}

const summary = (world: World): string => {
  const { owed } = world.clerk.balance('CNY');
  return `${world.clerk.events.size} records, owed ${owed}`;
};

/** Peace at last: clocks are right, lines are whole, everybody has everything; and an auditor verifies it offline. */
async function settleAll(world: World): Promise<string> {
  await world.makePeace();
  for (const station of world.stations) {
    await world.agreeWith(station);
    await world.agreeOnAcknowledged(station);
  }
  world.agreeWithBank();
  const [first] = world.stations;
  return first === undefined ? 'nobody is left' : verifyAt(world, first);
}

async function close(world: World): Promise<void> {
  for (const station of world.stations) await station.desk.client.lock({}).catch(() => {});
  await world.depository?.close().catch(() => {});
  world.close();
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      steps: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
      lines: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const steps = Number(values.steps ?? Number(values.seconds) * stepsPerSecond);
  const { found, byFault, admitted, kinds, events, ...figures } = await simulate({
    seed,
    steps,
    ...(values.lines ? { onLine: (text: string) => console.error(text) } : {}),
  });
  if (values.json) console.log(JSON.stringify({ ...figures, found, byFault, admitted, kinds, events }));
  else {
    const { disagreements, faults, seconds, trace } = figures;
    console.log(`seed ${seed}: ${steps} steps in ${seconds} s, ${faults} faults, ${disagreements} disagreement(s)`);
    for (const [name, count] of Object.entries(byFault)) console.log(`  ${String(count).padStart(5)}  ${name}`);
    for (const [name, count] of Object.entries(admitted))
      console.log(`  ${String(count).padStart(5)}  ${name} admitted`);
    for (const text of found) console.log(`DISAGREEMENT: ${text}`);
    console.log(`trace ${trace}`);
  }
  process.exitCode = figures.disagreements === 0 ? 0 : 1;
}
