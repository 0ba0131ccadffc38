// A listening gateway with two terminals whose keys a test has: what it is asked can be signed, or only look as if it were.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives } from '../crypto/node.ts';
import { ed25519PublicKey, random, signEd25519 } from '../crypto/secret.ts';
import { type Depository, openDepository } from '../depository/depository.ts';
import { openBankKeys } from '../depository/keys.ts';
import type { GatewayLimits, Rates } from '../depository/limits.ts';
import { bytesToBase64url } from '../shared/bytes.ts';
import { bodyDigest, requestHeaders, requestMessage } from '../shared/contract/request.ts';
import type { CustosEvent } from '../shared/event.ts';
import { eventIdFrom } from '../shared/ids.ts';
import type { Submission } from '../shared/submission.ts';
import { msToInstant } from '../shared/time.ts';
import { accepted } from './desk.ts';
import { Person, signAsMachine } from './people.ts';
import { testPolicy } from './programme.ts';

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly body: Uint8Array;
}

export interface TestGateway {
  readonly depository: Depository;
  readonly directory: string;
  readonly port: number;
  readonly programme: string;
  /** What a terminal sends beside its request; `others` stand in for what it should be. */
  headers(terminal: string, asked: Asked, others?: Readonly<Record<string, string>>): Record<string, string>;
  /** A receipt as the bank's adapter signs it. */
  receipt(): Submission;
  close(): Promise<void>;
}

export async function openTestGateway(options: {
  readonly listens: boolean;
  readonly limits?: Partial<GatewayLimits>;
  readonly rates?: Rates;
}): Promise<TestGateway> {
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  const programme = 'p2p-demo';
  const depository = await openDepository({
    directory,
    programme,
    name: 'Demonstration',
    origin: 'depository.example/p2p-demo',
    relyingParty: { id: 'localhost', origins: ['http://localhost:5173'] },
    pools: { CNY: '110022' },
    primitives: nodePrimitives,
    clock: Date.now,
    port: options.listens ? 0 : null,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.rates === undefined ? {} : { rates: options.rates }),
  });
  const seeds = new Map(['T-01', 'T-02'].map((id) => [id, random(32)]));
  accepted(
    await depository.open({
      assets: ['CNY'],
      officers: [new Person('officer-a', 'officer').operator, new Person('officer-b', 'officer').operator],
      terminals: [...seeds].map(([id, seed]) => ({ id, key: ed25519PublicKey(seed) })),
      policy: testPolicy,
      agreement: { version: 1, fees: [] },
    }),
  );
  const { adapter } = openBankKeys(join(directory, 'bank-keys.json'));
  let receipts = 0;
  return {
    depository,
    directory,
    port: Number(new URL(depository.invitation.url).port),
    programme,
    headers(terminal, { method, target, body }, others = {}) {
      const signed = {
        [requestHeaders.terminal]: terminal,
        [requestHeaders.time]: String(Date.now()),
        [requestHeaders.nonce]: bytesToBase64url(random(12)),
        [requestHeaders.body]: bodyDigest(nodePrimitives.sha256, body),
        ...others,
      };
      const message = requestMessage({
        method,
        target,
        time: signed[requestHeaders.time] ?? '',
        nonce: signed[requestHeaders.nonce] ?? '',
        body: signed[requestHeaders.body] ?? '',
      });
      const seed = seeds.get(terminal) ?? random(32);
      return { [requestHeaders.signature]: bytesToBase64url(signEd25519(seed, message)), ...signed };
    },
    receipt() {
      receipts += 1;
      const nowMs = Date.now();
      const event = {
        ...{ v: 1, id: eventIdFrom(nowMs, random(10)), programme, type: 'bank.credited', at: msToInstant(nowMs) },
        ...{ actor: 'bank', terminal: 'depository' },
        body: {
          ...{ reference: `R${receipts}`, account: null, asset: 'CNY', amount: '1' },
          valueDate: msToInstant(nowMs).slice(0, 10),
        },
      } as CustosEvent;
      const [evidence] = signAsMachine(adapter, 'adapter', [event]);
      if (evidence === undefined) throw new Error('one event has one evidence');
      return { event, evidence, details: [] };
    },
    close: () => depository.close(),
  };
}
