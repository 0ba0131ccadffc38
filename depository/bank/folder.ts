// File exchange with a bank (host to host): orders are left in `out`, whatever the bank leaves in `in` is taken in once. Files
// appear whole or not at all, the same file is never taken in twice, and what cannot be read is kept apart with its reason.

import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { moveInto, writeSynced } from '../../disk/write.ts';
import { utf8ToText } from '../../shared/bytes.ts';
import type { BankFile } from '../../shared/contract/day.ts';
import { decodeXml } from '../../shared/iso20022/decode.ts';
import { everyFamily } from '../../shared/iso20022/message.ts';
import { type MessageHead, openReader } from '../../shared/iso20022/reader.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { isCustodyText, nameCustodyText } from '../../shared/watch-only.ts';
import { openDatabase } from '../store/open-database.ts';
import type { BankAdapter, BankMessage } from './adapter.ts';

type FileFate = BankFile['fate'];

export interface FolderParts {
  /** Holds `out`, `in`, `done`, `quarantine`, and the record of what was exchanged. */
  readonly directory: string;
  readonly clock: () => number;
  /** A file in `in` is left alone until it has not changed for so long: it may still be on its way. */
  readonly settleMs: number;
  /** Larger files are kept apart; bytes. */
  readonly maxBytes: number;
}

export interface FolderAdapter extends BankAdapter {
  /** Every file and what became of it, newest first. */
  files(limit: number): readonly BankFile[];
  /** Calls back soon after something appears in `in`; returns what ends it. */
  watch(onChange: () => void): () => void;
  close(): void;
}

const schema = `
CREATE TABLE IF NOT EXISTS sent (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, xml TEXT NOT NULL, at INTEGER NOT NULL, written INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS received (
  position INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, hash TEXT NOT NULL, message TEXT, message_id TEXT,
  fate TEXT NOT NULL, why TEXT, at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS received_hash ON received (hash);
CREATE INDEX IF NOT EXISTS received_id ON received (message, message_id);
`;
/** Names under which file transfers write what is not complete yet, and hidden files. */
const unfinished = /^\.|\.(tmp|part|partial|filepart|crdownload|swp)$|~$/i;

