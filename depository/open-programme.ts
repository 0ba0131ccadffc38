// Opens a programme: the genesis event, which carries the bank's keys, the first officers, the terminals, the policy and the
// agreement, signed with the bank's root key. Everything after it is an instruction.

import { fillBasket } from '../shared/basket.ts';
import { bytesToBase64url } from '../shared/bytes.ts';
import type { CustosEvent, Programme } from '../shared/event.ts';
import { machineMessage } from '../shared/evidence.ts';
import type { EventId } from '../shared/ids.ts';
import type { Primitives } from '../shared/primitives.ts';
import { msToInstant } from '../shared/time.ts';
import type { Gateway } from './gateway.ts';
import type { Outcome } from './sequencer.ts';

export interface Opening {
  readonly id: string;
  readonly programme: Programme;
  readonly eventId: EventId;
  readonly nowMs: number;
  readonly primitives: Primitives;
  readonly signAsRoot: (message: Uint8Array) => Uint8Array;
}

export async function openProgramme(gateway: Gateway, opening: Opening): Promise<Outcome> {
  const event: CustosEvent = {
    v: 1,
    id: opening.eventId,
    programme: opening.id,
    type: 'programme.opened',
    at: msToInstant(opening.nowMs),
    actor: 'bank',
    terminal: 'depository',
    body: opening.programme,
  };
  const { root, positions } = fillBasket(opening.primitives.sha256, [event]);
  const [basket] = positions;
  if (basket === undefined) throw new Error('a basket of one has one position');
  const signature = bytesToBase64url(opening.signAsRoot(machineMessage(root)));
  const [outcome] = await gateway.admit([
    { event, evidence: { kind: 'ed25519', key: 'root', signature, basket }, details: [] },
  ]);
  if (outcome === undefined) throw new Error('one submission has one outcome');
  return outcome;
}
