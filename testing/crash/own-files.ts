// Our own small files, written as the product writes them: the slot file, head records, failed attempts, the bank's keys. Run by
// itself it writes them; `filesAfter` says what may be read after a power cut.

import { existsSync, mkdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openBankKeys } from '../../depository/keys.ts';
import { attempt, beginAttempts } from '../../main/vault/attempts.ts';
import { readHead, writeHead } from '../../main/vault/head.ts';
import {
  readSlots,
  type SlotBody,
  slotFormat,
  unwrapForRecovery,
  wrapForRecovery,
  wrapTerminalSeed,
  writeSlots,
} from '../../main/vault/slots.ts';
import { slotPath } from '../../main/vault/vault.ts';
import { Redacted } from '../../shared/redacted.ts';
import { refuse } from '../../shared/result.ts';
import { toldTo } from './record.ts';

/** Fixed keys: what is looked at is whether the bytes are there, not who may read them. */
const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const place = { vault: 'crash', epoch: 1, allowPassphraseOnly: false };
const whose = { id: 'crash', epoch: 1 };
const headKey = () => new Redacted(key(3));
const now = { wallMs: Date.parse('2026-11-24T12:00:00Z'), run: 'run', steadyMs: 1000 };
const wrong = refuse('wrong passphrase', 'The vault was not unlocked.', 'It is not the right one.', 'Type it again.');
const times = 4;

/** One kind of file: how it is written again and again, and what an opening sees. */
interface OwnFile {
  /** Writes version `n`, from 1 on. */
  readonly write: (folder: string, n: number) => void | Promise<void>;
  /** The version that is there, 0 for none; throws, or says in words, when it is neither old nor new. */
  readonly read: (folder: string) => number | string;
}

const slotBody = (revision: number): SlotBody => ({
  ...{ format: slotFormat, ...place, revision, terminal: wrapTerminalSeed(place, key(1), key(2)) },
  slots: [wrapForRecovery(place, key(1), key(4), key(5))],
});

export const ownFiles: Readonly<Record<string, OwnFile>> = {
  'slot file': {
    write: (folder, n) => void writeSlots(slotPath(folder), slotBody(n), key(1)),
    read(folder) {
      const file = readSlots(slotPath(folder));
      if (!file.ok) return file.refusal.type === 'no slot' ? 0 : file.refusal.type;
      const root = unwrapForRecovery(file.value, key(4));
      return root.ok ? file.value.revision : root.refusal.type;
    },
  },
  'head record': {
    write: (folder, n) => writeHead(folder, whose, headKey(), { generation: n, size: n, root: '', outbox: n }),
    read: (folder) => readHead(folder, whose, headKey())?.generation ?? 0,
  },
  'failed attempts': {
    async write(folder, n) {
      if (n === 1) beginAttempts(folder, now);
      else await attempt(folder, { who: 'teller', enrolled: ['teller'], now }, () => wrong);
    },
    read(folder) {
      const path = join(folder, 'vault.attempts');
      return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { serial: number }).serial : 0;
    },
  },
  "the bank's keys": {
    write: (folder) => void openBankKeys(join(folder, 'bank-keys.json')),
    read: (folder) =>
      existsSync(join(folder, 'bank-keys.json')) ? openBankKeys(join(folder, 'bank-keys.json')) && 1 : 0,
  },
};

/** What may be found when `told` was the last version that somebody was told of: it, or the next. */
export function isLegal(name: string, told: number, found: number | string): boolean {
  if (name === "the bank's keys") return found === 1 || (told === 0 && found === 0);
  return found === told || found === told + 1;
}

if (import.meta.main) {
  const [name, folder] = process.argv.slice(2) as [string, string];
  mkdirSync(folder, { recursive: true });
  for (let n = 1; n <= times; n++) {
    await ownFiles[name]?.write(folder, n);
    writeSync(toldTo, `${n}\n`);
  }
}
