// One of the two workers of G5's ceiling: signs a few hundred messages, then verifies them over and over.

import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

const { count } = workerData as { readonly count: number };
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const signed = Array.from({ length: 500 }, (_, i) => {
  const message = Buffer.alloc(49, i);
  return { message, signature: sign(null, message, privateKey) };
});
let genuine = 0;
const began = performance.now();
for (let i = 0; i < count; i++) {
  const { message, signature } = signed[i % signed.length] as (typeof signed)[number];
  if (verify(null, message, publicKey, signature)) genuine += 1;
}
const ms = performance.now() - began;
parentPort?.postMessage(genuine === count ? ms : -1);
