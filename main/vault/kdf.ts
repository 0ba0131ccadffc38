// Argon2id for passphrases. node:crypto has it where its library does; elsewhere (Electron) the WebAssembly one gives the
// same bytes. Which one is there is found out by calling it with a known answer, never by looking whether it exists.

import * as crypto from 'node:crypto';
import { argon2id } from 'hash-wasm';
import { z } from 'zod';
import { bytesToHex, utf8 } from '../../shared/bytes.ts';

export const kdfSchema = z.strictObject({
  name: z.literal('argon2id'),
  memoryKib: z.int().min(65_536).max(1_048_576),
  passes: z.int().min(3).max(16),
});
/**
 * Parameters as stored with each slot; anything below 64 MiB and 3 passes is refused on reading. They count before the file is
 * known to be genuine, so whoever changed it could ask for no more than 1 GiB and 16 passes, some seconds.
 */
export type Kdf = z.infer<typeof kdfSchema>;
export const defaultKdf: Kdf = { name: 'argon2id', memoryKib: 65_536, passes: 3 };

interface Cost {
  readonly memoryKib: number;
  readonly passes: number;
}

const withWasm = async (secret: Uint8Array, salt: Uint8Array, cost: Cost): Promise<Uint8Array> =>
  argon2id({
    password: secret,
    salt,
    memorySize: cost.memoryKib,
    iterations: cost.passes,
    parallelism: 1,
    hashLength: 32,
    outputType: 'binary',
  });

function withNode(secret: Uint8Array, salt: Uint8Array, cost: Cost): Promise<Uint8Array> {
  const parameters = {
    message: secret,
    nonce: salt,
    parallelism: 1,
    tagLength: 32,
    memory: cost.memoryKib,
    passes: cost.passes,
  };
  return new Promise((resolve, reject) => {
    crypto.argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(new Uint8Array(key))));
  });
}

/** Argon2id, 16 passes... of the smallest size: the same known answer for both implementations. */
export const knownAnswer = {
  secret: utf8('custos'),
  salt: utf8('0123456789abcdef'),
  cost: { memoryKib: 64, passes: 1 },
};

let chosen: Promise<typeof withWasm> | undefined;

async function choose(): Promise<typeof withWasm> {
  const { secret, salt, cost } = knownAnswer;
  const expected = await withWasm(secret, salt, cost);
  try {
    const native = await withNode(secret, salt, cost);
    return bytesToHex(native) === bytesToHex(expected) ? withNode : withWasm;
  } catch {
    return withWasm;
  }
}

/** 32 bytes from a passphrase. NFC, so that the same words typed on another keyboard give the same bytes. */
export async function stretch(passphrase: string, salt: Uint8Array, kdf: Kdf): Promise<Uint8Array> {
  chosen ??= choose();
  return (await chosen)(utf8(passphrase.normalize('NFC')), salt, kdf);
}

export const implementations = { withNode, withWasm };
