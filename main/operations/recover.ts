// Recover: the ceremony in which officers and custodians bring their cards. As a drill it proves that they open this vault, and
// changes nothing; as a real recovery one person gets a new passphrase, and the vault new keys that nothing of before opens.

import { join } from 'node:path';
import { random } from '../../crypto/secret.ts';
import { diskRefusal } from '../../disk/failure.ts';
import { makeFolder, replaceFile } from '../../disk/write.ts';
import { base64urlToBytes, bytesToBase64url } from '../../shared/bytes.ts';
import { canonicalBytes, canonicalText } from '../../shared/canonical.ts';
import type { Assertion } from '../../shared/contract/ceremony.ts';
import type { Request, Status } from '../../shared/contract/terminal.ts';
import type { CardsView, DrillReport, DrillResult } from '../../shared/contract/vault.ts';
import type { RecordRecovery } from '../../shared/instruction/record-recovery.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { changeKeys } from '../change-keys.ts';
import { requestOptions, verifyAssertion } from '../identity/relying-party.ts';
import { openSession, readOnlyRefusal, type Session } from '../session.ts';
import { writeDiary } from '../store/diary.ts';
import { writeSetting } from '../store/settings.ts';
import { alone, forgetEverything, kdfOf, momentOf, type Terminal, unlocked } from '../terminal.ts';
import { attempt, forgive, recoveryShares } from '../vault/attempts.ts';
import { Recovering } from '../vault/recovering.ts';
import type { RecoveryGroup } from '../vault/recovery.ts';
import { notUnlocked } from '../vault/slots.ts';
import { ceremonySalts, enrolledHere, hasShares, recoverVault, type Vault } from '../vault/vault.ts';
import { isOfficer } from './backup.ts';
import { checkBackup } from './check-backup.ts';
import { minPassphrase } from './enrol.ts';
import { statusOf } from './status.ts';
import { keepFailures } from './unlock.ts';

export function beginRecovery(
  terminal: Terminal,
  { purpose }: { readonly purpose: 'drill' | 'real' },
): Result<{ ceremony: string }, Refusal> {
  const what = 'No ceremony was begun.';
  if (purpose === 'drill') {
    const session = unlocked(terminal);
    if (!session.ok) return session;
    if (!isOfficer(session.value))
      return refuse('not entitled', what, 'Only an officer leads a recovery drill.', 'Ask an officer.');
    if (!session.value.vault.hasRecovery())
      return refuse('no slot', what, 'This vault has no recovery shares.', 'Make them first.');
  } else if (terminal.session !== undefined)
    return refuse('state', what, 'The vault is open: nothing has to be recovered.', 'Lock it, if it must be.');
  else if (enrolledHere(terminal.parts.directory).length === 0)
    return refuse('state', what, 'There is no vault here.', 'Restore a backup first.');
  else if (!hasShares(terminal.parts.directory))
    return refuse(
      'no shares',
      what,
      'No recovery shares were made for this vault, or they were used.',
      'Somebody else who is enrolled here unlocks it; or restore a backup that has shares.',
    );
  const ceremony = bytesToBase64url(random(16));
  terminal.recovering?.forget();
  terminal.recovering = new Recovering(ceremony, purpose, terminal.parts.clock());
  return ok({ ceremony });
}

/** The ceremony that is under way, if it is this one and of this purpose. */
function underWay(terminal: Terminal, ceremony: string, purpose?: 'drill' | 'real'): Result<Recovering, Refusal> {
  const one = terminal.recovering;
  if (one?.hasRunOut(terminal.parts.clock())) end(terminal);
  if (terminal.recovering?.id === ceremony && (purpose ?? one?.purpose) === one?.purpose && one !== undefined)
    return ok(one);
  return refuse('no ceremony', 'Nothing was done.', 'This ceremony has ended or run out.', 'Begin again.');
}

function end(terminal: Terminal): void {
  terminal.recovering?.forget();
  terminal.recovering = undefined;
}

export function endRecovery(terminal: Terminal): Result<Record<string, never>, Refusal> {
  end(terminal);
  return ok({});
}

