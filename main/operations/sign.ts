// Sign: takes the authenticator's answer, opens the operator's own key with it for this moment, seals every event of the
// basket, judges each as the gateway will, and puts them into the outbox in one database transaction.

import { signEd25519 } from '../../crypto/secret.ts';
import { fillBasket } from '../../shared/basket.ts';
import { BooksLayer } from '../../shared/books.ts';
import { bytesToBase64url } from '../../shared/bytes.ts';
import type { Assertion } from '../../shared/contract/ceremony.ts';
import { decide } from '../../shared/decide.ts';
import { type Evidence, sealMessage } from '../../shared/evidence.ts';
import type { EventId } from '../../shared/ids.ts';
import { commit } from '../../shared/instruction/payee.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import type { Submission } from '../../shared/submission.ts';
import { type PublicCredential, verifyAssertion } from '../identity/relying-party.ts';
import type { Session } from '../session.ts';
import type { Proposal } from '../signing.ts';
import { attach } from '../store/attachments.ts';
import { markImported } from '../store/imports.ts';
import { enqueue } from '../store/outbox.ts';
import { mayWrite, type Terminal } from '../terminal.ts';

export interface PendingSignature {
  readonly operator: string;
  readonly root: Uint8Array;
  readonly credential: PublicCredential;
  readonly proposals: readonly Proposal[];
}

export async function sign(
  terminal: Terminal,
  { ceremony, assertion }: { readonly ceremony: string; readonly assertion: Assertion },
): Promise<Result<{ queued: EventId[] }, Refusal>> {
  const writable = mayWrite(terminal);
  if (!writable.ok) return writable;
  const session = writable.value;
  const taken = terminal.signatures.take(ceremony);
  if (!taken.ok) return taken;
  const { operator, root, credential, proposals } = taken.value;
  const { primitives, relyingParty } = terminal.parts;
  const what = 'Nothing was signed.';
  if (operator !== session.operator)
    return refuse('not entitled', what, 'Another operator asked for this signature.', 'Start again.');
  const verified = await verifyAssertion(relyingParty, root, credential, assertion);
  if (!verified.ok) return verified;
  if (terminal.session !== session)
    return refuse('locked', what, 'The terminal was locked meanwhile.', 'Unlock it first.');
  const sealed = sealRoot(session, root, verified.value.first);
  if (!sealed.ok) return sealed;

  const { positions } = fillBasket(
    primitives.sha256,
    proposals.map((one) => one.event),
  );
  const { authenticatorData, clientDataJSON, signature } = assertion.response;
  const submissions = proposals.map(({ event, details }, i): Submission => {
    const basket = positions[i];
    if (basket === undefined) throw new Error('every event has its position in the basket');
    const evidence: Evidence = {
      kind: 'webauthn',
      credential: credential.id,
      authenticatorData,
      clientDataJSON,
      signature,
      basket,
      seal: sealed.value,
    };
    return { event, evidence, details: [...details] };
  });
  // Judged again with its evidence: the books may have moved between the question and the touch.
  const layer = new BooksLayer(session.overlay());
  for (const { event, evidence } of submissions) {
    const decision = decide(layer, { admittedAt: session.admissionTime(layer), event, evidence }, primitives);
    if (!decision.ok) return decision;
    layer.apply(decision.value);
  }

  session.commit(() => {
    enqueue(session.store, submissions);
    for (const { event, details, source } of proposals) {
      attach(
        session.store,
        details.map((one) => [bytesToBase64url(commit(primitives.sha256, one)), one] as const),
      );
      if (source !== null) markImported(session.store, source.file, source.items, event.id);
    }
  });
  session.forgetOverlay();
  return ok({ queued: submissions.map((one) => one.event.id) });
}

/** The operator's own signature over the basket; null for operators whose authenticators have no PRF. */
function sealRoot(session: Session, root: Uint8Array, signOutput: Uint8Array | null): Result<string | null, Refusal> {
  if (session.enrolled()?.signingKey == null) return ok(null);
  if (signOutput === null)
    return refuse('prf missing', 'Nothing was signed.', 'The security key gave no secret.', 'Use your enrolled key.');
  try {
    return session.vault.withSigningSeed(session.operator, signOutput, (seed) =>
      bytesToBase64url(signEd25519(seed, sealMessage(root))),
    );
  } finally {
    signOutput.fill(0);
  }
}
