// Unlock: the passphrase and the authenticator's secret together open the vault; then the touch itself is verified.

import { random } from '../../crypto/secret.ts';
import { base64urlToBytes } from '../../shared/bytes.ts';
import type { Assertion } from '../../shared/contract/ceremony.ts';
import type { Request, Status } from '../../shared/contract/terminal.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { requestOptions, verifyAssertion } from '../identity/relying-party.ts';
import { openSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { countAttempt, forgetAttempts, refuseAttempt } from '../vault/attempts.ts';
import { notUnlocked } from '../vault/slots.ts';
import { ceremonySalts, enrolledHere, unlockVault } from '../vault/vault.ts';
import { statusOf } from './status.ts';

export async function unlock(
  terminal: Terminal,
  { operator }: { readonly operator: string },
): Promise<Result<{ request: Request | null }, Refusal>> {
  const { directory, relyingParty } = terminal.parts;
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

export async function unlockStep(
  terminal: Terminal,
  input: {
    readonly operator: string;
    readonly passphrase: string;
    readonly answer: { readonly ceremony: string; readonly assertion: Assertion } | null;
  },
): Promise<Result<Status, Refusal>> {
  const { directory, relyingParty, clock } = terminal.parts;
  const { operator, passphrase, answer } = input;
  const begun = answer === null ? undefined : terminal.unlockings.take(answer.ceremony);
  if (begun !== undefined && !begun.ok) return begun;
  if (begun !== undefined && begun.value.operator !== operator)
    return notUnlocked('wrong security key', 'The touch was for another operator.', 'Start again.');
  const tooMany = refuseAttempt(directory, clock());
  if (tooMany !== undefined) return { ok: false, refusal: tooMany };
  if (enrolledHere(directory).length > 0) countAttempt(directory, clock());
  const output = base64urlToBytes(answer?.assertion.clientExtensionResults.prf?.results?.first ?? '');
  const prf = answer === null || output?.length !== 32 ? null : { credential: answer.assertion.id, output };
  const vault = await unlockVault(directory, operator, { passphrase, prf });
  output?.fill(0);
  if (!vault.ok) return vault;
  const opened = openSession(operator, vault.value, directory, terminal.parts);
  if (!opened.ok) {
    vault.value.lock();
    return opened;
  }
  const session = opened.value;
  if (session.books.get('operator', operator)?.revokedAt !== undefined) {
    session.close();
    return notUnlocked('revoked', 'You were revoked as an operator of this programme.', 'Ask an officer.');
  }
  const credential = session.enrolled()?.credentials.find((one) => one.id === answer?.assertion.id);
  if (begun !== undefined && answer !== null) {
    const verified =
      credential === undefined
        ? notUnlocked('wrong security key', 'This security key is not enrolled here.', 'Use the enrolled one.')
        : await verifyAssertion(relyingParty, begun.value.challenge, credential, answer.assertion);
    if (!verified.ok) {
      session.close();
      return verified;
    }
  }
  forgetAttempts(directory, clock());
  terminal.session?.close();
  terminal.session = session;
  return ok(statusOf(terminal));
}
