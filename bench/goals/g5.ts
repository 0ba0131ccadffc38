// G5: a terminal takes in a log in which every event has its own signature, through the real sync into a real vault, against
// two workers that do nothing but verify.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { nodePrimitives } from '../../crypto/node.ts';
import type { Invitation } from '../../shared/contract/invitation.ts';
import { logKey } from '../../shared/log/checkpoint.ts';
import { formatNoteKey } from '../../shared/log/note.ts';
import { newColleague } from '../../testing/desk.ts';
import { lyingGateway } from '../../testing/lying-gateway.ts';
import { newDesk, officeOrigin } from '../../testing/office.ts';
import { receipts } from '../business.ts';
import { atLeast, type Goal, goalOf, inTurns } from '../goal.ts';

export async function g5(events: number): Promise<Goal> {
  const { programme, records } = receipts(events, 1);
  const { ceiling, figure } = await inTurns(1, {
    ceiling: () => verifyRate(Math.min(events, 40_000)),
    figure: () => replayRate(programme, records),
  });
  const about = { what: 'signed replay, one signature for each event', unit: 'events/s', target: 0.75 };
  return goalOf('G5', [atLeast(about, { figure, ceiling })]);
}

/** Both cores verify Ed25519 signatures over baskets of one, and nothing else. */
export async function verifyRate(count: number): Promise<number> {
  const began = performance.now();
  const times = await Promise.all([0, 1].map(() => verifyInWorker(count / 2)));
  if (times.some((one) => one <= 0)) throw new Error(`nothing was verified in ${performance.now() - began} ms`);
  return count / (Math.max(...times) / 1000);
}

function verifyInWorker(count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./g5-verify.ts', import.meta.url), { workerData: { count } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

export async function replayRate(
  programme: ReturnType<typeof receipts>['programme'],
  records: readonly string[],
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  const origin = 'depository.example/p2p-demo';
  const publicKey = new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url'));
  const gateway = lyingGateway({ origin, publicKey, sign: programme.gatewayKey.sign }, records);
  const desk = newDesk(folder, () => Date.now(), { connect: () => gateway });
  const invitation: Invitation = {
    format: 'custos-invitation/1',
    programme: programme.id,
    name: 'Bench',
    url: 'http://127.0.0.1:1',
    rootKey: programme.rootKey.publicKey,
    logKey: formatNoteKey(nodePrimitives.sha256, logKey(origin, publicKey)),
    relyingParty: { id: 'localhost', origins: [officeOrigin] },
    payeeKey: 'A'.repeat(43),
  };
  await desk.firstRun(newColleague('auditor', 'auditor', officeOrigin), invitation, 'T-09');
  const began = performance.now();
  const { pulled } = await desk.sync();
  const seconds = (performance.now() - began) / 1000;
  if (pulled !== records.length) throw new Error('not everything was taken in');
  await desk.client.lock({});
  rmSync(folder, { recursive: true });
  return pulled / seconds;
}
