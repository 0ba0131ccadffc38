// A gateway that lies with the right key: it serves any records it likes under checkpoints that it really signs. Only the
// terminals' own checks stand between it and them.

import type { DepositoryClient } from '../main/sync/depository.ts';
import { bytesToBase64url, utf8 } from '../shared/bytes.ts';
import { formatCheckpoint, logKey } from '../shared/log/checkpoint.ts';
import { leafHash } from '../shared/log/hash.ts';
import { MerkleTree } from '../shared/log/merkle.ts';
import { formatNote, signNote } from '../shared/log/note.ts';
import { ok } from '../shared/result.ts';
import { sha256 } from './people.ts';

export interface Liar {
  readonly origin: string;
  /** Raw 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Serves `records` under a checkpoint over `signed`, which are the same unless it lies about that as well. */
export function lyingGateway(liar: Liar, records: readonly string[], signed = records): DepositoryClient {
  const tree = new MerkleTree(sha256);
  for (const record of signed) tree.append(leafHash(sha256, utf8(record)));
  const key = logKey(liar.origin, liar.publicKey);
  const text = formatCheckpoint({ origin: liar.origin, size: tree.size, root: tree.root() });
  const note = formatNote({ text, signatures: [signNote(sha256, text, key, liar.sign)] });
  const client = {
    // Says yes to everything and keeps nothing.
    submit: async ({ submissions }: { submissions: readonly unknown[] }) => ({
      outcomes: submissions.map(() => ok({ sequence: null })),
    }),
    checkpoint: async () => ({ note }),
    records: async ({ from, to }: { from: number; to: number }) => ({ records: records.slice(from, to) }),
    consistency: async ({ older, newer }: { older: number; newer: number }) =>
      ok({ path: tree.consistency(older, newer).map(bytesToBase64url) }),
    details: async () => ({ details: [] }),
    cosign: async () => ok({ size: tree.size }),
  };
  return client as unknown as DepositoryClient;
}
