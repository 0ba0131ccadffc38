// The main job, start to end, on real parts: vaults, SQLCipher, WebAuthn ceremonies, signed HTTP, the log, bank messages.
// Every step first looks what is done already, so that a run that was killed goes on where it was.

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nodePrimitives } from '../../crypto/node.ts';
import { bankReference } from '../../depository/bank/answers.ts';
import { assetByCode } from '../../shared/asset.ts';
import type { Trust } from '../../shared/audit.ts';
import { base64urlToBytes } from '../../shared/bytes.ts';
import { importToDrafts } from '../../shared/contract/import-drafts.ts';
import type { Draft, InstructionView, PaymentImport, Verdict } from '../../shared/contract/terminal.ts';
import { accountNumber } from '../../shared/instruction/open-account.ts';
import { decodeXml } from '../../shared/iso20022/decode.ts';
import { readPain001 } from '../../shared/iso20022/pain001.ts';
import { terminalWitnessKey } from '../../shared/log/checkpoint.ts';
import { formatNoteKey, parseNoteKey } from '../../shared/log/note.ts';
import { minorToDecimal } from '../../shared/money.ts';
import type { Refusal } from '../../shared/result.ts';
import { accepted, type Desk, finished } from '../../testing/desk.ts';
import { verify } from '../../verifier/verify.ts';
import { approveWaiting, ensure, everyInstruction, type Office, openOffice, programmeId } from './office.ts';

export interface DemoReport {
  /** Payments made of the file, each item of a batch counted. */
  readonly instructions: number;
  readonly approved: number;
  readonly declined: number;
  readonly settled: number;
  readonly rejected: number;
  readonly returned: number;
  readonly entries: number;
  readonly events: number;
  readonly log: { readonly size: number; readonly root: string };
  readonly safeguarding: readonly { readonly asset: string; readonly owed: string; readonly held: string }[];
  /** Index -1 is the file as a whole. */
  readonly refused: readonly { readonly index: number; readonly endToEndId: string; readonly refusal: Refusal }[];
  readonly bundle: string;
  readonly journal: string;
  readonly trust: string;
  readonly vaults: readonly string[];
  readonly verified: boolean;
}

export interface DemoParts {
  /** The platform's pain.001 file, bytes as received. */
  readonly file: Uint8Array;
  readonly directory: string;
  /** One line of the account, for a reader. */
  readonly say: (line: string) => void;
  /** Called with events that a terminal has told their signer are safe. */
  readonly acknowledged?: (events: readonly string[]) => void;
}

const perBasket = 400;

/** What the bank will do with some items, by our reference to it; settled unless named here. */
interface Plan {
  readonly rejected: Set<string>;
  readonly returned: Set<string>;
  declined: string | undefined;
}

export async function runDemo({ file, directory, say, acknowledged }: DemoParts): Promise<DemoReport> {
  const text = decodeXml(file);
  const read = text.ok ? readPain001(text.value) : text;
  const xml = text.ok ? text.value : '';
  const payments = read.ok ? read.value.payments : [];
  if (!read.ok) say(`The file was refused. ${read.refusal.why}`);
  const inFile = payments.flatMap((one) => (assetByCode(one.asset) === undefined ? [] : [one.asset]));
  const assets = [...new Set(['CNY', 'EUR', ...inFile])].slice(0, 40);
  const plan: Plan = { rejected: new Set(), returned: new Set(), declined: undefined };
  const office = await openOffice({
    directory: resolve(directory),
    assets,
    say,
    acknowledged: acknowledged ?? (() => {}),
    fate: ({ instructionId }) =>
      plan.rejected.has(instructionId)
        ? { reject: 'AC04' }
        : plan.returned.has(instructionId)
          ? { returned: 'AC06' }
          : 'settle',
  });
  try {
    await office.front.unlock(office.people['teller-b']);
    await office.back.unlock(office.people['supervisor-a']);
    await office.syncAll();
    await planFates(office, xml, plan);
    await openAccounts(office, debtors(payments), say);
    await creditReceipts(office, debtors(payments), say);
    await office.front.unlock(office.people['teller-a']);
    const whole = read.ok ? [] : [{ index: -1, endToEndId: '', refusal: read.refusal }];
    const refused = [...whole, ...(await makePayments(office, xml, say))];
    await planFates(office, xml, plan);
    await checkPayments(office, xml, plan, say);
    await settle(office, say);
    return await report(office, resolve(directory), refused, say);
  } finally {
    await office.close();
  }
}

interface Debtor {
  readonly number: string;
  readonly asset: string;
  readonly client: string;
  readonly account: string;
  readonly total: bigint;
}

/** Whoever the file debits is a client here, with one ledger account per asset and enough money for the file. */
function debtors(payments: readonly { debtorAccount: string | null; asset: string; amount: bigint }[]): Debtor[] {
  const numbers = [...new Set(payments.flatMap((one) => one.debtorAccount ?? []))].filter(
    (number) => accountNumber.safeParse(number).success,
  );
  return numbers.flatMap((number, i) => {
    const name = String(i + 1).padStart(4, '0');
    const own = payments.filter((one) => one.debtorAccount === number && assetByCode(one.asset) !== undefined);
    return [...Map.groupBy(own, (one) => one.asset)].map(([asset, items]) => ({
      number,
      asset,
      client: `client-${name}`,
      account: `acc-${name}-${asset}`,
      total: items.reduce((sum, one) => sum + one.amount, 0n),
    }));
  });
}

