// Enrol: a person with a passphrase and an authenticator becomes able to unlock this terminal and to sign on it. The first
// person of a terminal makes the vault (first run). The authenticator's PRF is measured twice before it is relied on.

import { existsSync, rmSync } from 'node:fs';
import { ed25519PublicKey, mac, random } from '../../crypto/secret.ts';
import { moveInto, syncFolder } from '../../disk/write.ts';
import { base64urlToBytes, bytesEqual, bytesToBase64url, utf8 } from '../../shared/bytes.ts';
import type { Assertion, Registration } from '../../shared/contract/ceremony.ts';
import type { Invitation } from '../../shared/contract/invitation.ts';
import type { Creation, Request } from '../../shared/contract/terminal.ts';
import type { Operator, Role, Terminal as TerminalRecord } from '../../shared/operator.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import {
  creationOptions,
  type PrfOutputs,
  type PublicCredential,
  requestOptions,
  verifyAssertion,
  verifyRegistration,
} from '../identity/relying-party.ts';
import { openSession, type Session } from '../session.ts';
import { migrate } from '../store/migrate.ts';
import { migrations } from '../store/migrations/all.ts';
import { openStore } from '../store/open.ts';
import { writeSetting } from '../store/settings.ts';
import { alone, kdfOf, mayWrite, momentOf, type Terminal, unlocked } from '../terminal.ts';
import { beginAttempts } from '../vault/attempts.ts';
import { lostVault } from '../vault/lost-vault.ts';
import { createVault, databasePath, type NewPerson, slotPath } from '../vault/vault.ts';

interface Person {
  readonly operator: string;
  readonly role: Role;
  readonly staffId: string;
  readonly passphrase: string;
}

interface Begun extends Person {
  /** Slot, PRF for unlocking, PRF for signing. */
  readonly salts: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly challenge: Uint8Array;
  /** Present for the first person of a terminal. */
  readonly founding: { readonly invitation: Invitation; readonly terminal: string } | null;
}

/** What is remembered between touches. */
export type Enrolment = Begun & {
  readonly credential: PublicCredential | null;
  /** What earlier touches gave for the same salts. */
  readonly measured: PrfOutputs | null;
};

export interface Enrolled {
  readonly operator: Operator;
  readonly terminal: TerminalRecord;
}

export const minPassphrase = 12;

export async function firstRun(
  terminal: Terminal,
  input: Person & { readonly invitation: Invitation | null; readonly terminal: string | null },
): Promise<Result<Creation, Refusal>> {
  const { invitation: given, terminal: name, ...person } = input;
  const { relyingParty, directory, offer } = terminal.parts;
  const what = 'The terminal was not set up.';
  const invitation = given ?? offer?.invitation;
  const id = name ?? offer?.terminal;
  if (invitation === undefined || id === undefined)
    return refuse('no invitation', what, 'There is no invitation to a programme.', 'Ask the bank for one.');
  const lost = lostVault(directory);
  if (lost !== undefined) return { ok: false, refusal: { ...lost, what } };
  if (existsSync(slotPath(directory))) return isSetUp;
  const fits =
    invitation.relyingParty.id === relyingParty.id &&
    relyingParty.origins.every((origin) => invitation.relyingParty.origins.includes(origin));
  if (!fits)
    return refuse(
      'wrong origin',
      what,
      'The invitation is for terminals at another address.',
      'Ask the bank for one for this terminal.',
    );
  return begin(terminal, person, { invitation, terminal: id }, []);
}

export async function enrol(terminal: Terminal, person: Person): Promise<Result<Creation, Refusal>> {
  const session = mayWrite(terminal);
  if (!session.ok) return session;
  const { vault } = session.value;
  const people = session.value.people();
  const noPlace = refusePlace(session.value, person.operator);
  if (noPlace !== undefined) return noPlace;
  // A slot without its person is what a crash left of an enrolment that was never finished.
  if (vault.slotOf(person.operator) !== undefined) vault.dropSlot(person.operator);
  const known = people.flatMap((one) => one.credentials.map((credential) => credential.id));
  return begin(terminal, person, null, known);
}

