// A terminal's worker for measuring screens: as the real one, but its gateway is a file of records with a signed checkpoint.

import { readFileSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { RPCHandler } from '@orpc/server/message-port';
import { nodePrimitives } from '../crypto/node.ts';
import { random } from '../crypto/secret.ts';
import { lock } from '../main/operations/lock.ts';
import { terminalRouter } from '../main/router.ts';
import { newTerminal } from '../main/terminal.ts';
import type { WorkerData } from '../main/terminal.worker.ts';
import { eventIdFrom } from '../shared/ids.ts';
import { lyingGateway } from '../testing/lying-gateway.ts';

const { served, ...data } = workerData as WorkerData & { readonly served: string };
const { records, note } = JSON.parse(readFileSync(served, 'utf8')) as { records: string[]; note: string };
const gateway = {
  ...lyingGateway({ origin: 'x', publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) }, records),
};
const terminal = newTerminal({
  ...data,
  primitives: nodePrimitives,
  clock: () => Date.now(),
  newId: (unixMs) => eventIdFrom(unixMs, random(10)),
  connect: () => ({ ...gateway, checkpoint: async () => ({ note }) }) as never,
});
const handler = new RPCHandler(terminalRouter(terminal));
parentPort?.on('message', (message: { readonly port?: MessagePort; readonly stop?: true }) => {
  if (message.port !== undefined) {
    handler.upgrade(message.port);
    message.port.start();
  }
  if (message.stop) {
    lock(terminal);
    parentPort?.close();
  }
});