async function openAccounts(office: Office, all: readonly Debtor[], say: DemoParts['say']): Promise<void> {
  const { front, back } = office;
  const clients = [...new Map(all.map((one) => [one.client, one])).values()];
  const registered = await ensure(
    front,
    clients.map(({ client, number }): Draft => {
      const identity = { client: `Holder of custody account ${number}` };
      return { kind: 'register client', client, identity };
    }),
  );
  await office.syncAll();
  await approveWaiting(back, ['register client']);
  await office.syncAll();
  const accounts = await ensure(
    front,
    all.map(
      ({ client, account, asset, number }): Draft => ({
        kind: 'open account',
        account,
        client,
        role: 'lender',
        asset,
        number,
      }),
    ),
  );
  await office.syncAll();
  await approveWaiting(back, ['open account']);
  await office.syncAll();
  if (registered + accounts > 0)
    say(`teller-b registered ${registered} clients and opened ${accounts} accounts; supervisor-a approved each`);
}

async function creditReceipts(office: Office, all: readonly Debtor[], say: DemoParts['say']): Promise<void> {
  const { bank } = office.depository;
  for (const { asset, total, number, client } of all)
    if (total > 0n)
      bank.creditReceipt({
        asset,
        amount: total,
        custodyNumber: number,
        payer: client,
        reference: `${number}|${asset}`,
      });
  await runBank(office, say);
  await office.syncAll();
  const perAsset = Map.groupBy(all, (one) => one.asset);
  const sums = [...perAsset].map(([asset, some]) =>
    show(
      asset,
      some.reduce((sum, one) => sum + one.total, 0n),
    ),
  );
  if (sums.length > 0) say(`The bank credited the clients: ${sums.join(', ')}`);
}

async function runBank({ depository }: Office, say: DemoParts['say']): Promise<void> {
  for (const { refusal } of await depository.run()) say(`The books did not take a bank message. ${refusal.why}`);
}

function show(code: string, amount: bigint): string {
  const asset = assetByCode(code);
  return `${code} ${asset === undefined ? amount : minorToDecimal(amount, asset)}`;
}

type RefusedItem = DemoReport['refused'][number];

async function preview(office: Office, xml: string): Promise<PaymentImport | undefined> {
  const imported = await office.front.client.importPayments({ xml });
  return imported.ok ? imported.value : undefined;
}

async function makePayments(office: Office, xml: string, say: DemoParts['say']): Promise<RefusedItem[]> {
  const imported = await preview(office, xml);
  if (imported === undefined) return [];
  for (const finding of imported.findings) say(`The file: ${finding}`);
  const refused: RefusedItem[] = imported.items.flatMap(({ index, endToEndId, refusal }) =>
    refusal === null ? [] : [{ index, endToEndId, refusal }],
  );
  const drafts = importToDrafts(imported);
  let made = 0;
  for (let at = 0; at < drafts.length; at += perBasket) {
    const chunk = drafts.slice(at, at + perBasket);
    const signing = await office.front.propose(chunk);
    for (const { index, refusal } of signing.refused)
      for (const item of chunk[index]?.source.items ?? [])
        refused.push({ index: item, endToEndId: imported.items[item]?.endToEndId ?? '', refusal });
    made += (await office.front.touch(signing)).length;
    await office.front.sync();
    if (drafts.length > perBasket) say(`  ... ${Math.min(at + perBasket, drafts.length)} of ${drafts.length}`);
  }
  await office.syncAll();
  if (made > 0) say(`teller-a imported ${imported.items.length} payments and made ${made} instructions of them`);
  for (const { index, refusal } of refused) say(`  payment ${index} was refused: ${refusal.why}`);
  return refused.sort((a, b) => a.index - b.index);
}

/** In the order of the file: the last of the smallest is declined, then the second item rejected and the third returned. */
async function planFates(office: Office, xml: string, plan: Plan): Promise<void> {
  const imported = await preview(office, xml);
  const instructions = Map.groupBy(
    imported?.items.filter((one) => one.madeAs !== null) ?? [],
    (one) => one.madeAs ?? '',
  );
  const smallest = [...instructions].reverse().sort(([, a], [, b]) => a.length - b.length)[0];
  plan.declined = instructions.size >= 2 ? smallest?.[0] : undefined;
  const references = [...instructions]
    .filter(([id]) => id !== plan.declined)
    .flatMap(([id, items]) => items.map((_, position) => bankReference(id, position)));
  if (references[1] !== undefined) plan.rejected.add(references[1]);
  if (references[2] !== undefined) plan.returned.add(references[2]);
}

