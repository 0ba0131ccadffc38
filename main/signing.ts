// Puts events into one signing basket: foresees for each what the gateway would say, leaves out what it would refuse, and asks
// the operator's authenticator to sign the rest with one touch.

import { fillBasket } from '../shared/basket.ts';
import { BooksLayer } from '../shared/books.ts';
import type { Signing, Source } from '../shared/contract/terminal.ts';
import { foresee } from '../shared/decide.ts';
import type { CustosEvent, EventOf, EventType } from '../shared/event.ts';
import type { EventId } from '../shared/ids.ts';
import { kindOf } from '../shared/instruction/kinds.ts';
import type { EventDetails } from '../shared/instruction/payee.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import { msToInstant } from '../shared/time.ts';
import { requestOptions } from './identity/relying-party.ts';
import { notRecorded } from './recorded.ts';
import { notRejoined } from './rejoin.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { ceremonySalts } from './vault/vault.ts';

/** An event to be signed; `index` is its place in what the caller asked for. */
export interface Proposal {
  readonly index: number;
  readonly event: CustosEvent;
  readonly details: readonly EventDetails[];
  readonly source: Source | null;
  /** What the signer is told, computed from the books and the bytes to be signed. */
  readonly consequence: string;
}

export interface RefusedProposal {
  readonly index: number;
  readonly refusal: Refusal;
}

export function newEvent<T extends EventType>(
  terminal: Terminal,
  session: Session,
  type: T,
  body: EventOf<T>['body'],
): CustosEvent {
  const nowMs = terminal.parts.clock();
  return {
    v: 1,
    id: terminal.parts.newId(nowMs),
    programme: session.invitation.programme,
    type,
    at: msToInstant(nowMs),
    actor: session.operator,
    terminal: session.terminal,
    body,
  } as CustosEvent;
}

export async function askToSign(
  terminal: Terminal,
  session: Session,
  proposals: readonly Proposal[],
  refusedAlready: readonly RefusedProposal[],
): Promise<Result<Signing, Refusal>> {
  const { primitives, relyingParty, directory } = terminal.parts;
  const lagging = notRejoined(session);
  if (lagging !== undefined) return { ok: false, refusal: lagging };
  const layer = new BooksLayer(session.overlay());
  const refused: RefusedProposal[] = [...refusedAlready];
  const accepted: Proposal[] = [];
  for (const proposal of proposals) {
    const { event } = proposal;
    const early = notRecorded(session, event);
    if (early !== undefined) {
      refused.push({ index: proposal.index, refusal: early });
      continue;
    }
    const decision = foresee(layer, { admittedAt: session.admissionTime(layer), event }, primitives);
    if (!decision.ok) refused.push({ index: proposal.index, refusal: decision.refusal });
    else {
      layer.apply(decision.value);
      accepted.push(proposal);
    }
  }
  if (accepted.length === 0) return ok({ request: null, events: [], refused });
  const credential = session.enrolled()?.credentials[0];
  if (credential === undefined)
    return refuse('not entitled', 'Nothing was signed.', 'You have no security key on this terminal.', 'Enrol one.');
  const { root } = fillBasket(
    primitives.sha256,
    accepted.map((one) => one.event),
  );
  const salts = ceremonySalts(directory, session.operator);
  const options = await requestOptions(relyingParty, {
    challenge: root,
    credentials: [{ id: credential.id, salts: salts === undefined ? null : { first: salts.signSalt, second: null } }],
  });
  const ceremony = terminal.signatures.begin({ operator: session.operator, root, credential, proposals: accepted });
  return ok({
    request: { kind: 'get', ceremony, options },
    events: accepted.map(({ event, index, consequence }) => ({
      event: event.id,
      index,
      type: event.type,
      consequence,
      requirement: layer.get('instruction', event.id)?.requirement ?? null,
    })) as Signing['events'],
    refused,
  });
}

/** Asks to sign one event about each of these instructions; those that this terminal does not know are left out. */
export function askToSignAbout<T extends { readonly instruction: string }>(
  terminal: Terminal,
  session: Session,
  wishes: readonly T[],
  propose: (
    wish: T,
    about: { readonly instruction: EventId; readonly digest: string },
  ) => { readonly event: CustosEvent; readonly word: string },
): Promise<Result<Signing, Refusal>> {
  const proposals: Proposal[] = [];
  const refused: RefusedProposal[] = [];
  wishes.forEach((wish, index) => {
    const known = session.overlay().get('instruction', wish.instruction);
    if (known === undefined) {
      const why = `There is no instruction ${wish.instruction} on this terminal.`;
      refused.push({ index, refusal: refuse('unknown', 'Nothing was signed.', why, 'Synchronise first.').refusal });
      return;
    }
    const { event, word } = propose(wish, { instruction: known.id as EventId, digest: known.digest });
    const consequence = `${word}: ${consequenceOf(session, known.id)}`;
    proposals.push({ index, event, details: [], source: null, consequence });
  });
  return askToSign(terminal, session, proposals, refused);
}

/** The sentence a person reads before signing an event about an instruction. */
function consequenceOf(session: Session, id: string): string {
  const books = session.overlay();
  const body = books.get('instruction', id)?.body;
  return body === undefined ? '' : kindOf(body).consequence(body, books);
}
