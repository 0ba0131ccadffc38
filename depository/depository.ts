// The embedded depository: one programme, its log on SQLite or PostgreSQL, the simulated bank, and the HTTP door, in one
// process.

import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { payeeIdUnder } from '../crypto/payee.ts';
import { random } from '../crypto/secret.ts';
import { takeLock } from '../disk/lock.ts';
import { makeFolder } from '../disk/write.ts';
import { base64urlToBytes, bytesToBase64url } from '../shared/bytes.ts';
import type { BankFile } from '../shared/contract/day.ts';
import type { Invitation } from '../shared/contract/invitation.ts';
import type { Programme } from '../shared/event.ts';
import { type EventId, eventIdFrom } from '../shared/ids.ts';
import { logKey } from '../shared/log/checkpoint.ts';
import { formatNoteKey } from '../shared/log/note.ts';
import type { Primitives } from '../shared/primitives.ts';
import type { BankAdapter } from './bank/adapter.ts';
import { expireEscrows, noteTime, noteUnstatedDays, type RefusedByBooks, runBankLink } from './bank/link.ts';
import { postAccruals } from './bank/post-accruals.ts';
import { type BankSimulator, type Fate, openBankSimulator, type Transfer } from './bank/simulator.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { openBankKeys } from './keys.ts';
import { type GatewayLimits, gatewayRates, type Rates } from './limits.ts';
import { openProgramme } from './open-programme.ts';
import type { Outcome } from './sequencer.ts';
import { buildServer } from './server.ts';
import type { LogStore } from './store/log-store.ts';
import { openSqliteStore } from './store/sqlite.ts';

export interface DepositoryParts {
  readonly directory: string;
  readonly programme: string;
  readonly name: string;
  /** C2SP origin of the log. */
  readonly origin: string;
  readonly relyingParty: Invitation['relyingParty'];
  /** The bank's pool account per asset. */
  readonly pools: Readonly<Record<string, string>>;
  readonly primitives: Primitives;
  readonly clock: () => number;
  /** Ids of the bank's and the gateway's own events. */
  readonly newId?: (unixMs: number) => EventId;
  /** 0 for any free port; null for none, when requests are handed to `door`. Only this machine can reach it. */
  readonly port: number | null;
  /** Where the log is kept, instead of a file in `directory`; closed with the depository. */
  readonly store?: LogStore;
  /** This node's name among those that share the store. */
  readonly node?: string;
  readonly leaseMs?: number;
  /** The way to the bank; without it the simulated bank of this depository. */
  readonly adapter?: BankAdapter & { close(): void; files?(limit: number): readonly BankFile[] };
  readonly fate?: (transfer: Transfer) => Fate;
  readonly readerToken?: string;
  /** Instead of the usual ones. */
  readonly limits?: Partial<GatewayLimits>;
  readonly rates?: Rates;
}

export interface Depository {
  readonly gateway: Gateway;
  readonly bank: BankSimulator;
  readonly invitation: Invitation;
  /** The HTTP door, also where nobody listens. */
  door(): FastifyInstance;
  /** Opens the programme with the bank's keys; what the bank decides alone. */
  open(body: Pick<Programme, 'assets' | 'officers' | 'terminals' | 'policy' | 'agreement'>): Promise<Outcome>;
  /** Sends and takes in bank messages, and lets expire what is due; returns what the books would not take. */
  run(): Promise<readonly RefusedByBooks[]>;
  /** Stops answering terminals until `resume`; what was admitted stays admitted. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** Another process has this depository open. */
export class DepositoryInUse extends Error {
  override name = 'DepositoryInUse';
  constructor() {
    super('Another process has this depository open: stop it first.');
  }
}

export async function openDepository(parts: DepositoryParts): Promise<Depository> {
  const { directory, programme, primitives, clock } = parts;
  makeFolder(directory);
  // Stores that several nodes may share have a lease; a file is for one process at a time.
  const hold = parts.store === undefined ? takeLock(join(directory, 'depository.lock')) : undefined;
  if (parts.store === undefined && hold === undefined) throw new DepositoryInUse();
  const keys = openBankKeys(join(directory, 'bank-keys.json'));
  const store = parts.store ?? openSqliteStore(join(directory, 'log.sqlite'));
  const key = logKey(parts.origin, base64urlToBytes(keys.gateway.publicKey) ?? new Uint8Array());
  const payeeId = payeeIdUnder(keys.payeeKey);
  const leaseMs = parts.leaseMs ?? 10_000;
  const gateway = await openGateway({
    store,
    primitives,
    clock,
    key,
    sign: keys.gateway.sign,
    payeeId,
    holder: parts.node ?? 'embedded', // the same after a crash, so that it need not wait for its own lease
    leaseMs,
  });
  const renewing = setInterval(() => void gateway.lead().catch(() => {}), leaseMs / 4);
  renewing.unref();
  const bank: BankSimulator = openBankSimulator({
    file: join(directory, 'bank.sqlite'),
    clock,
    accounts: parts.pools,
    ...(parts.fate === undefined ? {} : { fate: parts.fate }),
  });
  const newId = parts.newId ?? ((unixMs: number) => eventIdFrom(unixMs, random(10)));
  const link = {
    programme,
    gateway,
    bank: parts.adapter ?? bank,
    mainAccounts: parts.pools,
    primitives,
    clock,
    newId,
    signAs: { adapter: keys.adapter.sign, gateway: keys.gateway.sign },
  };
  const serve = () =>
    buildServer({
      programmes: new Map([[programme, gateway]]),
      primitives,
      clock,
      ...(parts.adapter?.files === undefined ? {} : { bankFiles: parts.adapter.files }),
      rates: parts.port === null ? null : (parts.rates ?? gatewayRates),
      ...(parts.limits === undefined ? {} : { limits: parts.limits }),
      ...(parts.readerToken === undefined ? {} : { readerToken: parts.readerToken }),
    });
  let server = serve();
  const listen = (port: number) => server.listen({ host: '127.0.0.1', port });
  const url = parts.port === null ? 'http://127.0.0.1:1' : await listen(parts.port);
  return {
    gateway,
    bank,
    invitation: {
      format: 'custos-invitation/1',
      programme,
      name: parts.name,
      url,
      rootKey: keys.root.publicKey,
      logKey: formatNoteKey(primitives.sha256, key),
      relyingParty: parts.relyingParty,
      payeeKey: bytesToBase64url(keys.payeeKey),
    },
    open: (body) =>
      openProgramme(gateway, {
        id: programme,
        eventId: newId(clock()),
        nowMs: clock(),
        primitives,
        signAsRoot: keys.root.sign,
        programme: {
          name: parts.name,
          origin: parts.origin,
          relyingParty: parts.relyingParty,
          bank: {
            rootKey: keys.root.publicKey,
            gatewayKey: keys.gateway.publicKey,
            adapterKey: keys.adapter.publicKey,
          },
          ...body,
        },
      }),
    door: () => server,
    async run() {
      if (!gateway.leads() || gateway.sequencer().size() === 0) return [];
      await noteTime(link);
      await expireEscrows(link);
      const refused = await runBankLink(link);
      await noteUnstatedDays(link);
      await postAccruals(link);
      return refused;
    },
    async pause() {
      await server.close();
    },
    async resume() {
      server = serve();
      if (parts.port !== null) await listen(Number(new URL(url).port));
    },
    async close() {
      clearInterval(renewing);
      await server.close();
      await gateway.stepDown();
      bank.close();
      parts.adapter?.close();
      await store.close();
      hold?.release();
    },
  };
}
