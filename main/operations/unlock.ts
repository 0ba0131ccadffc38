// Unlock: the passphrase and the authenticator's secret together open the vault; then the touch itself is verified.

import { random } from '../../crypto/secret.ts';
import { base64urlToBytes } from '../../shared/bytes.ts';
import type { Assertion } from '../../shared/contract/ceremony.ts';
import type { Request, Status } from '../../shared/contract/terminal.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { requestOptions, verifyAssertion } from '../identity/relying-party.ts';
import { openSession, type Session } from '../session.ts';
import { writeDiary } from '../store/diary.ts';
import { readSetting, writeSetting } from '../store/settings.ts';
import { alone, forgetEverything, kdfOf, momentOf, type Terminal } from '../terminal.ts';
import { attempt, type Failures, forgive } from '../vault/attempts.ts';
import { quickMs } from '../vault/calibrate.ts';
import { lostVault } from '../vault/lost-vault.ts';
import { type Factors, notUnlocked } from '../vault/slots.ts';
import { ceremonySalts, enrolledHere, unlockVault, type Vault } from '../vault/vault.ts';
import { statusOf } from './status.ts';

export async function unlock(
  terminal: Terminal,
  { operator }: { readonly operator: string },
): Promise<Result<{ request: Request | null }, Refusal>> {
  const { directory, relyingParty } = terminal.parts;
  const lost = lostVault(directory);
  if (lost !== undefined) return { ok: false, refusal: lost };
  if (!enrolledHere(directory).some((one) => one.operator === operator))
    return notUnlocked('no slot', 'You are not enrolled on this terminal.', 'Ask an officer to enrol you here.');
  const salts = ceremonySalts(directory, operator);
  if (salts === undefined) return ok({ request: null });
  const challenge = random(32);
  const options = await requestOptions(relyingParty, {
    challenge,
    credentials: [{ id: salts.credential, salts: { first: salts.prfSalt, second: salts.signSalt } }],
  });
  return ok({ request: { kind: 'get', ceremony: terminal.unlockings.begin({ operator, challenge }), options } });
}

interface Answered {
  readonly operator: string;
  readonly passphrase: string;
  readonly answer: { readonly ceremony: string; readonly assertion: Assertion } | null;
}

export const unlockStep = (terminal: Terminal, input: Answered): Promise<Result<Status, Refusal>> =>
  alone(terminal, async () => {
    const { directory } = terminal.parts;
    const { operator: who, answer } = input;
    // An answer to nothing is no guess, and is not counted as one.
    const begun = answer === null ? ok(null) : terminal.unlockings.take(answer.ceremony);
    if (!begun.ok) return begun;
    if (begun.value !== null && begun.value.operator !== who)
      return notUnlocked('wrong security key', 'The touch was for another operator.', 'Start again.');
    const challenge = begun.value?.challenge ?? null;
    const enrolled = enrolledHere(directory).map((one) => one.operator);
    const session = await attempt(directory, { who, enrolled, now: momentOf(terminal.parts) }, () =>
      open(terminal, input, challenge),
    );
    if (!session.ok) return session;
    try {
      keepFailures(session.value, forgive(directory, who, momentOf(terminal.parts)), terminal.parts.clock());
    } catch (failure) {
      session.value.close(); // whoever was unlocked before stays so
      throw failure;
    }
    forgetEverything(terminal);
    terminal.session = session.value;
    return ok(statusOf(terminal));
  });

async function open(
  terminal: Terminal,
  { operator, passphrase, answer }: Answered,
  challenge: Uint8Array | null,
): Promise<Result<Session, Refusal>> {
  const { parts } = terminal;
  const { directory } = parts;
  const output = base64urlToBytes(answer?.assertion.clientExtensionResults.prf?.results?.first ?? '');
  const prf = answer === null || output?.length !== 32 ? null : { credential: answer.assertion.id, output };
  const factors = { passphrase, prf };
  const begunMs = parts.steady().ms;
  const vault = await unlockVault(directory, operator, factors);
  const tookMs = parts.steady().ms - begunMs;
  try {
    return vault.ok ? await enter(terminal, vault.value, { operator, answer, challenge, factors, tookMs }) : vault;
  } finally {
    output?.fill(0);
  }
}

interface Entering extends Pick<Answered, 'operator' | 'answer'> {
  readonly challenge: Uint8Array | null;
  /** What opened the vault, and how long it took. */
  readonly factors: Factors;
  readonly tookMs: number;
}

async function enter(
  terminal: Terminal,
  vault: Vault,
  { operator, answer, challenge, factors, tookMs }: Entering,
): Promise<Result<Session, Refusal>> {
  const { parts } = terminal;
  const { directory, relyingParty } = parts;
  const opened = openSession(operator, vault, directory, parts);
  if (!opened.ok) {
    vault.lock();
    terminal.finding = opened.refusal;
    return opened;
  }
  terminal.finding = null;
  const session = opened.value;
  if (session.books.get('operator', operator)?.revokedAt !== undefined) {
    session.close();
    return notUnlocked('revoked', 'You were revoked as an operator of this programme.', 'Ask an officer.');
  }
  const credential = session.enrolled()?.credentials.find((one) => one.id === answer?.assertion.id);
  if (challenge !== null && answer !== null) {
    const verified =
      credential === undefined
        ? notUnlocked('wrong security key', 'This security key is not enrolled here.', 'Use the enrolled one.')
        : await verifyAssertion(relyingParty, challenge, credential, answer.assertion);
    if (!verified.ok) {
      session.close();
      return verified;
    }
  }
  // This machine is faster than the one that the slot was made on, or was busy then.
  if (tookMs < quickMs && parts.calibrate !== undefined && session.readOnly() === undefined) {
    try {
      await vault.strengthen(operator, factors, await kdfOf(parts));
    } catch (failure) {
      session.close();
      throw failure;
    }
  }
  return ok(session);
}

/** What went before goes into the diary, and whether the record of it was taken away or put back. */
export function keepFailures(session: Session, { found, serial, failures }: Failures, nowMs: number): void {
  const { store, operator } = session;
  const remembered = Number(readSetting(store, 'attempts') ?? '0');
  const at = msToInstant(nowMs);
  session.note(() => {
    if (found < remembered) writeDiary(store, { at, what: 'attempts record lost', operator, facts: {} });
    const [first, last] = [failures.at(0), failures.at(-1)];
    if (first !== undefined && last !== undefined)
      writeDiary(store, {
        at,
        what: 'unlocks failed',
        operator,
        facts: {
          count: failures.length,
          first: msToInstant(first.atMs),
          last: msToInstant(last.atMs),
          who: [...new Set(failures.map((one) => one.who))].join(', '),
        },
      });
    writeSetting(store, 'attempts', String(serial));
  });
}
