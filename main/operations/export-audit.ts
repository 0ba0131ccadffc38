// Export audit: writes the bundle and the plain-text journal, and verifies the bundle as any auditor would before handing it
// over. Files appear complete under their name or not at all.

import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { makeFolder, moveInto } from '../../disk/write.ts';
import { assert } from '../../shared/assert.ts';
import { bundleLines, type Trust, verifyBundle } from '../../shared/audit.ts';
import { bytesToBase64, utf8ToText } from '../../shared/bytes.ts';
import { commitmentsOf } from '../../shared/instruction/kinds.ts';
import type { EventDetails } from '../../shared/instruction/payee.ts';
import { entryToJournal } from '../../shared/journal.ts';
import { parseCheckpoint } from '../../shared/log/checkpoint.ts';
import { parseNote } from '../../shared/log/note.ts';
import { parseRecord } from '../../shared/record.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import type { Session } from '../session.ts';
import { attachmentBy } from '../store/attachments.ts';
import { storedRecords } from '../store/log.ts';
import { readSetting } from '../store/settings.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export interface ExportReport {
  readonly bundle: string;
  readonly journal: string;
  readonly events: number;
  readonly entries: number;
  readonly size: number;
  readonly root: string;
  readonly verified: boolean;
}
export type ExportStep =
  | { readonly done: number; readonly total: number }
  | { readonly result: Result<ExportReport, Refusal> };

const linesPerStep = 2000;

export async function* exportAudit(terminal: Terminal): AsyncGenerator<ExportStep> {
  const opened = unlocked(terminal);
  if (!opened.ok) return yield { result: opened };
  const session = opened.value;
  if (terminal.exporting)
    return yield { result: refuse('busy', 'Nothing was exported.', 'An export is under way.', 'Wait for it.') };
  terminal.exporting = true;
  const files: OpenFile[] = [];
  try {
    yield* write(terminal, session, files);
  } catch (failure) {
    if (terminal.session === session) throw failure;
    yield { result: refuse('locked', 'The export was stopped.', 'The terminal was locked.', 'Unlock it, and export.') };
  } finally {
    terminal.exporting = false;
    for (const file of files) file.abandon();
  }
}

async function* write(terminal: Terminal, session: Session, files: OpenFile[]): AsyncGenerator<ExportStep> {
  const { exportDirectory, primitives } = terminal.parts;
  const checkpoint = readSetting(session.store, 'checkpoint');
  if (checkpoint === undefined || session.tree.size === 0)
    return yield {
      result: refuse('state', 'Nothing was exported.', 'There is no log here yet.', 'Synchronise first.'),
    };
  makeFolder(exportDirectory);
  const { programme, rootKey, logKey } = session.invitation;
  const { size, root } = checkpointIn(checkpoint);
  const details = committedDetails(session, size);
  // The id of a programme may have slashes and dots in it: in the name of a file they lead nowhere.
  const name = join(exportDirectory, `${programme.replaceAll(/[^A-Za-z0-9-]/g, '_')}-${size}`);
  const total = size + details.length;
  const lines = bundleLines(
    {
      programme,
      checkpoint,
      size,
      leaves: storedRecords(session.store, 0, size),
      details,
    },
    primitives,
    utf8ToText,
  );
  let done = 0;
  const bundle = openFile(`${name}.custos-audit`);
  files.push(bundle);
  for (const line of lines) {
    bundle.write(`${line}\n`);
    done += 1;
    if (done % linesPerStep !== 0) continue;
    yield { done, total };
    await setImmediate(); // whoever else is at this terminal has their turn
  }
  bundle.finish();

  const trust: Trust = { format: 'custos-trust/1', programme, rootKey, logKey, witnesses: [], witnessQuorum: 0 };
  const journal = openFile(`${name}.journal`);
  files.push(journal);
  const report = verifyBundle(fileLines(bundle.path), trust, primitives, {
    onEntry: (entry, event) => journal.write(entryToJournal(entry, event)),
  });
  journal.finish();
  if (!report.ok)
    return yield {
      result: refuse(
        'not verified',
        'The bundle was written and does not verify.',
        report.firstBad?.why ?? '',
        'Call the security officer.',
      ),
    };
  yield {
    result: ok({
      bundle: bundle.path,
      journal: journal.path,
      events: report.events,
      entries: report.entries,
      size,
      root: bytesToBase64(root),
      verified: report.ok,
    }),
  };
}

/** A sync that was cut off may have taken in more records than the newest checkpoint here covers. */
function checkpointIn(text: string): { readonly size: number; readonly root: Uint8Array } {
  const note = parseNote(text);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  assert(checkpoint.ok, 'a checkpoint was verified before it was kept');
  return checkpoint.value;
}

/** What the records commit to, in their order. Details of events that were refused, or still wait here, are nobody's business. */
function committedDetails({ store }: Session, size: number): EventDetails[] {
  const details = new Map<string, EventDetails>();
  for (const leaf of storedRecords(store, 0, size)) {
    const record = parseRecord(leaf);
    assert(record.ok, 'a record was parsed before it was stored');
    const { event } = record.value;
    if (event.type !== 'instruction.made') continue;
    for (const commitment of commitmentsOf(event.body.instruction)) {
      const one = attachmentBy(store, commitment);
      if (one !== undefined) details.set(commitment, one);
    }
  }
  return [...details.values()];
}

function* fileLines(path: string): Generator<string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  yield* lines;
}

interface OpenFile {
  readonly path: string;
  write(text: string): void;
  finish(): void;
  /** Nothing is left of a file that was not finished. */
  abandon(): void;
}

/** Writes beside the final name and renames once everything is on disk. */
function openFile(path: string): OpenFile {
  const descriptor = openSync(`${path}.part`, 'w', 0o600);
  let pending: string[] = [];
  let size = 0;
  let isOpen = true;
  const flush = () => {
    writeFileSync(descriptor, pending.join('')); // all of it, which one write need not do
    pending = [];
    size = 0;
  };
  return {
    path,
    write(text: string) {
      pending.push(text);
      size += text.length;
      if (size > 1 << 20) flush();
    },
    finish() {
      flush();
      fsyncSync(descriptor);
      closeSync(descriptor);
      isOpen = false;
      moveInto(`${path}.part`, path);
    },
    abandon() {
      if (!isOpen) return;
      closeSync(descriptor);
      isOpen = false;
      rmSync(`${path}.part`, { force: true });
    },
  };
}
