// The gateway's HTTP door: requests as an enrolled terminal signs them and as nobody does, every address of the contract and
// of the log, bodies well formed and not. Whatever is refused has left the log and the books as they were.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { z } from 'zod';
import { nodePrimitives } from '../../../crypto/node.ts';
import { booksDigest } from '../../../shared/books.ts';
import { depositoryContract } from '../../../shared/contract/depository.ts';
import { requestHeaders } from '../../../shared/contract/request.ts';
import { refusalSchema } from '../../../shared/contract/result.ts';
import { openTestGateway, type TestGateway } from '../../gateway.ts';
import { type Door, Finding, newDoor } from '../door.ts';
import { valuesOf } from '../from-schema.ts';
import { changed, changedBytes, hostileJson, hostileText, toJsonText } from '../inputs.ts';
import { expectNoLeak, expectNoSecret, Secrets } from '../leaks.ts';

interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'OPTIONS';
  readonly target: string;
  readonly body: Uint8Array;
  readonly terminal: string;
  /** What stands in headers instead of what should. */
  readonly headers: Readonly<Record<string, string>>;
}

export async function openGatewayDoor(): Promise<Door> {
  const gateway = await openTestGateway({ listens: false });
  const secrets = secretsOf(gateway);
  const server = gateway.depository.door();

  async function judge({ method, target, body, terminal, headers }: Asked): Promise<void> {
    const before = stateOf(gateway);
    const signed = gateway.headers(terminal, { method, target, body }, signable(headers));
    const sent = { 'content-type': 'application/json', ...signed, ...printable(headers) };
    const answer = await server.inject({
      method,
      url: target,
      headers: sent,
      ...(body.length > 0 ? { payload: Buffer.from(body) } : {}),
    });
    const text = answer.rawPayload.toString('utf8');
    expectNoSecret(text, secrets);
    const { statusCode } = answer;
    if (statusCode >= 500) throw new Finding(`it answered ${statusCode}: ${text.slice(0, 600)}`);
    const isRefused = statusCode >= 400 || refusedAll(text);
    if (statusCode >= 400) {
      expectNoLeak(text, secrets);
      const json = JSON.parse(text) as { data?: unknown };
      if (!refusalSchema.safeParse('data' in json ? json.data : json).success)
        throw new Finding(`a refusal is none: ${text.slice(0, 600)}`);
    }
    if (isRefused && stateOf(gateway) !== before) throw new Finding('refused, and yet something changed');
  }

  return newDoor('gateway', inputs(gateway), judge, () => gateway.close());
}

/** Whether nothing of it was admitted. */
function refusedAll(text: string): boolean {
  if (text.startsWith('{"ok":false')) return true;
  if (!text.startsWith('{"outcomes"')) return false;
  const { outcomes } = JSON.parse(text) as { outcomes: { ok: boolean; value?: { sequence: number | null } }[] };
  return outcomes.every((one) => !one.ok || one.value?.sequence === null);
}

const stateOf = ({ depository }: TestGateway): string => {
  const { books, tree, size } = depository.gateway.sequencer();
  const root = Buffer.from(tree.root()).toString('hex');
  return `${size()} ${root} ${booksDigest(nodePrimitives.sha256, (table) => books.all(table))}`;
};

/** Header values that HTTP can carry at all; what it cannot is for the wire (see `wire.ts`). */
const printable = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replaceAll(/[^\t -~]/g, '?')]));
const signedHeaders: ReadonlySet<string> = new Set([requestHeaders.time, requestHeaders.nonce, requestHeaders.body]);
const signable = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(printable(headers)).filter(([name]) => signedHeaders.has(name)));

