// G14: a terminal with a log is unlocked: the passphrase stretched as the vault stretches it against the native Argon2id, and
// everything that comes after it until the first screen has its accounts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import argon2 from 'argon2';
import { nodePrimitives } from '../../crypto/node.ts';
import { defaultKdf, stretch } from '../../main/vault/kdf.ts';
import { bytesEqual } from '../../shared/bytes.ts';
import type { Invitation } from '../../shared/contract/invitation.ts';
import { logKey } from '../../shared/log/checkpoint.ts';
import { formatNoteKey } from '../../shared/log/note.ts';
import { accepted, newColleague } from '../../testing/desk.ts';
import { lyingGateway } from '../../testing/lying-gateway.ts';
import { newDesk, officeOrigin } from '../../testing/office.ts';
import { receipts } from '../business.ts';
import { atMost, type Goal, goalOf, inTurns } from '../goal.ts';

const passphrase = 'correct horse battery staple';
const salt = Buffer.alloc(32, 7);

export async function g14(events: number): Promise<Goal> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  const { programme, records } = receipts(events, 1000);
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
  const auditor = newColleague('auditor', 'auditor', officeOrigin);
  await desk.firstRun(auditor, invitation, 'T-09');
  await desk.sync();
  const { memoryKib, passes } = defaultKdf;
  const outputs: Uint8Array[] = [];
  const timed = (work: () => Promise<Uint8Array | undefined>) => async () => {
    const began = performance.now();
    const output = await work();
    const ms = performance.now() - began;
    if (output !== undefined) outputs.push(output);
    return ms;
  };
  const native = { type: argon2.argon2id, memoryCost: memoryKib, timeCost: passes, parallelism: 1 } as const;
  const measured = await inTurns(7, {
    native: timed(() => argon2.hash(passphrase, { ...native, salt, raw: true, hashLength: 32 })),
    ours: timed(() => stretch(passphrase, salt, defaultKdf)),
    unlock: async () => {
      await desk.client.lock({});
      const began = performance.now();
      await desk.unlock(auditor);
      accepted(await desk.client.accounts({ after: '', limit: 200, asset: null }));
      return performance.now() - began;
    },
  });
  await desk.client.lock({});
  rmSync(folder, { recursive: true });
  const [first] = outputs;
  if (first === undefined || outputs.some((one) => !bytesEqual(new Uint8Array(one), new Uint8Array(first))))
    throw new Error('the two Argon2id differ');
  const { native: ceiling, ours, unlock } = measured;
  const unit = 'ms';
  return goalOf(
    'G14',
    [
      atMost(
        { what: `Argon2id ${memoryKib / 1024} MiB, ${passes} passes, beside the native argon2`, unit, target: 1.1 },
        { figure: ours, ceiling },
      ),
      atMost(
        { what: `unlocking after the key derivation, ${records.length} events, beside 100 ms`, unit, target: 1 },
        { figure: Math.max(0, unlock - ours), ceiling: 100 },
      ),
      atMost(
        { what: 'unlocking until the first screen, beside 600 ms', unit, target: 1 },
        { figure: unlock, ceiling: 600 },
      ),
    ],
    {
      peer: { name: 'argon2 (native)', figure: ceiling },
      notes: ['a soft authenticator answers at once: a touch is not counted'],
    },
  );
}
