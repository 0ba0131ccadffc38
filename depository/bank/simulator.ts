// A bank's core for demonstration and tests: takes pain.001, answers pain.002 and camt.054, gives camt.053 at the end of the
// day; rejects and returns on request. Its state is durable, so that it can be killed like a real one.

import Database from 'better-sqlite3-multiple-ciphers';
import { checkAddress, confirmationsNeeded, isDigital, networksOfAsset } from '../../shared/address.ts';
import { assert } from '../../shared/assert.ts';
import { type Asset, assetByCode } from '../../shared/asset.ts';
import { type Booking, writeCamt053, writeCamt054 } from '../../shared/iso20022/camt.ts';
import { writeCamt029 } from '../../shared/iso20022/camt029.ts';
import { type CancellationRequest, readCamt056 } from '../../shared/iso20022/camt056.ts';
import { readPain001 } from '../../shared/iso20022/pain001.ts';
import { type StatusAdvice, writePain002 } from '../../shared/iso20022/pain002.ts';
import { minorToDecimal } from '../../shared/money.ts';
import { dayOf, msToInstant } from '../../shared/time.ts';
import { custodyAnswerFormat, isCustodyText, readWithdrawal, watchOnlyFormat } from '../../shared/watch-only.ts';
import type { BankAdapter } from './adapter.ts';
import { type ExchangeOrder, readExchange } from './read-exchange.ts';

export interface Transfer {
  readonly instructionId: string;
  readonly endToEndId: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly creditorName: string;
  readonly creditorAccount: string;
}
/** What becomes of a transfer; codes are ISO 20022 external reason codes such as AC04 (closed account). */
export type Fate =
  | 'settle'
  | { readonly reject: string }
  | { readonly returned: string }
  /** An exchange that gives this much less of what is bought than was agreed. */
  | { readonly givesLess: bigint };

export interface SimulatorParts {
  readonly file: string;
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
  /** The account of the main pool per asset; accounts of further pools are opened later. */
  readonly accounts: Readonly<Record<string, string>>;
  readonly fate?: (transfer: Transfer) => Fate;
  /** Why a recall is refused (LEGL, CUST, ARDT ...); null gives the money back, as it does where nothing is said. */
  readonly recallRefusal?: (instructionId: string) => string | null;
}

export interface Receipt {
  readonly asset: string;
  readonly amount: bigint;
  readonly custodyNumber: string | null;
  readonly payer: string;
  /** The payer's own reference: the same one again is the same receipt. */
  readonly reference?: string;
  /** The bank account it comes into, where not that of the main pool. */
  readonly into?: string;
}

export interface BankSimulator extends BankAdapter {
  /** A payer's money arrives, quoting a custody account number or nothing. */
  creditReceipt(receipt: Receipt): void;
  /** Another account in the same asset: orders that debit it are paid from it, and it gets statements of its own. */
  openAccount(asset: string, number: string): void;
  /** The bank books something that nobody ordered, such as a charge; negative takes money. No notification, only the statement. */
  bookUnasked(asset: string, amount: bigint, into?: string): void;
  /** Money comes back once more, of a payment that came back already. */
  returnAgain(instructionId: string, amount: bigint): void;
  /** From now on notifications name payments by their EndToEndId alone, as some banks do. */
  forgetInstructionIds(): void;
  /** One statement per account, whose opening and entries add up to its closing. */
  endOfDay(): void;
  balance(asset: string, number?: string): bigint;
  close(): void;
}

const schema = `
CREATE TABLE IF NOT EXISTS pools (asset TEXT PRIMARY KEY, balance INTEGER NOT NULL, opening INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS further (number TEXT PRIMARY KEY, asset TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS taken (message TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS outgoing (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, xml TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS bookings (number INTEGER PRIMARY KEY AUTOINCREMENT, asset TEXT NOT NULL, json TEXT NOT NULL, stated INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS counter (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO counter VALUES (1, 0);
`;