function inputs(gateway: TestGateway): fc.Arbitrary<Asked> {
  const submissions = Array.from({ length: 20 }, () => gateway.receipt());
  const at = new Date().toISOString();
  const known = [gateway.programme, 'T-01', 'bank', '0', '1', '2', 'CNY', at, at.slice(0, 10)];
  const withBody = (name: 'submit' | 'details' | 'cosign', path: string, samples: readonly unknown[]) => {
    const schema = depositoryContract[name]['~orpc'].inputSchema as z.ZodObject;
    const fitting = fc.oneof(valuesOf(schema.omit({ programme: true }), known), fc.constantFrom(...samples));
    return fc
      .oneof(
        { weight: 2, arbitrary: fitting },
        { weight: 4, arbitrary: changed(fitting) },
        { weight: 1, arbitrary: hostileJson },
      )
      .map((value) => ({ method: 'POST' as const, target: path, body: Buffer.from(toJsonText(value)) }));
  };
  const base = `/api/${gateway.programme}`;
  const posts = fc.oneof(
    withBody('submit', `${base}/submissions`, [
      ...submissions.map((one) => ({ submissions: [one] })),
      { submissions: submissions.slice(0, 3) },
    ]),
    withBody('details', `${base}/details`, [{ commitments: ['A'.repeat(43)] }]),
    withBody('cosign', `${base}/cosignatures`, [{ note: 'depository.example/p2p-demo\n1\nAAAA\n\n— x AAAA\n' }]),
    fc.record({
      method: fc.constant('POST' as const),
      target: fc.constantFrom(`${base}/submissions`, `${base}/details`),
      body: changedBytes([Buffer.from(JSON.stringify({ submissions: submissions.slice(0, 2) }))]),
    }),
  );
  const number = fc.oneof(
    fc.integer({ min: -2, max: 30 }).map(String),
    hostileText,
    fc.constantFrom('1e999', '9007199254740993', '1.5', '0x10', ' 1', '1&from=2', '1&from[]=2'),
  );
  const keys = fc.constantFrom(
    'from',
    'to',
    'older',
    'newer',
    'from[0]',
    'from[a][b]',
    '__proto__[x]',
    'from[99999999]',
  );
  const query = fc
    .array(fc.tuple(keys, number), { maxLength: 4 })
    .map((pairs) => pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encode(value)}`).join('&'));
  const gets = fc
    .tuple(
      fc.oneof(
        fc.constantFrom(...['records', 'consistency', 'checkpoint', 'submissions', ''].map((one) => `${base}/${one}`)),
        fc.constantFrom('/health', '/openapi.json', '/log/p2p-demo/checkpoint', '/log/p2p-demo/tile/0/000'),
        hostileText.map((text) => `/api/${encode(text)}/records`),
        hostileText.map((text) => `/log/p2p-demo/${encode(text)}`),
        fc.constantFrom('/api/%zz/records', '/log/p2p-demo/tile/entries/000.p/1', '/log/p2p-demo/../..', '/%00', '//x'),
        fc.constantFrom(
          '/log/p2p-demo/tile/63/000',
          '/log/p2p-demo/tile/0/x999/x999/x999/999',
          '/log/__proto__/checkpoint',
        ),
      ),
      query,
    )
    .map(([path, asked]) => ({
      method: 'GET' as const,
      target: asked === '' ? path : `${path}?${asked}`,
      body: nothing,
    }));
  const names = [
    ...Object.values(requestHeaders),
    'content-type',
    'host',
    'x-forwarded-for',
    'authorization',
    'accept',
  ];
  const headers = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(
      hostileText,
      fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'a, b', '0', '99999999999999'),
    ),
    { maxKeys: 2 },
  );
  return fc
    .tuple(
      fc.oneof({ weight: 3, arbitrary: posts }, { weight: 2, arbitrary: gets }),
      fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
      fc.constantFrom(...Array.from({ length: 8 }, () => 'T-01'), 'T-02', 'T-99', 'constructor'),
      fc.constantFrom(undefined, undefined, undefined, undefined, 'PUT' as const, 'OPTIONS' as const, 'POST' as const),
    )
    .map(([asked, more, terminal, method]) => ({ ...asked, method: method ?? asked.method, headers: more, terminal }));
}

const nothing = new Uint8Array();

/** As an address can hold it; half a pair it cannot. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

function secretsOf({ depository, directory }: TestGateway): Secrets {
  const secrets = new Secrets();
  const bank = JSON.parse(readFileSync(join(directory, 'bank-keys.json'), 'utf8')) as Record<string, string>;
  for (const [name, key] of Object.entries(bank)) secrets.add(`the bank's ${name} key`, key);
  secrets.add('the payee key', depository.invitation.payeeKey);
  return secrets;
}
