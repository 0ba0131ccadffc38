// A signing basket: one signature over several events, each of which still proves for itself that it was signed. The
// basket is a small RFC 6962 tree over the events' bytes; what is signed is its root.

import { base64urlToBytes, bytesEqual, bytesToBase64url } from './bytes.ts';
import { basketLeafHash, type CustosEvent } from './event.ts';
import { nodeHash } from './log/hash.ts';
import { type Climb, climb, rootFromInclusion } from './log/merkle.ts';
import type { Hash } from './primitives.ts';

/** Where one event stands in its basket: `path` are the sibling hashes from the leaf upward, base64url. */
export interface BasketPosition {
  readonly index: number;
  readonly size: number;
  readonly path: string[];
}

/** The root to sign, and each event's position, in the order given. */
export function fillBasket(
  hash: Hash,
  events: readonly CustosEvent[],
): { root: Uint8Array; positions: BasketPosition[] } {
  const leaves = events.map((event) => basketLeafHash(hash, event));
  const paths: string[][] = events.map(() => []);
  const root = subtree(hash, leaves, 0, leaves.length, paths);
  return { root, positions: paths.map((path, index) => ({ index, size: events.length, path })) };
}

/** RFC 6962 section 2.1: split at the largest power of two below the size; collects every leaf's audit path. */
function subtree(hash: Hash, leaves: readonly Uint8Array[], from: number, to: number, paths: string[][]): Uint8Array {
  if (to - from === 1) return leaves[from] as Uint8Array;
  let split = 1;
  while (split * 2 < to - from) split *= 2;
  const left = subtree(hash, leaves, from, from + split, paths);
  const right = subtree(hash, leaves, from + split, to, paths);
  for (let i = from; i < to; i++) paths[i]?.push(bytesToBase64url(i < from + split ? right : left));
  return nodeHash(hash, left, right);
}

/** Roots found before, by position and event: one is asked for when signatures are named and again when they are checked. */
const found = new WeakMap<BasketPosition, { readonly event: CustosEvent; readonly root: Uint8Array | undefined }>();

/** The root that an event at `position` leads to; undefined when the path does not fit the position. */
export function basketRoot(hash: Hash, event: CustosEvent, position: BasketPosition): Uint8Array | undefined {
  const before = found.get(position);
  if (before?.event === event) return before.root;
  const path = position.path.map((text) => base64urlToBytes(text) ?? new Uint8Array());
  const root = rootFromInclusion(hash, { ...position, path, leafHash: basketLeafHash(hash, event) });
  found.set(position, { event, root });
  return root;
}

/** As `basketRoot`, from the leaf hash of an event. */
export type RootFinder = (leafHash: Uint8Array, position: BasketPosition) => Uint8Array | undefined;

/**
 * Finds the roots of events that come one after the other. Those of one basket share most of their paths: as soon as one
 * arrives at a node where the event before it has been, with the same siblings still to come, it arrives at the same root.
 */
export function newRootFinder(hash: Hash): RootFinder {
  /** Where the event before has been, by the number of siblings that were still to come. */
  let before: Climb[] = [];
  let pathBefore: readonly string[] = [];
  return (leafHash, { index, size, path }) => {
    if (index >= size) return undefined;
    const beforeThis = before;
    const sharesPath = sharedEnd(path, pathBefore);
    before = [];
    pathBefore = path;
    let at: Climb | undefined = { node: leafHash, index, last: size - 1 };
    for (let left = path.length; ; left--) {
      const other = beforeThis[left];
      if (left <= sharesPath && other !== undefined && isSame(at, other)) {
        for (let further = left; further >= 0; further--) before[further] = beforeThis[further] as Climb;
        break;
      }
      before[left] = at;
      if (left === 0) break;
      at = climb(hash, at, base64urlToBytes(path[path.length - left] as string) ?? new Uint8Array());
      if (at === undefined) {
        before = [];
        return undefined;
      }
    }
    const top = before[0] as Climb;
    return top.last === 0 ? top.node : undefined;
  };
}

/** As `basketRoot`, for events that come one after the other. */
export function newBasketRoot(hash: Hash): (event: CustosEvent, position: BasketPosition) => Uint8Array | undefined {
  const rootOf = newRootFinder(hash);
  return (event, position) => {
    const root = rootOf(basketLeafHash(hash, event), position);
    found.set(position, { event, root });
    return root;
  };
}

const isSame = (one: Climb, other: Climb): boolean =>
  one.index === other.index && one.last === other.last && bytesEqual(one.node, other.node);

/** How many siblings two paths have in common at their ends. */
function sharedEnd(one: readonly string[], other: readonly string[]): number {
  let count = 0;
  while (count < one.length && one.at(-1 - count) === other.at(-1 - count)) count += 1;
  return count;
}