export function recoveryCard(
  terminal: Terminal,
  { ceremony, words }: { readonly ceremony: string; readonly words: string },
): Result<{ group: RecoveryGroup; member: number; cards: CardsView }, Refusal> {
  const begun = underWay(terminal, ceremony);
  if (!begun.ok) return begun;
  const taken = begun.value.take(words, terminal.parts.clock());
  if (!taken.ok) return taken;
  const { group, member } = taken.value;
  return ok({ group, member, cards: begun.value.view() });
}

/** Joins the cards and opens the vault, as one attempt. Cards that do not fit end the ceremony. */
async function joinCards(terminal: Terminal, recovering: Recovering): Promise<Result<Vault, Refusal>> {
  const { directory } = terminal.parts;
  if (!recovering.view().isEnough)
    return refuse('too few cards', 'The vault was not opened.', 'Cards are still missing.', 'Hand in the next card.');
  const by = { who: recoveryShares, enrolled: enrolledHere(directory).map((one) => one.operator) };
  const opened = await attempt(directory, { ...by, now: momentOf(terminal.parts) }, () =>
    recoverVault(directory, recovering.shares()),
  );
  // Whoever has to wait need not type the cards again.
  if (!opened.ok && opened.refusal.type !== 'too many attempts') end(terminal);
  return opened;
}

export async function drill(
  terminal: Terminal,
  { ceremony, backup }: { readonly ceremony: string; readonly backup: string | null },
): Promise<Result<DrillResult, Refusal>> {
  const [begun, open] = [underWay(terminal, ceremony, 'drill'), unlocked(terminal)];
  if (!begun.ok) return begun;
  if (!open.ok) return open;
  const [recovering, session, { clock }] = [begun.value, open.value, terminal.parts];
  const { directory } = session;
  const openingMs = clock();
  const joined = await joinCards(terminal, recovering);
  if (!joined.ok) {
    if (terminal.recovering === undefined && terminal.session === session) noteRefused(session, clock());
    return joined;
  }
  const opens = joined.value.isSameAs(session.vault);
  joined.value.lock();
  if (!opens) {
    end(terminal);
    return refuse('slots put back', 'The drill failed.', 'The cards open another vault.', 'Call the security officer.');
  }
  keepFailures(session, forgive(directory, recoveryShares, momentOf(terminal.parts)), clock());
  const openedMs = clock();
  const shares = sharesOf(recovering);
  const cards = recovering.shares();
  const tried = backup === null ? null : await tryBackup(terminal, backup, cards);
  const endedMs = clock();
  end(terminal);
  if (terminal.session !== session)
    return refuse('locked', 'No report was written.', 'The terminal was locked.', 'Unlock it, and begin again.');
  const report: DrillReport = {
    format: 'custos-drill/1',
    terminal: session.terminal,
    vault: session.vault.id,
    epoch: session.vault.epoch,
    operator: session.operator,
    startedAt: msToInstant(recovering.startedMs),
    endedAt: msToInstant(endedMs),
    shares,
    steps: [
      ...recovering.cardMs.map((ms) => ({ step: 'card' as const, ms })),
      { step: 'opening', ms: openedMs - openingMs },
      ...(tried === null ? [] : [{ step: 'backup' as const, ms: endedMs - openedMs }]),
    ],
    outcome: 'opened',
    backup: tried,
  };
  return keepReport(terminal, session, report);
}

const sharesOf = (recovering: Recovering) => {
  const { officers, custodians } = recovering.view();
  return { officers: officers.given, custodians: custodians.given };
};

const noteRefused = (session: Session, nowMs: number): void =>
  session.commit(() =>
    writeDiary(session.store, {
      at: msToInstant(nowMs),
      what: 'recovery drill',
      operator: session.operator,
      facts: { outcome: 'refused' },
    }),
  );

async function tryBackup(terminal: Terminal, path: string, cards: readonly string[]): Promise<DrillReport['backup']> {
  for await (const step of checkBackup(terminal, { path })) {
    if (!('result' in step)) continue;
    if (!step.result.ok) return { name: path, isSound: false, sharesOpenIt: false, why: step.result.refusal.why };
    const opened = recoverVault(path, cards);
    if (opened.ok) opened.value.lock();
    const why = opened.ok ? '' : 'It was made under other recovery shares.';
    return { name: step.result.value.name, isSound: true, sharesOpenIt: opened.ok, why };
  }
  return null;
}

