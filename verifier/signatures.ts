// Signatures verified on other threads while this one reads and decides. Four fifths of an audit is checking signatures, so
// this is what a second core is for.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { bytesEqual } from '../shared/bytes.ts';
import type { SignatureCheck } from '../shared/evidence.ts';
import type { Primitives } from '../shared/primitives.ts';
import { verifierPrimitives } from './primitives.ts';

/** Checks as a thread is handed them: one buffer, and where each part of it ends. */
export interface PackedChecks {
  readonly keys: readonly string[];
  readonly keyOf: Uint16Array;
  /** 1 for es256, 0 for ed25519. */
  readonly algorithms: Uint8Array;
  /** Ends of message and signature in turn. */
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function packChecks(checks: readonly SignatureCheck[]): PackedChecks {
  const keys: string[] = [];
  const keyOf = new Uint16Array(checks.length);
  const algorithms = new Uint8Array(checks.length);
  const ends = new Uint32Array(checks.length * 2);
  const bytes = new Uint8Array(checks.reduce((sum, one) => sum + one.message.length + one.signature.length, 0));
  let at = 0;
  checks.forEach(({ algorithm, publicKey, message, signature }, i) => {
    let key = keys.lastIndexOf(publicKey);
    if (key < 0) key = keys.push(publicKey) - 1;
    keyOf[i] = key;
    algorithms[i] = algorithm === 'es256' ? 1 : 0;
    bytes.set(message, at);
    at += message.length;
    ends[i * 2] = at;
    bytes.set(signature, at);
    at += signature.length;
    ends[i * 2 + 1] = at;
  });
  return { keys, keyOf, algorithms, ends, bytes };
}

export function unpackChecks({ keys, keyOf, algorithms, ends, bytes }: PackedChecks): SignatureCheck[] {
  return Array.from(algorithms, (algorithm, i) => ({
    algorithm: algorithm === 1 ? 'es256' : 'ed25519',
    publicKey: keys[keyOf[i] as number] as string,
    message: bytes.subarray(i === 0 ? 0 : ends[i * 2 - 1], ends[i * 2]),
    signature: bytes.subarray(ends[i * 2], ends[i * 2 + 1]),
  }));
}

export interface SignatureThreads {
  /** So many batches of checks, answered or not, keep every thread busy, this one included. */
  readonly batches: number;
  /** Which of the checks are not genuine. Where no other thread is free they are made on this one, now. */
  forged(checks: readonly SignatureCheck[]): Promise<readonly SignatureCheck[]>;
  close(): Promise<void>;
}

/** `count` threads beside this one. */
export function startSignatureThreads(count = availableParallelism() - 1): SignatureThreads {
  let threads: Thread[] | undefined;
  let checked = 0;
  return {
    batches: 1 + 2 * perThread * count,
    async forged(checks) {
      // A thread takes longer to start than a small bundle to verify.
      checked += checks.length;
      if (checked > fewChecks) threads ??= Array.from({ length: count }, startThread);
      const free = (threads ?? []).filter((thread) => thread.waiting() < perThread);
      const [thread] = free.sort((one, other) => one.waiting() - other.waiting());
      const verdicts = (await thread?.verify(checks)) ?? Uint8Array.from(checks, verdictOn);
      return checks.filter((_, i) => verdicts[i] !== 1);
    },
    close: async () => void (await Promise.all((threads ?? []).map((thread) => thread.end()))),
  };
}

const fewChecks = 1000;

/** One batch that a thread works on, and some that it finds when it is done, however long this thread is busy with one of its own. */
const perThread = 4;

/** 1 when it is genuine. */
export const verdictOn = ({ algorithm, publicKey, message, signature }: SignatureCheck): 0 | 1 => {
  const { verifyEs256, verifyEd25519 } = verifierPrimitives;
  return (algorithm === 'es256' ? verifyEs256 : verifyEd25519)(publicKey, message, signature) ? 1 : 0;
};

export const isSameCheck = (one: SignatureCheck, other: SignatureCheck): boolean =>
  one.algorithm === other.algorithm &&
  one.publicKey === other.publicKey &&
  bytesEqual(one.signature, other.signature) &&
  bytesEqual(one.message, other.message);

/**
 * Primitives that believe every signature, and hand it to `note` so that it is verified elsewhere. Events of one basket share
 * their signature and lie beside each other: it is handed over once.
 */
export function believing(note: (check: SignatureCheck) => void): Primitives {
  let last: SignatureCheck | undefined;
  const believe = (
    algorithm: SignatureCheck['algorithm'],
    publicKey: string,
    message: Uint8Array,
    signature: Uint8Array,
  ) => {
    const check = { algorithm, publicKey, message, signature };
    if (last === undefined || !isSameCheck(last, check)) note(check);
    last = check;
    return true;
  };
  return {
    ...verifierPrimitives,
    verifyEs256: (key, message, signature) => believe('es256', key, message, signature),
    verifyEd25519: (key, message, signature) => believe('ed25519', key, message, signature),
  };
}

/** Primitives that believe every signature but these. */
export function disbelieving(forged: readonly SignatureCheck[]): Primitives {
  const judge = (check: SignatureCheck) => !forged.some((one) => isSameCheck(one, check));
  return {
    ...verifierPrimitives,
    verifyEs256: (publicKey, message, signature) => judge({ algorithm: 'es256', publicKey, message, signature }),
    verifyEd25519: (publicKey, message, signature) => judge({ algorithm: 'ed25519', publicKey, message, signature }),
  };
}

interface Thread {
  /** Batches it has not answered yet. */
  waiting(): number;
  /** Undefined when the thread is gone: then the checks are made here. */
  verify(checks: readonly SignatureCheck[]): Promise<Uint8Array | undefined>;
  end(): Promise<void>;
}

function startThread(): Thread {
  const worker = new Worker(new URL('./signatures.worker.ts', import.meta.url));
  worker.unref();
  const waiting: ((verdicts: Uint8Array | undefined) => void)[] = [];
  let gone = false;
  const giveUp = () => {
    gone = true;
    for (const answer of waiting.splice(0)) answer(undefined);
  };
  worker.on('message', (verdicts: Uint8Array) => waiting.shift()?.(verdicts));
  worker.on('error', giveUp);
  worker.on('exit', giveUp);
  return {
    waiting: () => (gone ? perThread : waiting.length),
    verify: (checks) =>
      new Promise((answer) => {
        if (gone) return answer(undefined);
        const packed = packChecks(checks);
        waiting.push(answer);
        worker.postMessage(packed, [packed.bytes.buffer]);
      }),
    async end() {
      await worker.terminate();
    },
  };
}
