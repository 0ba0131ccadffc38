import { createPrivateKey, sign } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { dataJson, dataPath, dataText, describeWithData } from '../../testing/data.ts';
import { base64ToBytes, bytesEqual, concatBytes, utf8 } from '../bytes.ts';
import { openCheckpoint, parseCheckpoint, witnessKey } from './checkpoint.ts';
import { leafHash, nodeHash } from './hash.ts';
import { emptyRoot, MerkleTree, verifyConsistency, verifyInclusion } from './merkle.ts';
import { formatNote, formatNoteKey, parseNote, parseNoteKey, signNote, verifyNote } from './note.ts';
import { decodeBundle, encodeBundle, parseTilePath, tilePath } from './tiles.ts';

const { sha256 } = nodePrimitives;
const bytes = (text: string | null): Uint8Array => base64ToBytes(text ?? '') ?? new Uint8Array(1);

function* jsonFiles(path: string): Generator<[string, Record<string, unknown>]> {
  for (const name of readdirSync(dataPath(path), { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.json')) yield [name, dataJson(`${path}/${name}`)];
}

// The subtree* folders of the vectors belong to a later draft (Merkle Tree Certificates), which Custos does not use.
describeWithData('RFC 6962 public vectors', 'vectors/merkle', () => {
  it('agree on every inclusion proof', () => {
    let cases = 0;
    for (const [name, one] of jsonFiles('vectors/merkle/inclusion')) {
      const proof = {
        index: one.leafIdx as number,
        size: one.treeSize as number,
        leafHash: bytes(one.leafHash as string),
        path: ((one.proof as string[] | null) ?? []).map(bytes),
      };
      expect(`${name} ${verifyInclusion(sha256, proof, bytes(one.root as string))}`).toBe(`${name} ${!one.wantErr}`);
      cases += 1;
    }
    expect(cases).toBeGreaterThanOrEqual(98);
  });

  it('agree on every consistency proof', () => {
    let cases = 0;
    for (const [name, one] of jsonFiles('vectors/merkle/consistency')) {
      const proof = {
        older: { size: one.size1 as number, root: bytes(one.root1 as string) },
        newer: { size: one.size2 as number, root: bytes(one.root2 as string) },
        path: ((one.proof as string[] | null) ?? []).map(bytes),
      };
      expect(`${name} ${verifyConsistency(sha256, proof)}`).toBe(`${name} ${!one.wantErr}`);
      cases += 1;
    }
    expect(cases).toBeGreaterThanOrEqual(98);
  });
});

describe('the tree', () => {
  const naive = (leaves: readonly Uint8Array[]): Uint8Array => {
    if (leaves.length === 0) return emptyRoot(sha256);
    if (leaves.length === 1) return leaves[0]!;
    let half = 1;
    while (half * 2 < leaves.length) half *= 2;
    return nodeHash(sha256, naive(leaves.slice(0, half)), naive(leaves.slice(half)));
  };
  const leaves = Array.from({ length: 70 }, (_, i) => leafHash(sha256, utf8(`leaf ${i}`)));
  const tree = new MerkleTree(sha256);
  for (const leaf of leaves) tree.append(leaf);

  it('has at every size the root of the definition', () => {
    for (let size = 0; size <= leaves.length; size++) expect(tree.root(size)).toEqual(naive(leaves.slice(0, size)));
  });

  it('proves every leaf and every growth, and no changed proof passes', () => {
    for (let size = 1; size <= leaves.length; size++)
      for (let index = 0; index < size; index++) {
        const path = tree.inclusion(index, size);
        const proof = { index, size, leafHash: leaves[index]!, path };
        expect(verifyInclusion(sha256, proof, tree.root(size))).toBe(true);
        expect(verifyInclusion(sha256, { ...proof, leafHash: leaves[(index + 1) % 70]! }, tree.root(size))).toBe(false);
      }
    for (let older = 1; older <= leaves.length; older++)
      for (let newer = older; newer <= leaves.length; newer++) {
        const path = tree.consistency(older, newer);
        const proof = {
          older: { size: older, root: tree.root(older) },
          newer: { size: newer, root: tree.root(newer) },
          path,
        };
        expect(verifyConsistency(sha256, proof)).toBe(true);
        if (older < newer)
          expect(verifyConsistency(sha256, { ...proof, older: { size: older, root: leaves[0]! } })).toBe(older === 1);
      }
  });

  it('goes back to an earlier size and grows again the same', () => {
    const again = new MerkleTree(sha256);
    for (const leaf of leaves) again.append(leaf);
    again.truncate(37);
    expect(again.root()).toEqual(tree.root(37));
    for (const leaf of leaves.slice(37)) again.append(leaf);
    expect(again.root()).toEqual(tree.root());
  });
});

describeWithData('the reference signed note', 'vectors/tlog/signed-note.json', () => {
  const vector = dataJson<{
    verifier_key: string;
    signer_key: string;
    text: string;
    note: string;
    must_fail: { kind: string; value: string }[];
  }>('vectors/tlog/signed-note.json');

  it('is read, verified, and signed again to the same bytes', () => {
    const key = parseNoteKey(sha256, vector.verifier_key);
    const note = parseNote(vector.note);
    if (!key.ok || !note.ok) throw new Error('not read');
    expect(formatNoteKey(sha256, key.value)).toBe(vector.verifier_key);
    expect(verifyNote(nodePrimitives, note.value, [key.value])).toEqual({ ok: true, value: [key.value] });
    const seed = bytes(vector.signer_key.replace(/^PRIVATE\+KEY\+\w+\+\w+\+/, '')).slice(1);
    const der = concatBytes(bytes('MC4CAQAwBQYDK2VwBCIEIA=='), seed);
    const privateKey = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
    const signature = signNote(
      sha256,
      vector.text,
      key.value,
      (message) => new Uint8Array(sign(null, message, privateKey)),
    );
    expect(formatNote({ text: vector.text, signatures: [signature] })).toBe(vector.note);
  });

  it('is refused when key or text were altered', () => {
    const key = parseNoteKey(sha256, vector.verifier_key);
    if (!key.ok) throw new Error('not read');
    for (const bad of vector.must_fail) {
      const read = bad.kind === 'note' ? parseNote(bad.value) : parseNoteKey(sha256, bad.value);
      if (bad.kind !== 'note') expect(read.ok).toBe(false);
      else if (read.ok) expect(verifyNote(nodePrimitives, read.value as never, [key.value]).ok).toBe(false);
    }
    expect(vector.must_fail.length).toBe(2);
  });
});

describeWithData('a real tiled log', 'vectors/tlog/tessera-log', () => {
  const { verifier_key: keyText } = dataJson<{ verifier_key: string }>('vectors/tlog/tessera-log.keys.json');
  const file = (path: string) => new Uint8Array(readFileSync(dataPath(`vectors/tlog/tessera-log/${path}`)));

  it('has the roots, tiles and bundles that we compute from its leaves', () => {
    const key = parseNoteKey(sha256, keyText);
    if (!key.ok) throw new Error('key not read');
    const tree = new MerkleTree(sha256);
    const leaves: Uint8Array[] = [];
    for (let size = 0; size <= 15; size++) {
      if (size > 0) {
        const bundle = decodeBundle(file(tilePath('entries', 0, size)));
        expect(bundle?.length).toBe(size);
        leaves.push(bundle!.at(-1)!);
        tree.append(leafHash(sha256, leaves.at(-1)!));
        expect(encodeBundle(leaves)).toEqual(file(tilePath('entries', 0, size)));
        const hashes = leaves.map((leaf) => leafHash(sha256, leaf));
        expect(concatBytes(...hashes)).toEqual(file(tilePath(0, 0, size)));
      }
      const opened = openCheckpoint(
        nodePrimitives,
        dataText(`vectors/tlog/tessera-log/checkpoint.${size}`),
        key.value,
        [],
      );
      if (!opened.ok) throw new Error(opened.refusal.why);
      expect(opened.value.checkpoint.size).toBe(size);
      expect(bytesEqual(opened.value.checkpoint.root, tree.root(size))).toBe(true);
    }
  });
});

describe('the forms of the log', () => {
  it('has exactly one path for a tile', () => {
    expect(tilePath(0, 1234067)).toBe('tile/0/x001/x234/067');
    expect(tilePath('entries', 0, 17)).toBe('tile/entries/000.p/17');
    for (const bad of [
      'tile/0/67',
      'tile/0/x000/067',
      'tile/0/000.p/256',
      'tile/0/000.p/0',
      'tile/0/../000',
      'tile/00/000',
    ])
      expect(parseTilePath(bad)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(1e12), fc.integer({ min: 1, max: 256 }), (index, width) => {
        expect(parseTilePath(tilePath(3, index, width))).toEqual({ level: 3, index, width });
      }),
    );
  });

  it('takes a cosignature over time and text, and none that was changed', async () => {
    const { newEd25519 } = await import('../../testing/people.ts');
    const [log, witness] = [newEd25519(), newEd25519()];
    const raw = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
    const logNoteKey = { name: 'bank.example/p', algorithm: 1 as const, publicKey: raw(log.publicKey) };
    const witnessNoteKey = witnessKey('T-01', raw(witness.publicKey));
    const text = `bank.example/p\n5\n${Buffer.alloc(32, 7).toString('base64')}\n`;
    const signatures = [
      signNote(sha256, text, logNoteKey, log.sign),
      signNote(sha256, text, witnessNoteKey, witness.sign, 1_795_000_000),
    ];
    const whole = formatNote({ text, signatures });
    const opened = openCheckpoint(nodePrimitives, whole, logNoteKey, [witnessNoteKey]);
    expect(opened.ok && opened.value.witnesses).toEqual(['T-01']);
    const changed = formatNote({ text: text.replace('\n5\n', '\n6\n'), signatures });
    expect(openCheckpoint(nodePrimitives, changed, logNoteKey, [witnessNoteKey]).ok).toBe(false);
    expect(openCheckpoint(nodePrimitives, whole, { ...logNoteKey, publicKey: raw(witness.publicKey) }, []).ok).toBe(
      false,
    );
  });

  it('reads no checkpoint with a strange size or root', () => {
    const root = Buffer.alloc(32).toString('base64');
    for (const text of [
      `o\n05\n${root}\n`,
      `o\n-1\n${root}\n`,
      `o\n5\nAAAA\n`,
      `o\n5\n${root}`,
      `\n5\n${root}\n`,
      `o\n1e3\n${root}\n`,
    ])
      expect(parseCheckpoint(text).ok).toBe(false);
  });
});
