// The bank's keys of one programme. This embedded form keeps them in a file that only its owner may read; a bank keeps them in
// its hardware security module and hands in the same signing functions.

import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { ed25519PublicKey, random, signEd25519 } from '../crypto/secret.ts';
import { replaceFile } from '../disk/write.ts';
import { base64urlToBytes, bytesToBase64url } from '../shared/bytes.ts';
import { base64url } from '../shared/ids.ts';

const seed = base64url(43, 43);
const fileSchema = z.strictObject({ root: seed, gateway: seed, adapter: seed, payeeKey: seed });

export interface BankKey {
  /** base64url of the raw Ed25519 public key. */
  readonly publicKey: string;
  sign(message: Uint8Array): Uint8Array;
}
export interface BankKeys {
  readonly root: BankKey;
  readonly gateway: BankKey;
  readonly adapter: BankKey;
  readonly payeeKey: Uint8Array;
}

export function openBankKeys(file: string): BankKeys {
  if (!existsSync(file)) {
    const fresh = () => bytesToBase64url(random(32));
    const keys = { root: fresh(), gateway: fresh(), adapter: fresh(), payeeKey: fresh() };
    replaceFile(file, JSON.stringify(keys)); // there whole, or not at all: the log's first record names them
  }
  const stored = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const raw = (text: string): Uint8Array => base64urlToBytes(text) ?? new Uint8Array();
  const key = (text: string): BankKey => ({
    publicKey: ed25519PublicKey(raw(text)),
    sign: (message) => signEd25519(raw(text), message),
  });
  return {
    root: key(stored.root),
    gateway: key(stored.gateway),
    adapter: key(stored.adapter),
    payeeKey: raw(stored.payeeKey),
  };
}