async function checkPayments(office: Office, xml: string, plan: Plan, say: DemoParts['say']): Promise<void> {
  const imported = await preview(office, xml);
  const onPaper = Map.groupBy(imported?.items ?? [], (one) => one.madeAs ?? '');
  for (const id of ['supervisor-a', 'supervisor-b'] as const) {
    const waiting: InstructionView[] = [];
    for await (const one of everyInstruction(office.back, ['waiting'])) {
      const isMine = one.missing.length > 0 && !one.approvals.some((approval) => approval.operator === id);
      if (isMine && ['payment', 'batch'].includes(one.kind)) waiting.push(one);
    }
    if (waiting.length === 0) continue;
    await office.back.unlock(office.people[id]);
    // Typed off the paper that the platform sent, not off any screen.
    const verdicts = waiting.map((one): Verdict => {
      if (one.id === plan.declined)
        return { verdict: 'decline', instruction: one.id, reason: 'The payee is not on the platform’s list.' };
      const paper = onPaper.get(one.id) ?? [];
      const amount = paper.reduce((sum, item) => sum + BigInt(item.amount), 0n).toString();
      const typed = one.typedConfirmation ? { tail: paper[0]?.payee?.account.slice(-4) ?? '', amount } : null;
      return { verdict: 'approve', instruction: one.id, typed };
    });
    let touches = 0;
    for (let at = 0; at < verdicts.length; at += perBasket) {
      await office.back.check(...verdicts.slice(at, at + perBasket));
      touches += 1;
    }
    const declined = verdicts.filter((one) => one.verdict === 'decline').length;
    const batches = waiting.filter((one) => one.kind === 'batch').length;
    say(
      `${id} approved ${verdicts.length - declined} instructions (${batches} batch) and declined ${declined}, with ${touches} touch(es)`,
    );
    await office.syncAll();
  }
}

async function settle(office: Office, say: DemoParts['say']): Promise<void> {
  await runBank(office, say);
  await office.syncAll();
  say('The bank took the orders (pain.001), answered (pain.002) and notified (camt.054)');
  office.depository.bank.endOfDay();
  await runBank(office, say);
  await office.syncAll();
  say('End of day: statements (camt.053) were reconciled against the books');
}

async function report(
  office: Office,
  directory: string,
  refused: RefusedItem[],
  say: DemoParts['say'],
): Promise<DemoReport> {
  const { front, back } = office;
  const compared = await back.client.compareCheckpoint({ note: await checkpointOf(front) });
  say(compared.ok ? 'Both terminals saw the same log' : `The terminals disagree: ${compared.refusal.why}`);
  const exported = accepted(await finished(back.client.exportAudit({})));
  const trust = join(directory, 'exports', `${programmeId}.custos-trust`);
  writeFileSync(trust, `${JSON.stringify(await trustOf(office), null, 2)}\n`, { mode: 0o600 });
  const lines: string[] = [];
  const exit = await verify({ bundle: exported.bundle, trust, json: false }, (line) => lines.push(line));
  const words = new Map<string, number>();
  for await (const one of everyInstruction(back))
    for (const item of one.items) words.set(item.state, (words.get(item.state) ?? 0) + 1);
  const count = (...states: string[]) => states.reduce((sum, state) => sum + (words.get(state) ?? 0), 0);
  const { assets } = accepted(await back.client.safeguarding({}));
  for (const { pool, asset, owed, held } of assets)
    say(`Safeguarding ${pool} ${asset}: held ${show(asset, BigInt(held))}, owed ${show(asset, BigInt(owed))}`);
  for (const line of lines) say(line);
  const isConserved = assets.every(({ owed, held }) => owed === held);
  return {
    instructions: [...words.values()].reduce((sum, some) => sum + some, 0),
    approved: count('approved', 'sent', 'settled', 'rejected', 'returned'),
    declined: count('declined'),
    settled: count('settled'),
    rejected: count('rejected'),
    returned: count('returned'),
    entries: exported.entries,
    events: exported.events,
    log: { size: exported.size, root: exported.root },
    safeguarding: assets,
    refused,
    bundle: exported.bundle,
    journal: exported.journal,
    trust,
    vaults: office.vaults,
    verified: exit === 0 && compared.ok && isConserved,
  };
}

const checkpointOf = async (desk: Desk): Promise<string> => (await desk.client.status({})).log.checkpoint ?? '';

/** What the bank gives an auditor, apart from any bundle: its keys, and the terminals as witnesses. */
async function trustOf({ depository, front, back }: Office): Promise<Trust> {
  const { programme, rootKey, logKey } = depository.invitation;
  const key = parseNoteKey(nodePrimitives.sha256, logKey);
  const origin = key.ok ? key.value.name : '';
  const terminals = await Promise.all([front, back].map(async (desk) => accepted(await desk.client.card({})).terminal));
  const witnesses = terminals.map((one) =>
    formatNoteKey(
      nodePrimitives.sha256,
      terminalWitnessKey(origin, one.id, base64urlToBytes(one.key) ?? new Uint8Array()),
    ),
  );
  return { format: 'custos-trust/1', programme, rootKey, logKey, witnesses, witnessQuorum: witnesses.length };
}