function keepReport(terminal: Terminal, session: Session, report: DrillReport): Result<DrillResult, Refusal> {
  const { parts } = terminal;
  const digest = bytesToBase64url(parts.primitives.sha256(canonicalBytes(report)));
  const stamp = report.endedAt.replaceAll(/[^0-9TZ]/g, '');
  const path = join(parts.exportDirectory, `recovery-drill-${report.terminal}-${stamp}`);
  const [json, text] = [`${path}.json`, `${path}.txt`];
  const { epoch, operator, startedAt, endedAt, shares } = report;
  session.commit(() =>
    writeDiary(session.store, {
      at: endedAt,
      what: 'recovery drill',
      operator,
      // In full, so that the report can be shown when the file is gone.
      facts: { outcome: 'opened', digest, report: canonicalText(report) },
    }),
  );
  try {
    makeFolder(parts.exportDirectory);
    replaceFile(json, canonicalText(report));
    replaceFile(text, plainText(report, digest));
  } catch (failure) {
    const refusal = diskRefusal(failure, 'The drill passed and is in the diary; its report was not exported.');
    if (refusal === undefined) throw failure;
    return { ok: false, refusal };
  }
  const draft: RecordRecovery | null =
    session.programme() === undefined
      ? null
      : {
          kind: 'record recovery',
          purpose: 'drill',
          terminal: session.terminal,
          vault: report.vault,
          epoch,
          shares,
          outcome: 'opened',
          startedAt: startedAt as RecordRecovery['startedAt'],
          endedAt: endedAt as RecordRecovery['endedAt'],
          report: digest,
        };
  return ok({ report, digest, json, text, draft });
}

function plainText(report: DrillReport, digest: string): string {
  const { backup, shares } = report;
  return [
    'Recovery drill',
    `Terminal:   ${report.terminal}`,
    `Vault:      ${report.vault}, keys of epoch ${report.epoch}`,
    `Led by:     ${report.operator}`,
    `From, to:   ${report.startedAt}, ${report.endedAt}`,
    `Cards:      ${shares.officers} of officers, ${shares.custodians} of custodians`,
    ...report.steps.map(({ step, ms }, i) => `Step ${i + 1}:     ${step}, ${(ms / 1000).toFixed(1)} s`),
    'Result:     the cards open this vault; nothing was changed',
    backup === null
      ? 'Backup:     none was named'
      : `Backup:     ${backup.name}: ${backup.isSound ? 'sound' : 'NOT SOUND'}, ${backup.sharesOpenIt ? 'the cards open it' : 'the cards DO NOT open it'} ${backup.why}`.trim(),
    `SHA-256 of the canonical report: ${digest}`,
    '',
  ].join('\n');
}

/** Cards that opened the vault wait, as the vault, for the touch of the one who gets it back. */
export async function recover(
  terminal: Terminal,
  { ceremony, operator }: { readonly ceremony: string; readonly operator: string },
): Promise<Result<{ request: Request }, Refusal>> {
  const begun = underWay(terminal, ceremony, 'real');
  if (!begun.ok) return begun;
  if (!begun.value.view().isEnough)
    return refuse('too few cards', 'The vault was not opened.', 'Cards are still missing.', 'Hand in the next card.');
  const salts = ceremonySalts(terminal.parts.directory, operator);
  if (salts === undefined)
    return notUnlocked('no slot', 'You have no security key on this terminal.', 'Somebody enrolled here must do it.');
  const challenge = random(32);
  const options = await requestOptions(terminal.parts.relyingParty, {
    challenge,
    credentials: [{ id: salts.credential, salts: { first: salts.prfSalt, second: salts.signSalt } }],
  });
  begun.value.asked = { operator, challenge };
  return ok({ request: { kind: 'get', ceremony, options } });
}

interface Answered {
  readonly ceremony: string;
  readonly passphrase: string;
  readonly assertion: Assertion;
}

