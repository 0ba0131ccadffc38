// Show log: records in their order, and for any of them its exact bytes with an inclusion proof that is checked here.

import { bytesToBase64, utf8ToText } from '../../shared/bytes.ts';
import type { LogLine } from '../../shared/contract/terminal.ts';
import { leafHash } from '../../shared/log/hash.ts';
import { verifyInclusion } from '../../shared/log/merkle.ts';
import { parseRecord } from '../../shared/record.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { storedRecords } from '../store/log.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export function showLog(
  terminal: Terminal,
  { from, limit }: { readonly from: number; readonly limit: number },
): Result<{ size: number; lines: LogLine[] }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const lines: LogLine[] = [];
  let sequence = from;
  for (const leaf of storedRecords(opened.value.store, from, from + limit)) {
    const record = parseRecord(leaf);
    if (!record.ok) return record;
    const { admittedAt, event, evidence } = record.value;
    const { id, type, actor, terminal: at } = event;
    lines.push({ sequence, id, type, actor, terminal: at, admittedAt, evidence: evidence.kind });
    sequence += 1;
  }
  return ok({ size: opened.value.tree.size, lines });
}

export function showProof(
  terminal: Terminal,
  { sequence }: { readonly sequence: number },
): Result<{ record: string; leafHash: string; path: string[]; size: number; root: string; holds: boolean }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { store, tree } = opened.value;
  const { sha256 } = terminal.parts.primitives;
  const [leaf] = storedRecords(store, sequence, sequence + 1);
  if (leaf === undefined)
    return refuse('unknown', 'There is no proof.', `The log has no record ${sequence} here.`, 'Synchronise first.');
  const hash = leafHash(sha256, leaf);
  const path = tree.inclusion(sequence);
  const root = tree.root();
  return ok({
    record: utf8ToText(leaf),
    leafHash: bytesToBase64(hash),
    path: path.map(bytesToBase64),
    size: tree.size,
    root: bytesToBase64(root),
    holds: verifyInclusion(sha256, { index: sequence, size: tree.size, path, leafHash: hash }, root),
  });
}
