// Power cuts: an office works while everything that it does to its files is recorded; then the disks that a power cut may have
// left are rebuilt, and the real code opens each. What anybody was told before the cut must be there, and nothing may be wrong.
//
// `npm run -s power-loss -- --images 200 [--seed N] [--synchronous NORMAL|OFF] [--json]`

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Chance } from '../simulate/chance.ts';
import { chanceFates, diskAt, type Operation, pendingAt, writeDisk } from './disk.ts';
import { Promises } from './kill.ts';
import { officeState, openOffice, prepareOffice } from './office.ts';
import { hasStrace, type Recording, record } from './record.ts';
import { settle, type Told } from './work.ts';

export interface PowerLoss {
  readonly seed: number;
  readonly synchronous: string;
  /** Calls that were recorded, and how many of them were syncs. */
  readonly operations: number;
  readonly syncs: number;
  readonly images: number;
  /** Images in which something was written and not synced, so that more than one disk was possible. */
  readonly uncertain: number;
  readonly seconds: number;
  /** One line for each promise that an image breaks. */
  readonly wrong: readonly string[];
}

export interface PowerLossOptions {
  readonly seed: number;
  readonly images: number;
  readonly works?: number;
  /** A deliberately weaker way of syncing, which must be noticed. */
  readonly synchronous?: 'NORMAL' | 'OFF';
  /** Enough to know that something is wrong. */
  readonly stopAtFirst?: boolean;
  readonly say?: (line: string) => void;
}

export async function powerLoss(options: PowerLossOptions): Promise<PowerLoss> {
  const { seed, images, say = () => {} } = options;
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'custos-power-'));
  const prepared = join(folder, 'prepared');
  await prepareOffice(prepared);
  const office = join(folder, 'office');
  cpSync(prepared, office, { recursive: true });
  const recording = await record(office, [
    ...[join(import.meta.dirname, 'work.ts'), '--directory', office, '--seed', String(seed)],
    ...['--works', String(options.works ?? 60)],
    ...(options.synchronous === undefined ? [] : ['--synchronous', options.synchronous]),
  ]);
  if (recording.code !== 0) throw new Error(`the office did not work: ${recording.errors}`);
  const { operations } = recording;
  const chance = new Chance(seed);
  const wrong: string[] = [];
  let [uncertain, done] = [0, 0];
  for (const at of positions(operations, images, chance)) {
    const pending = pendingAt(operations, at);
    if (pending.length > 0) uncertain += 1;
    const image = join(folder, `image-${done}`);
    const fates = chanceFates(chance, pending);
    writeDisk(
      diskAt(recording.before, operations, at, (position) => fates.get(position) ?? 'lost'),
      image,
    );
    const where = `seed ${seed}, cut before operation ${at} of ${operations.length}, image ${done}`;
    const found = await lookAt(image, recording, at, where);
    done += 1;
    wrong.push(...found);
    if (found.length === 0) rmSync(image, { recursive: true });
    else say(`kept: ${image}`);
    if (done % 20 === 0) say(`${done} images, ${wrong.length} broken promise(s)`);
    if (found.length > 0 && options.stopAtFirst) break;
  }
  if (wrong.length === 0 || options.synchronous !== undefined) rmSync(folder, { recursive: true, force: true });
  return {
    seed,
    synchronous: options.synchronous ?? 'FULL',
    operations: operations.length,
    syncs: operations.filter((one) => one.do === 'sync' || one.do === 'sync folder').length,
    images: done,
    uncertain,
    seconds: Number(((performance.now() - began) / 1000).toFixed(1)),
    wrong,
  };
}

/** Where the power goes: right after somebody was told something, right before and after a sync, and anywhere. */
function positions(operations: readonly Operation[], count: number, chance: Chance): number[] {
  const after = (what: readonly Operation['do'][]) =>
    operations.flatMap((one, i) => (what.includes(one.do) ? [i + 1] : []));
  const told = after(['tell']);
  const syncs = after(['sync', 'sync folder']);
  return Array.from({ length: count }, (_, i) => {
    if (i % 3 === 0) return chance.pick(told);
    if (i % 3 === 1) return chance.pick(syncs) - chance.below(2);
    return 1 + chance.below(operations.length);
  });
}

/** Opens what is there, and then lets work go on until everything has arrived. */
async function lookAt(image: string, { operations }: Recording, at: number, where: string): Promise<readonly string[]> {
  const promises = new Promises();
  for (const one of operations.slice(0, at)) {
    const told = one.do === 'tell' ? (JSON.parse(one.text) as Told) : undefined;
    if (told !== undefined && told.told !== 'opened' && told.told !== 'settled') promises.hear(told, where);
  }
  try {
    const office = await openOffice(image);
    try {
      promises.compare(await officeState(office), where);
      await settle(office);
      promises.compare(await officeState(office), `${where}, afterwards`, true);
    } finally {
      await office.close();
    }
  } catch (failure) {
    promises.wrong.push(`${where}: it does not open: ${failure instanceof Error ? failure.message : failure}`);
  }
  return promises.wrong;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '200' },
      works: { type: 'string', default: '60' },
      seed: { type: 'string' },
      synchronous: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (!hasStrace()) throw new Error('this needs strace, which is not here or may not trace');
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const found = await powerLoss({
    seed,
    images: Number(values.images),
    works: Number(values.works),
    ...(values.synchronous === undefined ? {} : { synchronous: values.synchronous as 'NORMAL' }),
    say: (line) => console.error(line),
  });
  if (values.json) console.log(JSON.stringify(found));
  else {
    const { operations, syncs, images, uncertain, seconds, synchronous, wrong } = found;
    console.log(`seed ${seed}, synchronous=${synchronous}: ${operations} calls recorded, ${syncs} of them syncs`);
    console.log(`${images} disks after a power cut, ${uncertain} of them uncertain, in ${seconds} s`);
    for (const line of wrong.slice(0, 20)) console.log(`WRONG: ${line}`);
    console.log(wrong.length === 0 ? 'Every promise was kept.' : `${wrong.length} broken promise(s)`);
  }
  process.exitCode = found.wrong.length === 0 ? 0 : 1;
}
