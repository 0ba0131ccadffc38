// Check backup: reads every byte of a backup, and opens its database where the keys of now do; nothing of it is changed.

import { join } from 'node:path';
import { diskRefusal } from '../../disk/failure.ts';
import type { CheckReport } from '../../shared/contract/vault.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { writeDiary } from '../store/diary.ts';
import { type Terminal, unlocked } from '../terminal.ts';
import { checkFiles, isGenuine, readSet, setsIn } from '../vault/backup-set.ts';
import { databasePath } from '../vault/vault.ts';

type Step = { readonly done: number; readonly total: number } | { readonly result: Result<CheckReport, Refusal> };

export async function* checkBackup(terminal: Terminal, { path }: { readonly path: string }): AsyncGenerator<Step> {
  try {
    yield { result: yield* read(terminal, path) };
  } catch (failure) {
    const refusal = diskRefusal(failure, 'The backup was not checked.');
    if (refusal === undefined) throw failure;
    yield { result: { ok: false, refusal } };
  }
}

async function* read(
  terminal: Terminal,
  path: string,
): AsyncGenerator<{ done: number; total: number }, Result<CheckReport, Refusal>> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { vault, operator } = opened.value;
  const { clock, copier } = terminal.parts;
  const startedMs = clock();
  const manifest = readSet(path);
  if (!manifest.ok) return manifest;
  const { epoch, size, files } = manifest.value;
  const [manifestKey, key] = [vault.backupKey(), vault.databaseKey()];
  try {
    const isOurs = manifest.value.vault === vault.id && isGenuine(manifest.value, manifestKey);
    if (!isOurs)
      return refuse(
        'backup damaged',
        'The backup was not checked.',
        'It is not of this vault, or its manifest was changed.',
        'Use another backup; keep this one as it is.',
      );
    const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
    const total = 2 * bytes;
    yield { done: 0, total };
    const whole = await checkFiles(path, manifest.value);
    if (!whole.ok) return whole;
    yield { done: bytes, total };
    const opens = epoch === vault.epoch;
    if (opens && !(await copier.check(databasePath(path, epoch), key)))
      return refuse(
        'backup damaged',
        'The backup was not checked.',
        'Its database does not open.',
        'Use another backup; keep this one as it is.',
      );
    const name = setsIn(path)[0]?.name ?? join(path);
    const report = { name, size, epoch, bytes, seconds: (clock() - startedMs) / 1000, opened: opens };
    const { session } = terminal;
    if (session !== undefined)
      session.commit(() =>
        writeDiary(session.store, { at: msToInstant(clock()), what: 'backup checked', operator, facts: report }),
      );
    return ok(report);
  } finally {
    manifestKey.dispose();
    key.dispose();
  }
}
