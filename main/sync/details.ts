// Fetches the details behind commitments in new records, and keeps only those that open them.

import { bytesToBase64url } from '../../shared/bytes.ts';
import type { CustosEvent } from '../../shared/event.ts';
import { commitmentsOf } from '../../shared/instruction/kinds.ts';
import { commit, type EventDetails } from '../../shared/instruction/payee.ts';
import type { Hash } from '../../shared/primitives.ts';
import type { DepositoryClient } from './depository.ts';

const perRequest = 1000;

export async function fetchDetails(
  client: DepositoryClient,
  programme: string,
  events: readonly CustosEvent[],
  hash: Hash,
): Promise<ReadonlyMap<string, EventDetails>> {
  const wanted = events.flatMap((event) =>
    event.type === 'instruction.made' ? commitmentsOf(event.body.instruction) : [],
  );
  const opened = new Map<string, EventDetails>();
  for (let at = 0; at < wanted.length; at += perRequest) {
    const commitments = wanted.slice(at, at + perRequest);
    const asked = new Set(commitments);
    const { details } = await client.details({ programme, commitments });
    for (const one of details) {
      const commitment = bytesToBase64url(commit(hash, one));
      if (asked.has(commitment)) opened.set(commitment, one);
    }
  }
  return opened;
}
