// The stored log as a node has replayed it: books and tree, each record judged again, the root held against the signed
// checkpoint. A node that stands by keeps one up to date, so that it takes over without reading the log from its beginning.

import { assert } from '../shared/assert.ts';
import { BooksLayer, MemoryBooks } from '../shared/books.ts';
import { bytesEqual } from '../shared/bytes.ts';
import { decide } from '../shared/decide.ts';
import { parseCheckpoint } from '../shared/log/checkpoint.ts';
import { leafHash } from '../shared/log/hash.ts';
import { MerkleTree } from '../shared/log/merkle.ts';
import { parseNote } from '../shared/log/note.ts';
import type { Primitives } from '../shared/primitives.ts';
import { parseRecord } from '../shared/record.ts';
import type { LogStore, StoredCheckpoint } from './store/log-store.ts';

const perRead = 1000;

export class Replica {
  readonly books = new MemoryBooks({ keepLegs: false });
  readonly tree: MerkleTree;
  readonly #store: LogStore;
  readonly #primitives: Primitives;
  checkpoint: StoredCheckpoint | undefined;

  constructor(store: LogStore, primitives: Primitives) {
    this.#store = store;
    this.#primitives = primitives;
    this.tree = new MerkleTree(primitives.sha256);
  }

  /**
   * Replays what was stored since the last time. Throws when the log is not the one that was signed; a replica whose store
   * failed in the middle is where it was, and goes on the next time.
   */
  async catchUp(): Promise<void> {
    const newest = await this.#store.checkpoint();
    if (newest === undefined) return;
    for (let from = this.tree.size; from < newest.size; from = this.tree.size)
      this.#take(await this.#store.leaves(from, Math.min(newest.size, from + perRead)));
    const note = parseNote(newest.note);
    const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
    assert(
      checkpoint.ok && checkpoint.value.size === this.tree.size && bytesEqual(checkpoint.value.root, this.tree.root()),
      'replaying the log leads to the root that was signed',
    );
    this.checkpoint = newest;
  }

  #take(leaves: readonly Uint8Array[]): void {
    assert(leaves.length > 0, 'the log has every record up to its checkpoint');
    const layer = new BooksLayer(this.books);
    for (const leaf of leaves) {
      const record = parseRecord(leaf);
      assert(record.ok, 'stored records parse');
      const decision = decide(layer, record.value, this.#primitives);
      assert(decision.ok, 'stored records are decided as they were');
      layer.apply(decision.value);
    }
    for (const leaf of leaves) this.tree.append(leafHash(this.#primitives.sha256, leaf));
    this.books.absorb(layer);
  }
}