export function openBankSimulator(parts: SimulatorParts): BankSimulator {
  const database = new Database(parts.file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(schema);
  const pool = database.prepare('SELECT balance FROM pools WHERE asset = ?').pluck().safeIntegers();
  const opening = database.prepare('SELECT opening FROM pools WHERE asset = ?').pluck().safeIntegers();
  const setPool = database.prepare(
    'INSERT INTO pools VALUES (?, ?, 0) ON CONFLICT (asset) DO UPDATE SET balance = excluded.balance',
  );
  const startDay = database.prepare('UPDATE pools SET opening = balance WHERE asset = ?');
  const count = database.prepare('UPDATE counter SET value = value + 1 RETURNING value').pluck();
  const queue = database.prepare('INSERT INTO outgoing (id, xml) VALUES (?, ?)');
  const note = database.prepare('INSERT INTO bookings (asset, json, stated) VALUES (?, ?, 0)');
  const unstated = database.prepare('SELECT json FROM bookings WHERE asset = ? AND stated = 0 ORDER BY number').pluck();
  const state = database.prepare('UPDATE bookings SET stated = 1 WHERE asset = ?');
  const take = database.prepare('INSERT OR IGNORE INTO taken VALUES (?)');

  let forgetful = false;
  const now = () => msToInstant(parts.clock());
  const nextId = (prefix: string) => `${prefix}${String(count.get()).padStart(8, '0')}`;
  const further = database.prepare('SELECT asset FROM further WHERE number = ?').pluck();
  /** Rows name the account of the main pool by its asset, and every other by asset and number. */
  const keyOf = (asset: string, number: string | null | undefined): string =>
    number != null && further.get(number) === asset ? `${asset} ${number}` : asset;
  const balance = (key: string): bigint => (pool.get(key) as bigint | undefined) ?? 0n;
  const account = (key: string) => {
    const [asset = '', number = parts.accounts[asset]] = key.split(' ');
    const known = assetByCode(asset);
    assert(number !== undefined && known !== undefined, `the bank keeps an account in ${asset}`);
    return { account: number, asset: known };
  };

  function book(key: string, booking: Omit<Booking, 'reference' | 'day'>): Booking {
    setPool.run(key, balance(key) + (booking.credit ? booking.amount : -booking.amount));
    const whole = { ...booking, reference: nextId('R'), day: dayOf(now()) };
    note.run(
      key,
      JSON.stringify(whole, (_, value) => (typeof value === 'bigint' ? value.toString() : value)),
    );
    return whole;
  }

  function notify(key: string, bookings: readonly Booking[]): void {
    if (bookings.length === 0) return;
    // A ledger of transactions notifies nobody: its statement is what there is.
    if (isDigital(key)) {
      stateAccount(key);
      return;
    }
    const messageId = nextId('N');
    const shown = forgetful ? bookings.map((one) => ({ ...one, instructionId: null })) : bookings;
    queue.run(messageId, writeCamt054({ messageId, createdAt: now(), ...account(key), bookings: shown }));
  }

  /** Payments that were settled and have not come back. */
  function settledPayment(instructionId: string): { asset: string; booking: Booking } | undefined {
    const of = bookingsOf(instructionId);
    return of.some(({ booking }) => booking.credit) ? undefined : of[0];
  }

  function bookingsOf(instructionId: string): { asset: string; booking: Booking }[] {
    const rows = database.prepare('SELECT asset, json FROM bookings ORDER BY number').all() as {
      asset: string;
      json: string;
    }[];
    return rows
      .map(({ asset, json }) => ({ asset, booking: textToBooking(json) }))
      .filter(({ booking }) => booking.instructionId === instructionId);
  }

  function answerRecall({ messageId: caseId, cancellations }: CancellationRequest): void {
    const createdAt = now();
    const answers = cancellations.map((one) => {
      const instructionId = one.instructionId ?? '';
      const paid = settledPayment(instructionId);
      const refusal = paid === undefined ? 'NOOR' : (parts.recallRefusal?.(instructionId) ?? null);
      return { one, instructionId, paid, refusal };
    });
    const messageId = nextId('C');
    queue.run(
      messageId,
      writeCamt029({
        ...{ messageId, createdAt, assigner: null, assignee: null, caseId },
        originalMessageId: cancellations[0]?.originalMessageId ?? '',
        payments: answers.map(({ one, instructionId, refusal }) => ({
          cancellationId: one.cancellationId ?? caseId,
          ...{ instructionId, endToEndId: one.endToEndId, information: null, reason: refusal },
          outcome: refusal === null ? ('accepted' as const) : ('rejected' as const),
        })),
      }),
    );
    for (const { paid, refusal } of answers)
      if (paid !== undefined && refusal === null)
        notify(paid.asset, [book(paid.asset, { ...paid.booking, credit: true, returnReason: 'FOCR' })]);
  }

  /** Debits one account, credits the other, and says so to each. */
  function carryOut(orderId: string, order: ExchangeOrder): void {
    const { instructionId, endToEndId, sold, bought, creditorAccount } = order;
    const [from, to] = [keyOf(sold.asset, order.debtorAccount), keyOf(bought.asset, creditorAccount)];
    const asked = { instructionId, endToEndId, asset: sold.asset, amount: sold.amount, creditorAccount };
    const wish = parts.fate?.({ ...asked, creditorName: '' }) ?? 'settle';
    const fate: Fate = balance(from) < sold.amount ? { reject: 'AM04' } : wish;
    const reason = typeof fate === 'object' && 'reject' in fate ? fate.reject : null;
    const advice: StatusAdvice = { instructionId, endToEndId, status: reason === null ? 'ACSP' : 'RJCT', reason };
    const messageId = nextId('S');
    queue.run(messageId, writePain002({ messageId, createdAt: now(), originalMessageId: orderId, advices: [advice] }));
    if (reason !== null) return;
    const common = { instructionId, endToEndId, creditorAccount: null, debtorName: null, remittance: null };
    const [out, back] = [{ ...common, returnReason: null }, typeof fate === 'object' && 'returned' in fate];
    notify(from, [book(from, { ...out, credit: false, amount: sold.amount })]);
    if (back) {
      notify(from, [book(from, { ...common, returnReason: 'NARR', credit: true, amount: sold.amount })]);
      return;
    }
    const less = typeof fate === 'object' && 'givesLess' in fate ? fate.givesLess : 0n;
    notify(to, [book(to, { ...out, credit: true, amount: bought.amount - less })]);
  }

  /** As a custodian of digital assets would, with a transaction for an order. */
  function payOut({ order, amount }: NonNullable<ReturnType<typeof readWithdrawal>>): void {
    const { asset, address } = order;
    const asked = { instructionId: order.order, endToEndId: '', asset, amount, creditorName: '' };
    const wish = parts.fate?.({ ...asked, creditorAccount: address }) ?? 'settle';
    const isRefused = balance(asset) < amount || typeof wish === 'object';
    if (isRefused) {
      const id = nextId('S');
      const code = typeof wish === 'object' && 'reject' in wish ? wish.reject : 'AM04';
      queue.run(id, JSON.stringify({ format: custodyAnswerFormat, id, order: order.order, outcome: 'rejected', code }));
      return;
    }
    const nothing = { endToEndId: null, remittance: null, returnReason: null, debtorName: null };
    const names = { instructionId: order.order, creditorAccount: address };
    notify(asset, [book(asset, { ...nothing, ...names, credit: false, amount })]);
  }

  /** What was booked since the last statement, as the watch-only statement of a store of digital assets. */
  function watchOnly(messageId: string, asset: Asset, bookings: readonly Booking[], opened: bigint): string {
    const ours = networksOfAsset(asset.code);
    const [home = 'bitcoin'] = ours;
    const decimal = (minor: bigint) => minorToDecimal(minor, asset);
    const head = {
      ...{ format: watchOnlyFormat, statement: messageId, asset: asset.code, asOf: now(), heights: { [home]: 1 } },
      ...{ opening: decimal(opened), closing: decimal(balance(asset.code)), transactions: bookings.length },
    };
    const lines = bookings.map(({ credit, amount, reference, creditorAccount, instructionId }) => {
      const known = ours.find((one) => creditorAccount !== null && checkAddress(one, creditorAccount).ok);
      const network = known ?? home;
      return {
        ...{
          txid: reference,
          network,
          address: known === undefined ? '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa' : creditorAccount,
        },
        ...(credit && creditorAccount !== null && known === undefined ? { tag: creditorAccount } : {}),
        ...{ amount: decimal(credit ? amount : -amount), confirmations: confirmationsNeeded[network] },
        ...{ time: now(), height: 1 },
        ...(instructionId === null ? {} : { order: instructionId }),
      };
    });
    return [head, ...lines].map((line) => JSON.stringify(line)).join('\n');
  }

  function stateAccount(key: string): void {
    const bookings = (unstated.all(key) as string[]).map(textToBooking);
    const messageId = nextId('D');
    const opened = (opening.get(key) as bigint | undefined) ?? 0n;
    const figures = { opening: opened, closing: balance(key), day: dayOf(now()) };
    const text = isDigital(key)
      ? watchOnly(messageId, account(key).asset, bookings, opened)
      : writeCamt053({ messageId, createdAt: now(), ...account(key), bookings, ...figures });
    queue.run(messageId, text);
    state.run(key);
    startDay.run(key);
  }

  const send = database.transaction(({ id, xml }: { id: string; xml: string }) => {
    if (take.run(id).changes === 0) return;
    const withdrawal = isCustodyText(xml) ? readWithdrawal(xml) : undefined;
    if (withdrawal !== undefined) {
      payOut(withdrawal);
      return;
    }
    const recall = readCamt056(xml);
    if (recall.ok) {
      answerRecall(recall.value);
      return;
    }
    const exchange = readExchange(xml);
    if (exchange !== undefined) {
      carryOut(id, exchange);
      return;
    }
    const file = readPain001(xml);
    assert(file.ok, 'the gateway sends well-formed orders');
    const advices: StatusAdvice[] = [];
    const settled: Booking[] = [];
    const returned: Booking[] = [];
    const [first] = file.value.payments;
    const key = first === undefined ? '' : keyOf(first.asset, first.debtorAccount);
    for (const payment of file.value.payments) {
      const { endToEndId, asset, amount, creditorName, creditorAccount } = payment;
      const instructionId = payment.instructionId ?? '';
      const wish =
        parts.fate?.({ instructionId, endToEndId, asset, amount, creditorName, creditorAccount }) ?? 'settle';
      const fate: Fate = balance(key) < amount ? { reject: 'AM04' } : wish;
      const isRejected = typeof fate === 'object' && 'reject' in fate;
      advices.push({
        instructionId,
        endToEndId,
        status: isRejected ? 'RJCT' : 'ACSP',
        reason: isRejected ? fate.reject : null,
      });
      if (isRejected) continue;
      const common = { amount, instructionId, endToEndId, creditorAccount: null, debtorName: null, remittance: null };
      settled.push(book(key, { ...common, credit: false, returnReason: null }));
      if (typeof fate === 'object' && 'returned' in fate)
        returned.push(book(key, { ...common, credit: true, returnReason: fate.returned }));
    }
    const messageId = nextId('S');
    queue.run(messageId, writePain002({ messageId, createdAt: now(), originalMessageId: id, advices }));
    if (first !== undefined) for (const bookings of [settled, returned]) notify(key, bookings);
  });

  const creditReceipt = database.transaction((receipt: Receipt) => {
    const { asset, amount, custodyNumber, payer, reference, into } = receipt;
    const key = keyOf(asset, into);
    if (reference !== undefined && take.run(`receipt ${reference}`).changes === 0) return;
    const nothing = { instructionId: null, endToEndId: null, remittance: null, returnReason: null };
    notify(key, [book(key, { ...nothing, credit: true, amount, creditorAccount: custodyNumber, debtorName: payer })]);
  });
  const endOfDay = database.transaction(() => {
    const others = database.prepare("SELECT asset || ' ' || number FROM further ORDER BY number").pluck().all();
    for (const key of [...Object.keys(parts.accounts), ...(others as string[])]) stateAccount(key);
  });

  const outgoing = database.prepare('SELECT id, xml FROM outgoing ORDER BY position');
  const drop = database.prepare('DELETE FROM outgoing WHERE id = ?');
  const open = database.prepare('INSERT OR IGNORE INTO further VALUES (?, ?)');
  return {
    send: (message) => send.immediate(message),
    receive: () => outgoing.all() as { id: string; xml: string }[],
    acknowledge: (id) => void drop.run(id),
    creditReceipt: (receipt) => creditReceipt.immediate(receipt),
    returnAgain(instructionId, amount) {
      const [first] = bookingsOf(instructionId);
      assert(first, 'the payment was booked');
      notify(first.asset, [book(first.asset, { ...first.booking, credit: true, amount, returnReason: 'AC04' })]);
    },
    forgetInstructionIds() {
      forgetful = true;
    },
    openAccount: (asset, number) => void open.run(number, asset),
    bookUnasked(asset, amount, into) {
      const nothing = { instructionId: null, endToEndId: null, remittance: null, returnReason: null };
      const size = amount < 0n ? -amount : amount;
      book(keyOf(asset, into), {
        ...nothing,
        credit: amount > 0n,
        amount: size,
        creditorAccount: null,
        debtorName: null,
      });
    },
    endOfDay: () => endOfDay.immediate(),
    balance: (asset, number) => balance(keyOf(asset, number)),
    close: () => void database.close(),
  };
}

const textToBooking = (json: string): Booking => {
  const booking = JSON.parse(json) as Omit<Booking, 'amount'> & { amount: string };
  return { ...booking, amount: BigInt(booking.amount) };
};
