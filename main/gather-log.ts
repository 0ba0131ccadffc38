// Gather the log: the records that the stored hashes name, from here as far as they lie here, and the rest from the gateway, each
// proven by its hash. Where an old part of the hashes themselves was put back, the records lead to the proven root without them.

import { bytesEqual, utf8 } from '../shared/bytes.ts';
import { maxRecords } from '../shared/contract/depository.ts';
import { leafHash } from '../shared/log/hash.ts';
import { MerkleTree } from '../shared/log/merkle.ts';
import type { Hash, Primitives } from '../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import { type Proven, proveLog } from './prove-log.ts';
import type { Session } from './session.ts';
import { loadTree, newPacker, placedRecords, writeRecords } from './store/log.ts';
import type { Reader, Store } from './store/open.ts';
import { type DepositoryClient, lineRefusal } from './sync/depository.ts';

export interface GatheredLog {
  readonly tree: MerkleTree;
  readonly proven: Proven;
  /** Places of records that came from the gateway, as they were not here. */
  readonly fetched: readonly number[];
  /** What is stored as the log is not all of this, or more. */
  readonly isToBeWritten: boolean;
  records(): Generator<Uint8Array>;
}

export async function gatherLog(
  session: Session,
  reader: Reader,
  primitives: Primitives,
  gateway: DepositoryClient,
): Promise<Result<GatheredLog, Refusal>> {
  const { sha256 } = primitives;
  const stored = loadTree(reader, sha256);
  const proven = proveLog(session, stored, primitives);
  if (!proven.ok || !proven.value.isNewest) {
    const tree = treeOfRecords(reader, sha256);
    const byRecords = proveLog(session, tree, primitives);
    // A part of the log proves nothing about the rest: only all that was reached here is taken for the log.
    if (byRecords.ok && byRecords.value.isNewest) {
      const records = () => fitting(reader, tree, new Map(), sha256);
      return ok({ tree, proven: byRecords.value, fetched: [], isToBeWritten: true, records });
    }
  }
  if (!proven.ok) return proven;
  const places = missingPlaces(reader, stored, sha256);
  const fetched = await fetchRecords(session, stored, places, gateway, sha256);
  if (!fetched.ok) return fetched;
  return ok({
    ...{
      tree: stored,
      proven: proven.value,
      fetched: places,
      isToBeWritten: places.length > 0 || !proven.value.isNewest,
    },
    records: () => fitting(reader, stored, fetched.value, sha256),
  });
}

/** Inside the caller's database transaction. The session's tree is the caller's to change. */
export function writeLog(store: Store, { tree, records }: GatheredLog): void {
  const packer = newPacker();
  for (const leaf of records()) packer.add(leaf);
  store.exec('DELETE FROM records; DELETE FROM hashes; DELETE FROM tops');
  writeRecords(store, tree, 0, packer.end());
}

function treeOfRecords(reader: Reader, hash: Hash): MerkleTree {
  const tree = new MerkleTree(hash);
  for (const [place, leaf] of placedRecords(reader)) {
    if (place !== tree.size) break;
    tree.append(leafHash(hash, leaf));
  }
  return tree;
}

const isLeafAt = (tree: MerkleTree, place: number, leaf: Uint8Array, hash: Hash): boolean => {
  const known = tree.node(0, place);
  return known !== undefined && bytesEqual(known, leafHash(hash, leaf));
};

function missingPlaces(reader: Reader, tree: MerkleTree, hash: Hash): number[] {
  const missing: number[] = [];
  let next = 0;
  const upTo = (place: number) => {
    for (; next < place; next++) missing.push(next);
  };
  for (const [place, leaf] of placedRecords(reader)) {
    if (place < next || !isLeafAt(tree, place, leaf, hash)) continue;
    upTo(place);
    next = place + 1;
  }
  upTo(tree.size);
  return missing;
}

function* fitting(
  reader: Reader,
  tree: MerkleTree,
  others: ReadonlyMap<number, Uint8Array>,
  hash: Hash,
): Generator<Uint8Array> {
  let next = 0;
  function* upTo(place: number): Generator<Uint8Array> {
    for (; next < place; next++) {
      const other = others.get(next);
      if (other !== undefined) yield other;
    }
  }
  for (const [place, leaf] of placedRecords(reader)) {
    if (place < next || !isLeafAt(tree, place, leaf, hash)) continue;
    yield* upTo(place);
    yield leaf;
    next = place + 1;
  }
  yield* upTo(tree.size);
}

async function fetchRecords(
  session: Session,
  tree: MerkleTree,
  places: readonly number[],
  gateway: DepositoryClient,
  hash: Hash,
): Promise<Result<ReadonlyMap<number, Uint8Array>, Refusal>> {
  const fetched = new Map<number, Uint8Array>();
  const { programme } = session.invitation;
  for (let at = 0; at < places.length; ) {
    const from = places[at] as number;
    let to = from;
    while (places[at + to - from] === to && to - from < maxRecords) to += 1;
    let records: readonly string[];
    try {
      ({ records } = await gateway.records({ programme, from, to }));
    } catch (failure) {
      const line = lineRefusal(failure);
      return refuse(
        line.type,
        'Nothing was replaced.',
        `${places.length} records of the log are not here any more, and only the gateway has them. ${line.why}`,
        'Try again when the bank link is there, or restore a backup.',
      );
    }
    if (records.length === 0) return otherRecord(from);
    // It may give fewer than it was asked for.
    for (const [i, text] of records.slice(0, to - from).entries()) {
      const leaf = utf8(text);
      if (!isLeafAt(tree, from + i, leaf, hash)) return otherRecord(from + i);
      fetched.set(from + i, leaf);
    }
    at += Math.min(records.length, to - from);
  }
  return ok(fetched);
}

const otherRecord = (place: number) =>
  refuse(
    'fork',
    'Nothing was replaced.',
    `The gateway does not give record ${place} as this terminal had verified it.`,
    'Call the security officer, and hold the log root against that of another terminal.',
  );
