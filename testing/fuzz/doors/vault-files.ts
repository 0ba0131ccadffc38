// The small files beside a vault: slots, head record, record of failed attempts. Whatever they hold, reading them is no
// failure, takes bounded work, and never gives another key or another past than the true one.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { attempt, beginAttempts, forgive } from '../../../main/vault/attempts.ts';
import { type Head, headPath, readHead, writeHead } from '../../../main/vault/head.ts';
import { defaultKdf } from '../../../main/vault/kdf.ts';
import {
  ceremonySalts,
  createVault,
  enrolledHere,
  recoverVault,
  slotPath,
  unlockVault,
} from '../../../main/vault/vault.ts';
import { bytesToHex } from '../../../shared/bytes.ts';
import { type Refusal, refuse } from '../../../shared/result.ts';
import { type Door, Finding, newDoor } from '../door.ts';
import { changedBytes, changedJson, toJsonText } from '../inputs.ts';
import { expectNoLeak, Secrets } from '../leaks.ts';

const passphrase = 'four unrelated words of a fuzzer';
const prf = { credential: 'A'.repeat(22), output: new Uint8Array(32).fill(9) };

export async function openVaultFilesDoor(): Promise<Door> {
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  const vaultFolder = join(directory, 'vault');
  mkdirSync(vaultFolder);
  const salts = [1, 2, 3].map((n) => new Uint8Array(32).fill(n)) as [Uint8Array, Uint8Array, Uint8Array];
  const factors = { passphrase, prf };
  const person = { operator: 'li', factors, salts, signOutput: new Uint8Array(32).fill(8), kdf: defaultKdf };
  const { vault } = await createVault(vaultFolder, { allowPassphraseOnly: false }, person, () => null);
  const shares = vault.addRecovery({ officers: [2, 3], custodians: [1, 1] });
  const trueKey = bytesToHex(vault.databaseKey().reveal());
  const whose = { id: vault.id, epoch: vault.epoch };
  const head: Head = { generation: 7, size: 3, root: 'A'.repeat(43), outbox: 2 };
  writeHead(vaultFolder, whose, vault.headKey(), head);
  const now = { wallMs: Date.parse('2026-11-24T08:00:00Z'), run: 'fuzz', steadyMs: 1_000 };
  beginAttempts(vaultFolder, now);
  const secrets = new Secrets()
    .add('the key of the database', vault.databaseKey().reveal())
    .add('a passphrase', passphrase);
  for (const share of [...shares.officers, ...shares.custodians]) secrets.add('a recovery share', share);

  const paths = {
    slots: slotPath(vaultFolder),
    head: headPath(vaultFolder, whose.epoch, head.generation),
    attempts: join(vaultFolder, 'vault.attempts'),
  };
  type File = keyof typeof paths;
  const genuine = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, readFileSync(path)])) as Record<
    File,
    Buffer
  >;
  const allShares = [...shares.officers.slice(0, 2), ...shares.custodians];

  const expectWords = (refusal: Refusal): void => {
    const text = Object.values(refusal).join(' ');
    if (text.length > 1_000) throw new Finding(`a refusal of ${text.length} characters`);
    expectNoLeak(text, secrets);
  };
  const reads: Record<File, () => Promise<void> | void> = {
    async slots() {
      enrolledHere(vaultFolder);
      ceremonySalts(vaultFolder, 'li');
      for (const opened of [await unlockVault(vaultFolder, 'li', factors), recoverVault(vaultFolder, allShares)]) {
        if (!opened.ok) expectWords(opened.refusal);
        else if (bytesToHex(opened.value.databaseKey().reveal()) !== trueKey)
          throw new Finding('it opens to another key');
      }
    },
    head() {
      const read = readHead(vaultFolder, whose, vault.headKey());
      if (read !== undefined && JSON.stringify(read) !== JSON.stringify(head))
        throw new Finding('another past is believed');
    },
    async attempts() {
      const wrong = () => refuse('wrong passphrase', 'The vault was not unlocked.', 'It is wrong.', 'Type it again.');
      let judged = 0;
      for (let i = 0; i < 40; i++) {
        const outcome = await attempt(vaultFolder, { who: 'li', enrolled: ['li'], now }, wrong);
        if (outcome.ok) throw new Finding('a wrong attempt was right');
        expectWords(outcome.refusal);
        if (outcome.refusal.type === 'wrong passphrase') judged += 1;
      }
      // Whoever writes the file writes zeros as well; what must not be is that the counting itself ends.
      if (judged > 5) throw new Finding(`${judged} attempts in the same moment were judged`);
      forgive(vaultFolder, 'li', now);
    },
  };

  async function judge({ file, bytes }: { file: File; bytes: Uint8Array }): Promise<void> {
    writeFileSync(paths[file], bytes);
    try {
      await reads[file]();
      if (file !== 'attempts' && !readFileSync(paths[file]).equals(Buffer.from(bytes)))
        throw new Finding('reading changed it');
    } finally {
      writeFileSync(paths[file], genuine[file]);
    }
  }
  const inputs = fc.constantFrom<File>('slots', 'head', 'attempts').chain((file) =>
    fc
      .oneof(
        changedBytes([genuine[file]]),
        changedJson([JSON.parse(genuine[file].toString('utf8'))]).map((value) =>
          new TextEncoder().encode(toJsonText(value)),
        ),
      )
      .map((bytes) => ({ file, bytes })),
  );
  return newDoor('vault-files', inputs, judge, () => rmSync(directory, { recursive: true }));
}
