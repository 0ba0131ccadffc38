// Argon2id is slow on purpose, and a simulated day unlocks hundreds of times. The same passphrase, salt and cost give the same
// bytes, so the simulator's process computes each once; what is stored and checked is as it always is.

import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

type Argon2 = typeof crypto.argon2;

const known = new Map<string, Buffer>();
let installed = false;

export function rememberStretching(): void {
  if (installed) return;
  installed = true;
  const stretch: Argon2 = crypto.argon2;
  const remembering = (
    algorithm: Parameters<Argon2>[0],
    parameters: Parameters<Argon2>[1],
    done: Parameters<Argon2>[2],
  ) => {
    const { message, nonce, ...cost } = parameters;
    const key = JSON.stringify([
      algorithm,
      Buffer.from(message as Uint8Array).toString('hex'),
      Buffer.from(nonce as Uint8Array).toString('hex'),
      cost,
    ]);
    const before = known.get(key);
    if (before !== undefined) return void setImmediate(() => done(null, Buffer.from(before)));
    stretch(algorithm, parameters, (error, bytes) => {
      if (error === null) known.set(key, Buffer.from(bytes));
      done(error, bytes);
    });
  };
  Object.assign(crypto, { argon2: remembering });
  syncBuiltinESMExports();
}