/** Asked when an enrolment begins, and again at its end: another one may have come in between. */
function refusePlace(session: Session, operator: string) {
  const what = 'Nobody was enrolled.';
  if (session.people().some((one) => one.id === operator))
    return refuse('duplicate', what, `${operator} is enrolled on this terminal.`, 'Choose another operator id.');
  if (session.vault.isFull())
    return refuse('terminal full', what, 'As many are enrolled here as can be.', 'Use another terminal.');
  return undefined;
}

const isSetUp = refuse('vault exists', 'The terminal was not set up.', 'It is set up already.', 'Unlock it.');

async function begin(
  terminal: Terminal,
  person: Person,
  founding: Begun['founding'],
  known: readonly string[],
): Promise<Result<Creation, Refusal>> {
  if (person.passphrase.normalize('NFC').length < minPassphrase)
    return refuse(
      'passphrase too short',
      'Nobody was enrolled.',
      `The passphrase has fewer than ${minPassphrase} characters.`,
      'Choose a longer one: four or more words that do not belong together.',
    );
  const salts = [random(32), random(32), random(32)] as const;
  const challenge = random(32);
  const options = await creationOptions(terminal.parts.relyingParty, {
    operator: person.operator,
    challenge,
    salts: { first: salts[1], second: salts[2] },
    known,
  });
  const ceremony = terminal.enrolments.begin({
    ...person,
    salts,
    challenge,
    founding,
    credential: null,
    measured: null,
  });
  return ok({ kind: 'create', ceremony, options });
}

type Step = { readonly next: Request } | { readonly enrolled: Enrolled };
type Answer = { readonly registration: Registration } | { readonly assertion: Assertion };

export const enrolStep = (
  terminal: Terminal,
  input: { readonly ceremony: string; readonly answer: Answer },
): Promise<Result<Step, Refusal>> => alone(terminal, () => judgeAnswer(terminal, input));

async function judgeAnswer(
  terminal: Terminal,
  { ceremony, answer }: { readonly ceremony: string; readonly answer: Answer },
): Promise<Result<Step, Refusal>> {
  const taken = terminal.enrolments.take(ceremony);
  if (!taken.ok) return taken;
  const begun = taken.value;
  const party = terminal.parts.relyingParty;
  if ('registration' in answer) {
    if (begun.credential !== null) return outOfOrder;
    const registered = await verifyRegistration(party, begun.challenge, answer.registration);
    if (!registered.ok) return registered;
    const { credential, prf } = registered.value;
    return touchAgain(terminal, { ...begun, credential, measured: prf.first && prf.second ? prf : null });
  }
  if (begun.credential === null) return outOfOrder;
  const touched = await verifyAssertion(party, begun.challenge, begun.credential, answer.assertion);
  if (!touched.ok) return touched;
  const { first, second } = touched.value;
  if (first === null || second === null) {
    if (!terminal.parts.allowPassphraseOnly || begun.measured !== null) return noPrf;
    return finish(terminal, begun, begun.credential, null);
  }
  if (begun.measured === null) return touchAgain(terminal, { ...begun, measured: touched.value });
  const same =
    bytesEqual(first, begun.measured.first ?? new Uint8Array()) &&
    bytesEqual(second, begun.measured.second ?? new Uint8Array());
  return same ? finish(terminal, begun, begun.credential, { first, second }) : noPrf;
}

const outOfOrder = refuse('out of order', 'Nobody was enrolled.', 'The answer is to another question.', 'Start again.');
const noPrf = refuse(
  'prf missing',
  'Nobody was enrolled.',
  'This security key gives no lasting secret (PRF), or not the same one twice.',
  'Use a key with hmac-secret, or a platform authenticator that has PRF.',
);

async function touchAgain(terminal: Terminal, state: Enrolment): Promise<Result<Step, Refusal>> {
  const challenge = random(32);
  const options = await requestOptions(terminal.parts.relyingParty, {
    challenge,
    credentials: [{ id: state.credential?.id ?? '', salts: { first: state.salts[1], second: state.salts[2] } }],
  });
  const ceremony = terminal.enrolments.begin({ ...state, challenge });
  return ok({ next: { kind: 'get', ceremony, options } });
}

