// What a gateway takes in for G15 and G16: receipts of a bank adapter in baskets of 200, as many as one request may carry, each
// basket under one signature; handed in five at a time, so that a batch of a thousand becomes durable together.

import { nodePrimitives } from '../crypto/node.ts';
import { openGateway } from '../depository/gateway.ts';
import type { LogStore } from '../depository/store/log-store.ts';
import { utf8 } from '../shared/bytes.ts';
import { maxSubmissions } from '../shared/contract/depository.ts';
import { logKey } from '../shared/log/checkpoint.ts';
import { parseRecord } from '../shared/record.ts';
import type { Submission } from '../shared/submission.ts';
import { receipts } from './business.ts';

const together = 5;

export interface GatewayLoad {
  readonly opening: readonly Submission[];
  readonly bulk: readonly (readonly Submission[])[];
  readonly rows: number;
  readonly programme: ReturnType<typeof receipts>['programme'];
}

export function gatewayLoad(rows: number): GatewayLoad {
  const { programme, records } = receipts(rows, maxSubmissions);
  const all = records.map((text): Submission => {
    const record = parseRecord(utf8(text));
    if (!record.ok) throw new Error(record.refusal.why);
    return { event: record.value.event, evidence: record.value.evidence, details: [] };
  });
  const before = records.length - rows;
  const bulk: (readonly Submission[])[] = [];
  for (let from = before; from < all.length; from += maxSubmissions) bulk.push(all.slice(from, from + maxSubmissions));
  return { opening: all.slice(0, before), bulk, rows, programme };
}

/** Receipts per second, each judged, ordered, under a signed checkpoint and synced to disk when it is answered. */
export async function gatewayRate(store: LogStore, load: GatewayLoad): Promise<number> {
  const { programme, opening, bulk, rows } = load;
  const gateway = await openGateway({
    store,
    primitives: nodePrimitives,
    clock: () => programme.nowMs,
    key: logKey(
      'depository.example/p2p-demo',
      new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url')),
    ),
    sign: programme.gatewayKey.sign,
    holder: 'bench',
    leaseMs: 120_000,
  });
  await gateway.admit(opening);
  const began = performance.now();
  for (let from = 0; from < bulk.length; from += together) {
    const outcomes = await Promise.all(bulk.slice(from, from + together).map((some) => gateway.admit(some)));
    if (outcomes.flat().some((one) => !one.ok)) throw new Error('a receipt was refused');
  }
  const seconds = (performance.now() - began) / 1000;
  if ((await store.checkpoint())?.size !== opening.length + rows) throw new Error('not everything is in the log');
  await gateway.stepDown();
  await store.close();
  return rows / seconds;
}
