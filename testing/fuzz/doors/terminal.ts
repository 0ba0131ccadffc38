// The terminal's contract as a screen reaches it: three terminals, one unlocked, one locked and one that is new, asked for
// everything there is, well formed and not. Whatever is refused has changed nothing.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { z } from 'zod';
import { openScreenDoor, screenLimits } from '../../../main/screen-door.ts';
import { outboxRows } from '../../../main/store/outbox.ts';
import { readSetting, settingNames } from '../../../main/store/settings.ts';
import type { Terminal } from '../../../main/terminal.ts';
import { slotPath } from '../../../main/vault/vault.ts';
import { booksDigest } from '../../../shared/books.ts';
import { refusalSchema } from '../../../shared/contract/result.ts';
import { terminalContract } from '../../../shared/contract/terminal.ts';
import { accepted } from '../../desk.ts';
import { newTestTerminal, officeOrigin, openClient, openTestOffice, type TestOffice } from '../../office.ts';
import { type Door, Finding, newDoor } from '../door.ts';
import { valuesOf } from '../from-schema.ts';
import { changed, changedBytes, changedJson, hostileJson, toJsonText } from '../inputs.ts';
import { expectNoLeak, expectNoSecret, Secrets } from '../leaks.ts';

type At = 'unlocked' | 'locked' | 'new';

interface Asked {
  readonly at: At;
  /** What is sent; `#` stands for the number of the call. */
  readonly message: string;
}

const hour = 3_600_000;

export async function openTerminalDoor(): Promise<Door> {
  const office = await openTestOffice();
  await openClient(office, '1001', 5_000_000n);
  const fresh = newTestTerminal(join(office.directory, 'T-03'), office.time.nowMs, office.lines[0]);
  const terminals: Readonly<Record<At, Terminal>> = {
    unlocked: office.terminals[0],
    locked: office.terminals[1],
    new: fresh,
  };
  await office.checker.client.lock({});
  const secrets = secretsOf(office);
  let calls = 0;

  async function judge({ at, message }: Asked): Promise<void> {
    const terminal = terminals[at];
    const before = stateOf(terminal);
    calls += 1;
    const answer = await ask(terminal, message.replace('#', String(calls)));
    for (const text of answer.texts) expectNoSecret(text, secrets);
    if (answer.failures.length > 0) throw new Finding(`it threw: ${answer.failures.join('\n')}`);
    const outcome = answer.texts.length === 0 ? 'refused' : judgeAnswer(answer.texts, secrets);
    if (outcome === 'refused' && stateOf(terminal) !== before) throw new Finding('refused, and yet something changed');
    await backToWork(office, terminals);
  }

  return newDoor('terminal', inputs(await knownTo(office)), judge, () => office.depository.close());
}

type Procedure = keyof typeof terminalContract;
const procedures = Object.keys(terminalContract) as Procedure[];

function inputs(known: readonly string[]): fc.Arbitrary<Asked> {
  const call = (name: string, input: unknown) => `{"i":"#","p":{"u":"/${name}","b":{"json":${toJsonText(input)}}}}`;
  const calls = procedures.map((name) => {
    const fitting = valuesOf(terminalContract[name]['~orpc'].inputSchema as z.ZodType, known);
    return fc
      .oneof(
        { weight: 3, arbitrary: fitting },
        { weight: 3, arbitrary: changed(fitting) },
        { weight: 1, arbitrary: hostileJson },
      )
      .map((input) => call(name, input));
  });
  const envelopes = changedJson([
    { i: '#', p: { u: '/status', b: { json: {} } } },
    { i: '#', t: 4 },
    { i: '#', t: 3, p: { e: 'message', d: { json: {} } } },
    { i: '#', p: { u: '/make', b: { json: { drafts: [] }, meta: [[7, '__proto__']] } } },
    { i: '#', p: { u: '/constructor', b: { json: {} }, h: { 'content-type': 'multipart/form-data; boundary=x' } } },
  ]).map(toJsonText);
  const raw = changedBytes([Buffer.from(call('status', {})), Buffer.from(call('log', { from: 0, limit: 5 }))]).map(
    (bytes) => Buffer.from(bytes).toString('utf8'),
  );
  return fc.record({
    at: fc.constantFrom<At>('unlocked', 'unlocked', 'unlocked', 'locked', 'new'),
    message: fc.oneof(
      { weight: 8, arbitrary: fc.oneof(...calls) },
      { weight: 1, arbitrary: envelopes },
      { weight: 1, arbitrary: raw },
    ),
  });
}

/** Ids, names and numbers that mean something in this office. */
async function knownTo(office: TestOffice): Promise<string[]> {
  const { client } = office.maker;
  const shown = accepted(await client.instructions({ states: [], after: '', limit: 20 }));
  const log = accepted(await client.log({ from: 0, limit: 20 }));
  const accounts = accepted(await client.accounts({ after: '', limit: 20, asset: null }));
  return [
    ...shown.instructions.map((one) => one.id),
    ...log.lines.map((one) => one.id),
    ...accounts.accounts.flatMap((one) => [one.id, one.number ?? one.id, one.available]),
    ...[office.teller, office.supervisor, ...office.officers].map((one) => one.id),
    // No passphrase: whoever types one for the name of something is told that there is no such thing.
    ...['T-01', 'T-03', 'CNY', '100', '1', '2026-11-24', office.depository.invitation.url],
    ...[office.depository.invitation.logKey, office.depository.invitation.rootKey, 'localhost', officeOrigin],
  ];
}

