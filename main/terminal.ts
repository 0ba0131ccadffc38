// The terminal: what it is made of, and what every operation asks of it first. It lives in a worker and knows neither window
// nor browser.

import { dirname } from 'node:path';
import { diskRefusal } from '../disk/failure.ts';
import { type FileLock, takeLock } from '../disk/lock.ts';
import { makeFolder } from '../disk/write.ts';
import type { Invitation } from '../shared/contract/invitation.ts';
import type { EventId } from '../shared/ids.ts';
import type { Primitives } from '../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import { Ceremonies } from './ceremonies.ts';
import type { Steady } from './host/steady.ts';
import type { RelyingParty } from './identity/relying-party.ts';
import type { PlatformCompare } from './operations/compare-platform.ts';
import type { Enrolment } from './operations/enrol.ts';
import type { StatementImport } from './operations/import-statement.ts';
import type { PendingSignature } from './operations/sign.ts';
import { readOnlyRefusal, type Session } from './session.ts';
import type { Copier } from './store/copier.ts';
import type { Connect, DepositoryClient } from './sync/depository.ts';
import type { Moment } from './vault/attempts.ts';
import { defaultKdf, type Kdf } from './vault/kdf.ts';
import type { Recovering } from './vault/recovering.ts';

export interface TerminalParts {
  /** Where the vault is; made at the first run. */
  readonly directory: string;
  /** Where audit bundles are written. */
  readonly exportDirectory: string;
  /** The host's own: an invitation to another one is refused. */
  readonly relyingParty: RelyingParty;
  /** Whether a passphrase alone may open a vault made here. */
  readonly allowPassphraseOnly: boolean;
  readonly primitives: Primitives;
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
  /** What stretching a passphrase may cost on this machine; the least that is allowed, where nothing is said. */
  readonly calibrate?: () => Promise<Kdf>;
  /** For waits that setting the clock must not shorten. */
  readonly steady: () => Steady;
  readonly newId: (unixMs: number) => EventId;
  /** Where the depository is now, if not where the invitation says. */
  readonly depositoryUrl: string | null;
  /** What the host offers to a new terminal: an invitation, and the id this terminal is to have. */
  readonly offer: { readonly invitation: Invitation; readonly terminal: string } | null;
  readonly connect: Connect;
  /** Copies and checks whole databases, beside the terminal where it can. */
  readonly copier: Copier;
  /** Where the thread that parses statements begins, if not in its source. */
  readonly statementParser?: URL;
  /** Where the schemas of ISO 20022 messages lie; null where there are none, and then no verdict is given. */
  readonly schemaDirectory: string | null;
  /** Where threads that prepare records of the log begin, if not in their source. */
  readonly preparer?: URL;
}

export interface Terminal {
  readonly parts: TerminalParts;
  session: Session | undefined;
  readonly enrolments: Ceremonies<Enrolment>;
  readonly unlockings: Ceremonies<{ readonly operator: string; readonly challenge: Uint8Array }>;
  readonly signatures: Ceremonies<PendingSignature>;
  /** A backup that is being made. It needs the vault's keys, and locks them after it if the terminal was locked meanwhile. */
  backup: { readonly session: Session; lockAfter: boolean } | undefined;
  /** A sync that is under way; there is one at a time. */
  syncing: boolean;
  /** An export that is under way; there is one at a time. */
  exporting: boolean;
  /** Books that are being rebuilt from the log, to be compared; once at a time. */
  rebuilding: boolean;
  /** An unlocking or enrolment that is being judged; there is one at a time. */
  opening: boolean;
  /** Recovery cards that are being handed in; there is one ceremony at a time. */
  recovering: Recovering | undefined;
  /** A statement that is being imported; there is one at a time. */
  importing: StatementImport | null;
  /** A platform's file that is being held against the books. */
  comparing: PlatformCompare | null;
  /** While the vault is open, or being opened: no other process may. */
  hold: FileLock | undefined;
  /** Why the vault could not be opened by somebody who had the factors for it: then it may be replaced by a backup. */
  finding: Refusal | null;
  lastSyncMs: number | null;
  syncRefusal: Refusal | null;
}