export function openFolderAdapter(parts: FolderParts): FolderAdapter {
  const { directory, clock } = parts;
  const folder = (name: 'out' | 'in' | 'done' | 'quarantine' | 'out/.writing') => join(directory, name);
  for (const name of ['out', 'out/.writing', 'in', 'done', 'quarantine'] as const)
    mkdirSync(folder(name), { recursive: true, mode: 0o770 });
  const database = openDatabase(join(directory, 'exchange.sqlite'), schema);
  const sentRow = database.prepare('SELECT name, xml, written FROM sent WHERE id = ?');
  const noteSent = database.prepare('INSERT INTO sent VALUES (?, ?, ?, ?, 0)');
  const noteWritten = database.prepare('UPDATE sent SET written = 1 WHERE id = ?');
  const byHash = database.prepare("SELECT name FROM received WHERE hash = ? AND fate = 'taken in' LIMIT 1");
  const byMessage = database.prepare(
    "SELECT name FROM received WHERE message = ? AND message_id = ? AND fate = 'taken in' LIMIT 1",
  );
  const noteReceived = database.prepare(
    'INSERT INTO received (name, hash, message, message_id, fate, why, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  /** Files handed out by `receive` and not acknowledged yet, by the message's id. */
  const open = new Map<
    string,
    { readonly name: string; readonly message: string; readonly messageId: string | null }
  >();

  /** Bytes are the same however often a crash makes this run again, so that the bank's own check for duplicates holds. */
  function send({ id, xml }: BankMessage): void {
    const known = sentRow.get(id) as { name: string; xml: string; written: number } | undefined;
    if (known?.written === 1) return;
    const name = known?.name ?? `${safeName(id)}.${isCustodyText(xml) ? 'json' : 'xml'}`;
    if (known === undefined) noteSent.run(id, name, xml, clock());
    const draft = join(folder('out/.writing'), name);
    writeSynced(draft, known?.xml ?? xml);
    chmodSync(draft, 0o640); // the transfer that fetches it may be another user of the same group
    moveInto(draft, join(folder('out'), name));
    noteWritten.run(id);
  }

  function receive(): readonly BankMessage[] {
    const messages: BankMessage[] = [];
    for (const name of readdirSync(folder('in')).sort()) {
      const path = join(folder('in'), name);
      if (unfinished.test(name) || !statSync(path).isFile()) continue;
      if (clock() - statSync(path).mtimeMs < parts.settleMs) continue;
      const message = take(name, path);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  function take(name: string, path: string): BankMessage | undefined {
    if (statSync(path).size > parts.maxBytes) {
      const mebibytes = Math.floor(parts.maxBytes / 1_048_576);
      return putAway(name, '', null, null, 'quarantined', `It is larger than ${mebibytes} MiB.`);
    }
    const bytes = readFileSync(path);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const text = textOf(bytes);
    if (!text.ok) return putAway(name, hash, null, null, 'quarantined', text.refusal.why);
    const head = isCustodyText(text.value) ? custodyHead(text.value) : readHeadOf(text.value);
    if (!head.ok) return putAway(name, hash, null, null, 'quarantined', head.refusal.why);
    const { message, messageId } = head.value;
    if (!fromBank.has(head.value.family))
      return putAway(name, hash, message, messageId, 'quarantined', `A bank does not send us ${message}.`);
    const sameFile = byHash.get(hash)?.name as string | undefined;
    if (sameFile !== undefined)
      return putAway(name, hash, message, messageId, 'duplicate', `The same file came as ${sameFile}.`);
    const sameId = messageId === null ? undefined : (byMessage.get(message, messageId)?.name as string | undefined);
    if (sameId !== undefined)
      return putAway(
        name,
        hash,
        message,
        messageId,
        'quarantined',
        `Message ${messageId} came as ${sameId} with other content.`,
      );
    // The hash is the message's id: a crash before it is acknowledged brings the same message again.
    open.set(hash, { name, message, messageId });
    return { id: hash, xml: text.value };
  }

  function putAway(
    name: string,
    hash: string,
    message: string | null,
    messageId: string | null,
    fate: FileFate,
    why: string | null,
  ): undefined {
    noteReceived.run(name, hash, message, messageId, fate, why, clock());
    const target = folder(fate === 'quarantined' ? 'quarantine' : 'done');
    moveAside(join(folder('in'), name), target, clock());
  }

  return {
    send,
    receive,
    acknowledge(id, refused = []) {
      const one = open.get(id);
      if (one === undefined) return; // put away by an earlier acknowledgement
      open.delete(id);
      const why = refused.length === 0 ? null : `Not taken by the books: ${refused.join(' ')}`;
      putAway(one.name, id, one.message, one.messageId, 'taken in', why);
    },
    files(limit) {
      const received = database
        .prepare('SELECT name, message, message_id, fate, why, at FROM received ORDER BY position DESC LIMIT ?')
        .all(limit) as {
        name: string;
        message: string | null;
        message_id: string | null;
        fate: FileFate;
        why: string | null;
        at: number;
      }[];
      const sent = database.prepare('SELECT id, name, at FROM sent ORDER BY at DESC LIMIT ?').all(limit) as {
        id: string;
        name: string;
        at: number;
      }[];
      const waiting = readdirSync(folder('in')).filter((name) => !unfinished.test(name));
      const file = (
        direction: 'out' | 'in',
        [name, message, messageId]: readonly [string, string | null, string | null],
        [fate, why, atMs]: readonly [FileFate, string | null, number],
      ): BankFile => ({ name, direction, atMs, message, messageId, fate, why });
      return [
        ...waiting.map((name) => file('in', [name, null, null], ['waiting', null, clock()])),
        ...received.map((one) => file('in', [one.name, one.message, one.message_id], [one.fate, one.why, one.at])),
        ...sent.map((one) => {
          const fate = existsSync(join(folder('out'), one.name)) ? 'in out' : 'fetched';
          return file('out', [one.name, null, one.id], [fate, null, one.at]);
        }),
      ]
        .sort((a, b) => b.atMs - a.atMs)
        .slice(0, limit);
    },
    watch(onChange) {
      let timer: NodeJS.Timeout | undefined;
      // One call for many files, once the newest of them has settled.
      const soon = () => {
        clearTimeout(timer);
        timer = setTimeout(onChange, parts.settleMs + 50);
      };
      const watcher = watch(folder('in'), soon);
      return () => {
        clearTimeout(timer);
        watcher.close();
      };
    },
    close: () => database.close(),
  };
}

const custody = 'custody';
const fromBank = new Set([custody, 'pain.002', 'camt.052', 'camt.053', 'camt.054', 'camt.029']);

/** XML in its declared encoding, or the JSON of a custodian, which is UTF-8. */
function textOf(bytes: Uint8Array): Result<string, Refusal> {
  if (
    !isCustodyText(
      Buffer.from(bytes.subarray(0, 64))
        .toString('latin1')
        .replace(/^\xEF\xBB\xBF/, ''),
    )
  )
    return decodeXml(bytes);
  try {
    return ok(utf8ToText(bytes));
  } catch {
    return refuse('malformed', 'The file was not taken in.', 'It is not UTF-8.', 'Ask the custodian for a right one.');
  }
}

/** A file of whoever keeps digital assets, read as far as its name. */
function custodyHead(text: string): Result<Pick<MessageHead, 'message' | 'messageId' | 'family'>, Refusal> {
  const named = nameCustodyText(text);
  return named.ok ? ok({ message: named.value.format, messageId: named.value.id, family: custody }) : named;
}

/** What message a file is; refused when it is not well-formed to its end. */
function readHeadOf(text: string): Result<MessageHead, Refusal> {
  const reader = openReader(everyFamily);
  for (const step of [reader.write(text), reader.end()]) if (!step.ok) return step;
  if (reader.head !== null) return ok(reader.head);
  const why =
    reader.unreadMessage === null ? 'It is no ISO 20022 message.' : `${reader.unreadMessage} is not read here.`;
  return refuse('not a message', 'The file was not taken in.', why, 'Ask the bank what it is.');
}

/** Only characters that every file system and transfer takes. */
const safeName = (id: string): string => id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 80);

/** Into another folder under a name that nothing there has. */
function moveAside(path: string, target: string, nowMs: number): void {
  const name = basename(path);
  for (let n = 0; ; n++) {
    const free = join(target, n === 0 ? name : `${new Date(nowMs).toISOString().replaceAll(':', '')}-${n}-${name}`);
    if (existsSync(free)) continue;
    moveInto(path, free);
    return;
  }
}
