// A terminal's worker for measuring screens: as the real one, but its gateway is a file of records with a signed checkpoint.

import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { nodePrimitives } from '../crypto/node.ts';
import { random } from '../crypto/secret.ts';
import { newSteadyClock } from '../main/host/steady.ts';
import { serveTerminal } from '../main/serve-terminal.ts';
import { copyHere } from '../main/store/copier.ts';
import { newTerminal } from '../main/terminal.ts';
import type { WorkerData } from '../main/terminal.worker.ts';
import { assert } from '../shared/assert.ts';
import { eventIdFrom } from '../shared/ids.ts';
import { lyingGateway } from '../testing/lying-gateway.ts';

const { served, ...data } = workerData as WorkerData & { readonly served: string };
const { records, note } = JSON.parse(readFileSync(served, 'utf8')) as { records: string[]; note: string };
const gateway = lyingGateway({ origin: 'x', publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) }, records);
const terminal = newTerminal({
  ...data,
  primitives: nodePrimitives,
  clock: () => Date.now(),
  steady: newSteadyClock(),
  newId: (unixMs) => eventIdFrom(unixMs, random(10)),
  connect: () => ({ ...gateway, checkpoint: async () => ({ note }) }) as never,
  copier: copyHere,
});
assert(parentPort, 'the terminal runs in a worker thread');
serveTerminal(terminal, parentPort);
