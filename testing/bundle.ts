// An audit bundle of a programme's records, as a terminal exports it, and the trust file that belongs to it; written record by
// record, so that a million of them need no memory.

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { nodePrimitives } from '../crypto/node.ts';
import { bundleLines, type Trust } from '../shared/audit.ts';
import { utf8, utf8ToText } from '../shared/bytes.ts';
import { formatCheckpoint, logKey } from '../shared/log/checkpoint.ts';
import { Frontier } from '../shared/log/frontier.ts';
import { leafHash } from '../shared/log/hash.ts';
import { formatNote, formatNoteKey, signNote } from '../shared/log/note.ts';
import type { SigningKey } from './people.ts';

const origin = 'depository.example/p2p-demo';

interface Bank {
  readonly id: string;
  readonly rootKey: SigningKey;
  readonly gatewayKey: SigningKey;
}

/** Writes `path` and `path.trust`; `records` is gone through twice. */
export function writeBundle(path: string, bank: Bank, records: () => Iterable<string>): Trust {
  const { sha256 } = nodePrimitives;
  const log = new Frontier(sha256);
  for (const record of records()) log.append(leafHash(sha256, utf8(record)));
  const publicKey = new Uint8Array(Buffer.from(bank.gatewayKey.publicKey, 'base64url'));
  const key = logKey(origin, publicKey);
  const text = formatCheckpoint({ origin, size: log.size, root: log.root() });
  const checkpoint = formatNote({ text, signatures: [signNote(sha256, text, key, bank.gatewayKey.sign)] });
  const leaves = function* () {
    for (const record of records()) yield utf8(record);
  };
  const parts = { programme: bank.id, checkpoint, size: log.size, leaves: leaves(), details: [] };
  const file = openSync(path, 'w');
  let pending: string[] = [];
  const flush = () => {
    if (pending.length > 0) writeSync(file, `${pending.join('\n')}\n`);
    pending = [];
  };
  for (const line of bundleLines(parts, nodePrimitives, utf8ToText)) if (pending.push(line) >= 1000) flush();
  flush();
  closeSync(file);
  const trust: Trust = {
    format: 'custos-trust/1',
    programme: bank.id,
    rootKey: bank.rootKey.publicKey,
    logKey: formatNoteKey(sha256, key),
    witnesses: [],
    witnessQuorum: 0,
  };
  writeFileSync(`${path}.trust`, JSON.stringify(trust));
  return trust;
}