export const newTerminal = (parts: TerminalParts): Terminal => ({
  parts,
  session: undefined,
  enrolments: new Ceremonies(parts.clock),
  unlockings: new Ceremonies(parts.clock),
  signatures: new Ceremonies(parts.clock),
  backup: undefined,
  syncing: false,
  exporting: false,
  rebuilding: false,
  opening: false,
  importing: null,
  comparing: null,
  recovering: undefined,
  hold: undefined,
  finding: null,
  lastSyncMs: null,
  syncRefusal: null,
});

/** Keys, open requests and everything read. */
export function forgetEverything(terminal: Terminal): void {
  const { session, backup } = terminal;
  terminal.importing?.forget();
  terminal.importing = null;
  terminal.comparing = null;
  terminal.recovering?.forget();
  terminal.recovering = undefined;
  terminal.session = undefined;
  terminal.enrolments.clear();
  terminal.unlockings.clear();
  terminal.signatures.clear();
  if (session !== undefined && backup?.session === session) {
    backup.lockAfter = true;
    session.closeStore();
  } else session?.close();
  letGo(terminal);
}

/** Two processes must never write one vault. The lock is beside its folder, which is moved when a vault is made. */
function hold(terminal: Terminal): Refusal | undefined {
  const { directory } = terminal.parts;
  const what = 'The vault was not opened.';
  try {
    makeFolder(dirname(directory));
    terminal.hold ??= takeLock(`${directory}.lock`);
  } catch (failure) {
    const refusal = diskRefusal(failure, what);
    if (refusal === undefined) throw failure;
    return refusal;
  }
  if (terminal.hold !== undefined) return undefined;
  const why = 'Another Custos on this machine has it open.';
  return refuse('vault in use', what, why, 'Lock or close the other one, and unlock here.').refusal;
}

function letGo(terminal: Terminal): void {
  if (terminal.opening || terminal.session !== undefined) return;
  terminal.hold?.release();
  terminal.hold = undefined;
}

/** The depository, by all addresses at which it may be, asked in the name of this terminal. */
export function depositoryOf({ parts }: Terminal, session: Session): DepositoryClient {
  const { url, others = [] } = session.invitation;
  return parts.connect([parts.depositoryUrl ?? url, ...others], {
    terminal: session.terminal,
    sign: (message) => session.signAsTerminal(message),
  });
}

/** The session, or the refusal of a locked terminal. */
export function unlocked(terminal: Terminal): Result<Session, Refusal<'locked'>> {
  if (terminal.session !== undefined) return ok(terminal.session);
  return refuse('locked', 'Nothing was done.', 'The terminal is locked.', 'Unlock it first.');
}

/** The session, if this terminal may still sign. */
export function mayWrite(terminal: Terminal): Result<Session, Refusal> {
  const session = unlocked(terminal);
  if (!session.ok) return session;
  const found = session.value.readOnly();
  return found === undefined ? session : { ok: false, refusal: readOnlyRefusal(found) };
}

/** Unlocking and enrolling stretch passphrases, 64 MiB and more each time, and change what the next one finds: one after the other. */
export async function alone<T>(
  terminal: Terminal,
  work: () => Promise<Result<T, Refusal>>,
): Promise<Result<T, Refusal>> {
  if (terminal.opening)
    return refuse('busy', 'Nothing was done.', 'Somebody is being unlocked or enrolled here now.', 'Try again.');
  const inUse = hold(terminal);
  if (inUse !== undefined) return { ok: false, refusal: inUse };
  terminal.opening = true;
  try {
    return await work();
  } finally {
    terminal.opening = false;
    letGo(terminal);
  }
}

export const kdfOf = ({ calibrate }: TerminalParts): Promise<Kdf> => calibrate?.() ?? Promise.resolve(defaultKdf);

export function momentOf({ clock, steady }: Pick<TerminalParts, 'clock' | 'steady'>): Moment {
  const { run, ms } = steady();
  return { wallMs: clock(), run, steadyMs: ms };
}