export const recoverStep = (terminal: Terminal, answered: Answered): Promise<Result<Status, Refusal>> =>
  alone(terminal, async () => {
    const { directory, clock } = terminal.parts;
    const begun = underWay(terminal, answered.ceremony, 'real');
    if (!begun.ok) return begun;
    const recovering = begun.value;
    const { asked } = recovering;
    recovering.asked = undefined;
    const what = 'The vault was not recovered.';
    if (asked === undefined) return refuse('no ceremony', what, 'No touch was asked for.', 'Choose the person again.');
    if (answered.passphrase.normalize('NFC').length < minPassphrase)
      return refuse(
        'passphrase too short',
        what,
        `The passphrase has fewer than ${minPassphrase} characters.`,
        'Choose a longer one: four or more words that do not belong together.',
      );
    const vault = await joinCards(terminal, recovering);
    if (!vault.ok) return vault;
    const failures = forgive(directory, recoveryShares, momentOf(terminal.parts));
    const opened = openSession(asked.operator, vault.value, directory, terminal.parts);
    if (!opened.ok) {
      vault.value.lock();
      terminal.finding = opened.refusal;
      return opened;
    }
    terminal.finding = null;
    const session = opened.value;
    const refused = await renew(terminal, session, asked.challenge, answered);
    if (refused !== undefined) {
      session.close();
      return { ok: false, refusal: refused };
    }
    keepFailures(session, failures, clock());
    const changed = rekey(terminal, session, recovering);
    if (!changed.ok) {
      session.close();
      return changed;
    }
    forgetEverything(terminal); // the cards too
    terminal.session = changed.value;
    return ok(statusOf(terminal));
  });

/** The person's own security key, verified, and their new passphrase. */
async function renew(
  { parts }: Terminal,
  session: Session,
  challenge: Uint8Array,
  { passphrase, assertion }: Answered,
): Promise<Refusal | undefined> {
  const { operator, books, vault } = session;
  const found = session.readOnly();
  if (found !== undefined) return readOnlyRefusal(found);
  if (books.get('operator', operator)?.revokedAt !== undefined)
    return refuse('revoked', 'The vault was not recovered.', 'You were revoked as an operator.', 'Ask an officer.')
      .refusal;
  const credential = session.enrolled()?.credentials.find((one) => one.id === assertion.id);
  if (credential === undefined)
    return refuse(
      'wrong security key',
      'The vault was not recovered.',
      'This security key is not enrolled here.',
      'Use the enrolled one.',
    ).refusal;
  const verified = await verifyAssertion(parts.relyingParty, challenge, credential, assertion);
  if (!verified.ok) return verified.refusal;
  const output = base64urlToBytes(assertion.clientExtensionResults.prf?.results?.first ?? '');
  const prf = output?.length === 32 ? { credential: assertion.id, output } : null;
  const renewed = await vault.renewPerson(operator, { passphrase, prf }, await kdfOf(parts));
  output?.fill(0);
  return renewed.ok ? undefined : renewed.refusal;
}

/** New keys for everybody who has a way in; the cards are left behind. What happened must go on record before anything is signed. */
function rekey(terminal: Terminal, session: Session, recovering: Recovering): Result<Session, Refusal> {
  const { clock, primitives } = terminal.parts;
  const { vault, store, operator } = session;
  const endedAt = msToInstant(clock());
  const facts = {
    terminal: session.terminal,
    vault: vault.id,
    epoch: vault.epoch + 1,
    shares: sharesOf(recovering),
    outcome: 'opened' as const,
    startedAt: msToInstant(recovering.startedMs),
    endedAt,
  };
  const report = { format: 'custos-recovery/1', operator, ...facts };
  const digest = bytesToBase64url(primitives.sha256(canonicalBytes(report)));
  const draft: RecordRecovery = { kind: 'record recovery', purpose: 'real', ...facts, report: digest };
  session.commit(() => {
    writeDiary(store, { at: endedAt, what: 'recovered', operator, facts: { digest, report: canonicalText(report) } });
    writeSetting(store, 'recovered', JSON.stringify(draft));
  });
  return changeKeys(session, { stays: (slot) => slot.kind !== 'D', why: 'recovered with shares' }, terminal.parts);
}
