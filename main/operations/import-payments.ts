// Import payments: reads a platform's pain.001 file and shows, item by item, what could be made of it; nothing is made yet.

import { numberKey } from '../../shared/books.ts';
import { bytesToBase64url, utf8 } from '../../shared/bytes.ts';
import type { PaymentImport } from '../../shared/contract/terminal.ts';
import type { EventId } from '../../shared/ids.ts';
import { type PlatformPayment, readPain001 } from '../../shared/iso20022/pain001.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { type Day, day, type Instant, msToInstant } from '../../shared/time.ts';
import { calendarFor, todayFor } from '../../shared/value-date.ts';
import type { Session } from '../session.ts';
import { importedItems } from '../store/imports.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export function importPayments(terminal: Terminal, { xml }: { readonly xml: string }): Result<PaymentImport, Refusal> {
  const session = unlocked(terminal);
  if (!session.ok) return session;
  const read = readPain001(xml);
  if (!read.ok) return read;
  const file = bytesToBase64url(terminal.parts.primitives.sha256(utf8(xml)));
  const made = importedItems(session.value.store, file);
  return ok({
    file,
    message: read.value.message,
    findings: [...read.value.findings],
    items: read.value.payments.map((payment) => ({
      index: payment.index,
      endToEndId: payment.endToEndId,
      asset: payment.asset,
      amount: payment.amount.toString(),
      debtorAccount: payment.debtorAccount,
      payee: payment.refusal === null ? payeeOf(payment) : null,
      account: accountOf(session.value, payment) ?? null,
      valueDate: valueDateIn(session.value, payment, msToInstant(terminal.parts.clock())),
      batch: payment.batchBooking ? `${payment.paymentInformation ?? ''}|${payment.asset}` : null,
      refusal: payment.refusal ?? refuseItem(session.value, payment) ?? null,
      madeAs: (made.get(payment.index) as EventId | undefined) ?? null,
    })),
  });
}

const payeeOf = ({ creditorName, creditorAccount, creditorAgent, endToEndId, remittance }: PlatformPayment) => ({
  name: creditorName.slice(0, 140),
  account: creditorAccount,
  agent: creditorAgent,
  endToEndId,
  remittance: remittance?.slice(0, 140) ?? null,
});

/** A day still to come is taken over; whether it is a good one is said when the payment is made. */
function valueDateIn(session: Session, { asset, requestedDate }: PlatformPayment, now: Instant): Day | null {
  const books = session.overlay();
  const asked = day.safeParse(requestedDate);
  const isLater = asked.success && asked.data > todayFor(books, asset, now);
  return isLater && calendarFor(books, asset) !== undefined ? asked.data : null;
}

/** The ledger account behind a debtor's custody number in the asset that is paid. */
const accountOf = (session: Session, { debtorAccount, asset }: PlatformPayment): string | undefined =>
  debtorAccount === null ? undefined : session.overlay().get('number', numberKey(debtorAccount, asset))?.account;

function refuseItem(session: Session, payment: PlatformPayment): Refusal | undefined {
  const what = 'The payment was not made.';
  if (payment.creditorAccount.length > 34 || (payment.creditorAgent?.length ?? 0) > 35)
    return refuse(
      'account malformed',
      what,
      "The payee's account or bank is longer than any can be.",
      'Correct the file.',
    ).refusal;
  if (!session.programme()?.assets.includes(payment.asset))
    return refuse('asset unknown', what, `This programme does not keep ${payment.asset}.`, 'Ask an officer.').refusal;
  if (accountOf(session, payment) !== undefined) return undefined;
  const why = `The debtor account is not one in custody here that keeps ${payment.asset}.`;
  return refuse('account unknown', what, why, 'Open the account first.').refusal;
}