async function finish(
  terminal: Terminal,
  begun: Enrolment,
  credential: PublicCredential,
  prf: { readonly first: Uint8Array; readonly second: Uint8Array } | null,
): Promise<Result<Step, Refusal>> {
  const newPerson: NewPerson = {
    operator: begun.operator,
    factors: {
      passphrase: begun.passphrase,
      prf: prf === null ? null : { credential: credential.id, output: prf.first },
    },
    salts: begun.salts,
    signOutput: prf?.second ?? null,
    kdf: await kdfOf(terminal.parts),
  };
  const publicKey = (seed: Uint8Array | null) => (seed === null ? null : ed25519PublicKey(seed));
  const record = (signingKey: string | null, payeeKey: string): Operator => ({
    id: begun.operator,
    role: begun.role,
    // Keyed, so that staff numbers cannot be tried out against the log.
    person: bytesToBase64url(mac(base64urlToBytes(payeeKey) ?? new Uint8Array(), utf8(`person\n${begun.staffId}`))),
    credentials: [{ id: credential.id, publicKey: credential.publicKey, prf: prf !== null }],
    signingKey,
  });
  const { founding } = begun;
  try {
    if (founding === null) {
      const session = unlocked(terminal);
      if (!session.ok) return session;
      const { vault, store, invitation } = session.value;
      const noPlace = refusePlace(session.value, begun.operator) ?? (vault.slotOf(begun.operator) && outOfOrder);
      if (noPlace !== undefined) return noPlace;
      const operator = record(await vault.addPerson(newPerson, publicKey), invitation.payeeKey);
      session.value.commit(() => writeSetting(store, `person ${operator.id}`, JSON.stringify(operator)));
      return ok({ enrolled: { operator, terminal: session.value.terminalRecord() } });
    }
    return await foundVault(
      terminal,
      founding,
      newPerson,
      (key) => record(key, founding.invitation.payeeKey),
      publicKey,
    );
  } finally {
    prf?.first.fill(0);
    prf?.second.fill(0);
  }
}

/** Builds the whole vault beside its place and moves it there at the end: it is there complete, or not at all. */
async function foundVault(
  terminal: Terminal,
  founding: NonNullable<Begun['founding']>,
  person: NewPerson,
  record: (signingKey: string | null) => Operator,
  publicKey: (seed: Uint8Array | null) => string | null,
): Promise<Result<Step, Refusal>> {
  const { directory, allowPassphraseOnly } = terminal.parts;
  const lost = lostVault(directory); // never taken away: who has the slot file can still open it
  if (lost !== undefined) return { ok: false, refusal: lost };
  if (existsSync(slotPath(directory))) return isSetUp; // another first run was faster: its vault stays
  const building = `${directory}.new`;
  rmSync(building, { recursive: true, force: true });
  const { vault, value } = await createVault(building, { allowPassphraseOnly }, person, publicKey);
  const operator = record(value);
  const key = vault.databaseKey();
  const store = openStore(databasePath(building, vault.epoch), key, 'create');
  key.dispose();
  if (!store.ok) return store;
  const migrated = migrate(store.value, migrations);
  if (!migrated.ok) return migrated;
  store.value.transaction(() => {
    writeSetting(store.value, 'invitation', JSON.stringify(founding.invitation));
    writeSetting(store.value, 'terminal', founding.terminal);
    writeSetting(store.value, `person ${operator.id}`, JSON.stringify(operator));
  });
  store.value.close();
  beginAttempts(building, momentOf(terminal.parts));
  syncFolder(building); // SQLite syncs what is in its file, and not the file's name
  rmSync(directory, { recursive: true, force: true });
  moveInto(building, directory);
  const moved = vault.movedTo(directory);
  const session = openSession(person.operator, moved, directory, terminal.parts);
  if (!session.ok) return session;
  terminal.session = session.value;
  return ok({ enrolled: { operator, terminal: session.value.terminalRecord() } });
}
