// Where the terminal stands, for the frame around every screen.

import { bytesToBase64 } from '../../shared/bytes.ts';
import type { Status } from '../../shared/contract/terminal.ts';
import { isDue, overdueSince } from '../back-up.ts';
import { missingRecord } from '../recorded.ts';
import { notRejoined } from '../rejoin.ts';
import type { Session } from '../session.ts';
import { readPlan } from '../store/backup-plan.ts';
import { lastOf } from '../store/diary.ts';
import { outboxCounts } from '../store/outbox.ts';
import { readSetting } from '../store/settings.ts';
import type { Terminal } from '../terminal.ts';
import { lostVault } from '../vault/lost-vault.ts';
import { enrolledHere } from '../vault/vault.ts';

export function statusOf({ parts, session, finding, backup, lastSyncMs, syncRefusal }: Terminal): Status {
  const people = enrolledHere(parts.directory).map((one) => one.operator);
  const offered = parts.offer && {
    programme: parts.offer.invitation.programme,
    name: parts.offer.invitation.name,
    terminal: parts.offer.terminal,
  };
  if (session === undefined) {
    const lost = lostVault(parts.directory);
    const phase = lost !== undefined ? 'lost' : people.length === 0 ? 'new' : 'locked';
    return {
      phase,
      finding: lost ?? finding,
      people,
      offered: phase === 'new' ? offered : null,
      programme: null,
      terminal: null,
      operator: null,
      hasRecovery: false,
      vault: null,
      lastSyncMs: null,
      syncRefusal: null,
      missingRecord: null,
      mustSync: false,
      readOnly: null,
      readOnlySince: null,
      counted: { done: 0, total: 0 },
      log: { size: 0, root: '', checkpoint: null },
      outbox: { queued: 0, refused: 0 },
    };
  }
  return {
    phase: 'unlocked',
    finding: null,
    people,
    offered: null,
    programme: session.invitation.programme,
    terminal: session.terminal,
    operator: { id: session.operator, role: session.books.get('operator', session.operator)?.role ?? null },
    hasRecovery: session.vault.hasRecovery(),
    vault: vaultStatus(session, backup !== undefined, parts.clock()),
    lastSyncMs,
    syncRefusal,
    missingRecord: missingRecord(session) ?? null,
    mustSync: notRejoined(session) !== undefined,
    readOnly: session.readOnly() ?? null,
    readOnlySince: session.readOnly() === undefined ? null : (lastOf(session.store, 'made read-only')?.at ?? null),
    counted: session.counted,
    log: {
      size: session.tree.size,
      root: bytesToBase64(session.tree.root()),
      checkpoint: readSetting(session.store, 'checkpoint') ?? null,
    },
    outbox: outboxCounts(session.store),
  };
}

function vaultStatus(session: Session, isRunning: boolean, nowMs: number): Status['vault'] {
  const { store, vault } = session;
  const plan = readPlan(store);
  const made = lastOf(store, 'backup made');
  const failed = plan?.failedAt === undefined ? undefined : lastOf(store, 'backup failed');
  return {
    epoch: vault.epoch,
    keysChanged: lastOf(store, 'keys changed') ?? null,
    backup: {
      isPlanned: plan !== undefined,
      isRunning,
      isDue: isDue(session, nowMs),
      overdueSince: overdueSince(session, nowMs) ?? null,
      lastAt: made === undefined ? null : String(made.facts.madeAt),
      failed: failed === undefined ? null : String(failed.facts.why),
    },
  };
}
