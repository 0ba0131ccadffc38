// A backup on disk: one folder with the database, the slot file, the head record, and a manifest that authenticates all of them
// as one set. Taken apart or mixed with another set it is not a backup any more.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { hashFile } from '../../crypto/node.ts';
import { equalSecrets, mac } from '../../crypto/secret.ts';
import { type DiskFailure, diskFailure, diskRefusal } from '../../disk/failure.ts';
import { base64urlToBytes, bytesToBase64url } from '../../shared/bytes.ts';
import { canonicalBytes } from '../../shared/canonical.ts';
import { base64url, digest, nameId } from '../../shared/ids.ts';
import type { Redacted } from '../../shared/redacted.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { instant } from '../../shared/time.ts';

/** The names that the files have in a vault's folder, and no others: restoring is copying them there. */
const fileName = z.string().regex(/^vault\.(db(\.\d+)?|slots|head\.(\d+\.)?[01])$/);

const bodySchema = z.strictObject({
  format: z.literal('custos-backup/1'),
  vault: nameId,
  programme: nameId,
  terminal: nameId,
  /** Of the keys that open it: it opens with the slots of that time, whatever was changed since. */
  epoch: z.int().min(1),
  madeAt: instant,
  /** Who was at the terminal, and whether they asked for it or the plan did. */
  operator: nameId,
  asked: z.enum(['operator', 'plan']),
  /** Of the log. */
  size: z.int().min(0),
  root: digest,
  files: z
    .array(z.strictObject({ name: fileName, bytes: z.int().min(1), sha256: digest }))
    .length(3)
    .refine((files) => new Set(files.map((one) => one.name.split('.')[1])).size === 3, 'one of each kind'),
});
const manifestSchema = bodySchema.extend({ mac: base64url(43, 43) });
export type ManifestBody = z.infer<typeof bodySchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** The files of a set, of which a folder that is being built has just these. */
export const filesIn = (set: string): string[] => readdirSync(set).filter((name) => fileName.safeParse(name).success);

export const manifestName = 'manifest.json';
const prefix = 'custos-';
const unfinished = '.part';

/** Sorts by time under every file system's rules for names. */
export const setName = (terminal: string, madeAt: string): string =>
  `${prefix}${terminal.replaceAll(/[^A-Za-z0-9-]/g, '-')}-${madeAt.replaceAll(/[-:.]/g, '')}`;
export const unfinishedSet = (folder: string, name: string): string => join(folder, `.${name}${unfinished}`);

const macOf = (body: ManifestBody, key: Redacted): Uint8Array => mac(key.reveal(), canonicalBytes(body));

export const sealManifest = (body: ManifestBody, key: Redacted): Manifest => ({
  ...body,
  mac: bytesToBase64url(macOf(body, key)),
});

/** Whether this vault made it; the key is the same in every epoch. */
export function isGenuine({ mac: stored, ...body }: Manifest, key: Redacted): boolean {
  return equalSecrets(macOf(body, key), base64urlToBytes(stored) ?? new Uint8Array());
}

export type SetRefusal = Refusal<'no backup' | 'backup damaged' | DiskFailure>;
const what = 'The backup was not read.';

/** The manifest of a set whose files are all there in their size; their content is not looked at. */
export function readSet(set: string): Result<Manifest, SetRefusal> {
  const path = join(set, manifestName);
  if (!existsSync(path))
    return refuse('no backup', what, 'There is no manifest in this folder.', 'Choose the folder of one backup.');
  const damaged = (why: string) => refuse('backup damaged', what, why, 'Use another backup; keep this one as it is.');
  let manifest: Manifest | undefined;
  try {
    manifest = readManifest(path);
  } catch (failure) {
    const refusal = diskRefusal(failure, what);
    if (refusal === undefined) throw failure;
    return { ok: false, refusal };
  }
  if (manifest === undefined) return damaged('Its manifest cannot be read.');
  const missing = manifest.files.find(({ name, bytes }) => sizeOf(join(set, name)) !== bytes);
  return missing === undefined ? ok(manifest) : damaged(`${missing.name} is missing or has another size.`);
}

/** Undefined for one that cannot be one; throws where the disk does not give it. */
export function readManifest(path: string): Manifest | undefined {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (failure) {
    if (diskFailure(failure) !== undefined) throw failure;
    return undefined;
  }
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : -1);

/** Every byte of every file, against the manifest. */
export async function checkFiles(
  set: string,
  manifest: Manifest,
  onBytes: (bytes: number) => void = () => {},
): Promise<Result<void, SetRefusal>> {
  for (const { name, sha256 } of manifest.files)
    if (bytesToBase64url(await hashFile(join(set, name), onBytes)) !== sha256)
      return refuse(
        'backup damaged',
        what,
        `${name} is not what the manifest says.`,
        'Use another backup; keep this one as it is.',
      );
  return ok(undefined);
}

export interface FoundSet {
  readonly name: string;
  readonly path: string;
  readonly manifest: Result<Manifest, SetRefusal>;
}

/** The backups in a folder, newest first; the folder may be one itself. */
export function setsIn(folder: string): FoundSet[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  const found = (path: string): FoundSet => ({ name: basename(path), path, manifest: readSet(path) });
  if (existsSync(join(folder, manifestName))) return [found(folder)];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix))
    .map((entry) => found(join(folder, entry.name)))
    .sort((a, b) => (a.name < b.name ? 1 : -1));
}

/** What a backup of this terminal that was cut off has left; never one under its final name. */
export function removeUnfinished(folder: string, terminal: string): void {
  const start = `.${setName(terminal, '')}`;
  for (const name of readdirSync(folder))
    if (name.startsWith(start) && name.endsWith(unfinished))
      rmSync(join(folder, name), { recursive: true, force: true });
}
