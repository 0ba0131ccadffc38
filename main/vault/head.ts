// The head record: outside the database, what the vault had reached after its last commit. A file put back from yesterday, or
// one that lost the end of its WAL, is encrypted and intact like any other; only this shows that it is behind.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { equalSecrets, mac } from '../../crypto/secret.ts';
import { diskFailure } from '../../disk/failure.ts';
import { overwriteFile } from '../../disk/write.ts';
import { base64urlToBytes, bytesToBase64url } from '../../shared/bytes.ts';
import { canonicalBytes } from '../../shared/canonical.ts';
import { base64url } from '../../shared/ids.ts';
import type { Redacted } from '../../shared/redacted.ts';
import { type Refusal, refuse } from '../../shared/result.ts';

const headSchema = z.strictObject({
  /** Commits so far; every one that a person or the gateway was told of counts. */
  generation: z.int().min(0),
  size: z.int().min(0),
  /** Root of the log, base64url. */
  root: z.string(),
  /** Position of the newest event that was ever put into the outbox. */
  outbox: z.int().min(0),
  /** SHA-256 of the digests of all tables, base64url; absent in records of before there were digests. */
  content: base64url(43, 43).optional(),
});
export type Head = z.infer<typeof headSchema>;
const fileSchema = z.strictObject({ vault: z.string(), head: headSchema, mac: base64url(43, 43) });

/** Whose record it is. Each epoch of the vault's keys has its own, as the key that authenticates it is of the epoch. */
interface Whose {
  readonly id: string;
  readonly epoch: number;
}

/** Two files in turn, so that a power cut while one is written leaves the other. */
export const headPath = (directory: string, epoch: number, generation: number): string =>
  join(directory, `vault.head.${epoch === 1 ? '' : `${epoch}.`}${generation % 2}`);

const macOf = (key: Redacted, vault: string, head: Head): Uint8Array =>
  mac(key.reveal(), canonicalBytes({ vault, head }));

export function writeHead(directory: string, { id: vault, epoch }: Whose, key: Redacted, head: Head): void {
  const text = JSON.stringify({ vault, head, mac: bytesToBase64url(macOf(key, vault, head)) });
  overwriteFile(headPath(directory, epoch, head.generation), text, 'vault: head half written');
}

const maxFileBytes = 65_536;

/** The newest record that is genuine; undefined when there is none. */
export function readHead(directory: string, { id: vault, epoch }: Whose, key: Redacted): Head | undefined {
  const genuine = [0, 1].flatMap((slot) => {
    const path = headPath(directory, epoch, slot);
    if (!existsSync(path)) return [];
    try {
      if (statSync(path).size > maxFileBytes) return [];
      const file = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      const stored = base64urlToBytes(file.mac) ?? new Uint8Array();
      return file.vault === vault && equalSecrets(macOf(key, vault, file.head), stored) ? [file.head] : [];
    } catch (failure) {
      if (diskFailure(failure) !== undefined) throw failure; // it is there, and nobody knows what it says
      return []; // half written when the power went
    }
  });
  return genuine.sort((a, b) => b.generation - a.generation)[0];
}

/** Records of epochs before this one say nothing any more. */
export function removeOldHeads(directory: string, epoch: number): void {
  for (const name of readdirSync(directory)) {
    const [, of = '1'] = /^vault\.head\.(?:(\d+)\.)?[01]$/.exec(name) ?? [undefined, 'none'];
    if (Number(of) < epoch) rmSync(join(directory, name), { force: true });
  }
}

/**
 * What the database says against what the record says. The database may be one commit ahead, as the record is written after
 * it; everything else means that one of them was put back or changed. Undefined when they fit.
 */
export function compareHead(
  database: Head,
  recorded: Head | undefined,
): Refusal<'vault rolled back' | 'head record lost'> | undefined {
  const next = 'Call the security officer, who can let it rejoin the log; keep the files as they are.';
  const what = 'The vault may not be the newest one.';
  if (recorded === undefined) {
    if (database.generation === 0) return undefined;
    return refuse('head record lost', what, 'The record of what it had reached is missing or was changed.', next)
      .refusal;
  }
  const { generation } = recorded;
  if (database.generation < generation)
    return refuse(
      'vault rolled back',
      what,
      `It lacks ${generation - database.generation} commit(s) that were made: it was put back, or its end was lost.`,
      next,
    ).refusal;
  if (database.generation > generation + 1)
    return refuse('head record lost', what, 'The record beside it is older than it can be: it was put back.', next)
      .refusal;
  const same =
    database.size === recorded.size &&
    database.root === recorded.root &&
    database.outbox === recorded.outbox &&
    (recorded.content === undefined || database.content === recorded.content);
  return database.generation === generation && !same
    ? refuse('vault rolled back', what, 'It says other things than it did after its last commit.', next).refusal
    : undefined;
}