interface Answer {
  readonly texts: readonly string[];
  readonly failures: readonly string[];
}

/** Sends one message as a screen does, and waits for the whole answer. */
function ask(terminal: Terminal, message: string): Promise<Answer> {
  const texts: string[] = [];
  const failures: string[] = [];
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Finding('there is no answer')), 20_000);
    const done = () => {
      clearTimeout(late);
      resolve({ texts, failures });
    };
    const door = openScreenDoor(
      terminal,
      {
        send(text) {
          texts.push(text);
          if (isLast(text)) setImmediate(done);
        },
        close: done,
      },
      (_, failure) => failures.push(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)),
    );
    door.take(message);
    if (isGivingUp(message)) setImmediate(done);
  });
}

const isGivingUp = (message: string): boolean => /^{"i":"[^"]{1,32}","t":4}$/.test(message);

/** A stream ends with an item that says so; anything else is one answer. */
function isLast(text: string): boolean {
  const { t, p } = JSON.parse(text) as { t?: number; p?: { e?: string; b?: unknown; h?: unknown } };
  return t === 3 ? p?.e !== 'message' : p?.h === undefined || !JSON.stringify(p.h).includes('event-stream');
}

/** The form of an answer: a value, a refusal with what, why and next, or a failure that says its kind and a number. */
function judgeAnswer(texts: readonly string[], secrets: Secrets): 'done' | 'refused' {
  const last = texts.findLast((text) => !text.includes('"e":"done"')) ?? '';
  if (last.length > screenLimits.answerChars) throw new Finding('the answer is longer than any may be');
  const { p } = JSON.parse(last) as { p: { s?: number; b?: { json?: unknown }; d?: { json?: unknown }; e?: string } };
  const json = (p.b?.json ?? p.d?.json) as Record<string, unknown> | undefined;
  if (p.s !== undefined || p.e === 'error') {
    expectNoLeak(last, secrets);
    if (p.s === 404) return 'refused';
    const keys = Object.keys(json ?? {})
      .sort()
      .join();
    const data = JSON.stringify(json?.data);
    if (keys !== 'code,data,defined,message,status' || !/^{"correlationId":"[0-9a-f]{16}"}$/.test(data))
      throw new Finding(`a failure says more or less than it may: ${last.slice(0, 600)}`);
    if (json?.code !== 'BAD_REQUEST') throw new Finding(`it failed: ${last.slice(0, 600)}`);
    return 'refused';
  }
  const result = (json?.result ?? json) as Record<string, unknown> | undefined;
  if (result?.ok !== false) return 'done';
  const refusal = refusalSchema.safeParse(result.refusal);
  if (!refusal.success || Object.values(refusal.data).some((text) => text === ''))
    throw new Finding(`a refusal does not say what, why and next: ${last.slice(0, 600)}`);
  expectNoLeak(last, secrets);
  return 'refused';
}

/** Digest of everything durable that a refused call must leave as it was. */
function stateOf({ parts, session }: Terminal): string {
  const digest = createHash('sha256');
  const slots = slotPath(parts.directory);
  digest.update(existsSync(slots) ? readFileSync(slots) : 'none');
  if (session !== undefined) {
    const { store, books } = session;
    digest.update(booksDigest(parts.primitives.sha256, (table) => books.all(table)));
    digest.update(JSON.stringify(outboxRows(store)));
    for (const name of settingNames(store, '')) digest.update(`${name}=${readSetting(store, name as 'terminal')}\n`);
  }
  return digest.digest('hex');
}

/** Whoever was locked out or locked comes back; the locked terminal is locked again. */
async function backToWork(office: TestOffice, terminals: Readonly<Record<At, Terminal>>): Promise<void> {
  office.time.skip(2 * hour);
  if (terminals.unlocked.session === undefined) await office.maker.unlock(office.teller);
  if (terminals.locked.session !== undefined) await office.checker.client.lock({});
}

function secretsOf(office: TestOffice): Secrets {
  const secrets = new Secrets();
  const { session } = office.terminals[0];
  if (session === undefined) throw new Error('the first terminal is unlocked');
  for (const [name, key] of [
    ['the key of the database', session.vault.databaseKey()],
    ['the key of the head record', session.vault.headKey()],
    ["the terminal's own key", session.vault.terminalSeed()],
  ] as const)
    secrets.add(name, key.reveal());
  secrets.add('the payee key', Buffer.from(session.invitation.payeeKey, 'base64url'));
  for (const { passphrase, authenticator } of [...office.officers, office.teller, office.supervisor]) {
    secrets.add('a passphrase', passphrase);
    for (const { prfSecret } of authenticator.toJSON())
      secrets.add("an authenticator's secret", Buffer.from(prfSecret, 'base64url'));
  }
  const bank = JSON.parse(readFileSync(join(office.directory, 'depository', 'bank-keys.json'), 'utf8')) as object;
  for (const [name, key] of Object.entries(bank))
    if (typeof key === 'string' && key.length >= 40) secrets.add(`the bank's ${name} key`, key);
  return secrets;
}
