// The gateway's HTTP door: the typed contract for terminals, each request signed; the log as C2SP tiles for monitors; the
// OpenAPI description.

import { OpenAPIGenerator } from '@orpc/openapi';
import { OpenAPIHandler } from '@orpc/openapi/fastify';
import { implement } from '@orpc/server';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  base64urlToBytes,
  bytesEqual,
  bytesToBase64,
  bytesToBase64url,
  concatBytes,
  utf8ToText,
} from '../shared/bytes.ts';
import type { BankFile } from '../shared/contract/day.ts';
import { depositoryContract, maxRecords } from '../shared/contract/depository.ts';
import { requestHeaders, requestLifetimeMs, requestMessage } from '../shared/contract/request.ts';
import type { EventDetails } from '../shared/instruction/payee.ts';
import { logKey, openCheckpoint, terminalWitnessKey } from '../shared/log/checkpoint.ts';
import { encodeBundle, parseTilePath, tileWidth } from '../shared/log/tiles.ts';
import type { Primitives } from '../shared/primitives.ts';
import { ok, type Refusal, refuse } from '../shared/result.ts';
import type { Submission } from '../shared/submission.ts';
import type { Gateway } from './gateway.ts';
import type { Outcome } from './sequencer.ts';

export interface ServerParts {
  readonly programmes: ReadonlyMap<string, Gateway>;
  /** Files exchanged with the bank, newest first, where there is such an exchange. */
  readonly bankFiles?: (limit: number) => readonly BankFile[];
  readonly primitives: Primitives;
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
  /** Lets monitors that are no terminals read records as entry bundles; without it nobody but terminals may. */
  readonly readerToken?: string;
}

interface Caller {
  readonly programme: string;
  readonly terminal: string;
  readonly gateway: Gateway;
}

const apiPrefix = '/api';
const maxBodyBytes = 16 << 20;
const maxAnswerBytes = 8 << 20;

export function buildServer(parts: ServerParts): FastifyInstance {
  const server = Fastify({ bodyLimit: maxBodyBytes, requestTimeout: 30_000, connectionTimeout: 60_000 });
  const bodies = new WeakMap<FastifyRequest, Buffer>();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    bodies.set(request, body as Buffer);
    try {
      done(null, body.length === 0 ? undefined : JSON.parse(body.toString('utf8')));
    } catch {
      done(Object.assign(new Error('The body is not JSON.'), { statusCode: 400 }));
    }
  });
  const identify = newIdentifier(parts);
  const handler = new OpenAPIHandler(router(parts), {});

  server.all(`${apiPrefix}/*`, async (request, reply) => {
    if (!programmeLeads(parts, request)) return reply.code(503).header('retry-after', '1').send(standsBy);
    const caller = identify(request, bodies.get(request) ?? new Uint8Array());
    if (!caller.ok) return reply.code(401).send(caller.refusal);
    const { matched } = await handler.handle(request, reply, { prefix: apiPrefix, context: caller.value });
    if (!matched) await reply.code(404).send(notHere);
  });
  // For load balancers: only a node that orders every programme it serves is asked.
  server.get('/health', async (_, reply) => {
    const leads = [...parts.programmes.values()].every((gateway) => gateway.leads());
    return reply.code(leads ? 200 : 503).send({ leads });
  });
  server.get('/openapi.json', async () => describe());
  server.get('/log/:programme/*', async (request, reply) => serveLog(parts, request, reply));
  server.setNotFoundHandler((_, reply) => reply.code(404).send(notHere));
  // What went wrong inside stays inside: no path, SQL or key in an answer.
  server.setErrorHandler((failure: { statusCode?: number; message: string }, _, reply) => {
    const code = failure.statusCode ?? 500;
    const why = code < 500 ? failure.message : 'The depository could not do it now.';
    return reply.code(code).send(refuse('not served', 'The request was not served.', why, 'Try again.').refusal);
  });
  return server;
}

const notYours: Outcome = refuse(
  'not entitled',
  'The event was not admitted.',
  'It names another terminal than the one that sends it.',
  'Send it from the terminal on which it was signed.',
);

const notHere = refuse('unknown', 'Nothing was served.', 'There is nothing at this address.', 'Check it.').refusal;

const standsBy = refuse(
  'not served',
  'The request was not served.',
  'Another node orders this programme now.',
  'Ask the other nodes.',
).refusal;

const programmeOfRequest = (request: FastifyRequest): string =>
  decodeURIComponent(request.url.slice(apiPrefix.length + 1).split(/[/?]/)[0] ?? '');

const programmeLeads = ({ programmes }: ServerParts, request: FastifyRequest): boolean =>
  programmes.get(programmeOfRequest(request))?.leads() ?? true;

const describe = () =>
  new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] }).generate(depositoryContract, {
    info: { title: 'Custos depository', version: '1' },
    servers: [{ url: apiPrefix }],
  });

type Identified = ReturnType<typeof ok<Caller>> | { readonly ok: false; readonly refusal: Refusal };

/** Who asks: an enrolled terminal, by its signature over this very request, made just now and not seen before. */
function newIdentifier({ programmes, primitives, clock }: ServerParts) {
  const seen = new Map<string, number>();
  const no = (why: string): Identified =>
    refuse('not entitled', 'The request was not served.', why, 'Ask the bank to enrol this terminal.');
  return (request: FastifyRequest, body: Uint8Array): Identified => {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const [terminal, time, nonce] = [requestHeaders.terminal, requestHeaders.time, requestHeaders.nonce].map(header);
    const signature = base64urlToBytes(header(requestHeaders.signature));
    const programme = programmeOfRequest(request);
    const gateway = programmes.get(programme);
    const enrolled = gateway?.sequencer().books.get('terminal', terminal ?? '');
    if (!terminal || !time || !nonce || signature === undefined) return no('It is not signed by a terminal.');
    if (gateway === undefined || enrolled === undefined) return no('The terminal is not enrolled here.');
    if (enrolled.revokedAt !== undefined) return no('The terminal was revoked.');
    const now = clock();
    if (!(Math.abs(now - Number(time)) < requestLifetimeMs)) return no("The terminal's clock is not right.");
    const message = requestMessage(primitives.sha256, {
      method: request.method,
      target: request.url,
      time,
      nonce,
      body,
    });
    if (!primitives.verifyEd25519(enrolled.key, message, signature)) return no('Its signature does not verify.');
    for (const [old, at] of seen) {
      if (at > now - 2 * requestLifetimeMs) break;
      seen.delete(old);
    }
    const once = `${terminal}|${nonce}`;
    if (seen.has(once)) return no('It was sent before.');
    seen.set(once, now);
    return ok({ programme, terminal, gateway });
  };
}

function router({ primitives, bankFiles }: ServerParts) {
  const os = implement(depositoryContract).$context<Caller>();
  return os.router({
    submit: os.submit.handler(async ({ input, context }) => {
      // People sign at the terminal that sends: what was made on one cannot be said to have been approved on another.
      const isOwn = ({ event, evidence }: Submission) =>
        evidence.kind !== 'webauthn' || event.terminal === context.terminal;
      const own = input.submissions.filter(isOwn);
      const admitted = own.length === 0 ? [] : [...(await context.gateway.admit(own))];
      return { outcomes: input.submissions.map((one) => (isOwn(one) ? (admitted.shift() as Outcome) : notYours)) };
    }),
    checkpoint: os.checkpoint.handler(async ({ context }) => ({
      note: await context.gateway.sequencer().checkpoint(),
    })),
    records: os.records.handler(async ({ input, context }) => {
      const records: string[] = [];
      let bytes = 0;
      const to = Math.min(input.to, input.from + maxRecords, context.gateway.sequencer().size());
      for (const leaf of await context.gateway.store.leaves(input.from, to)) {
        bytes += leaf.length;
        if (bytes > maxAnswerBytes) break;
        records.push(utf8ToText(leaf));
      }
      return { records };
    }),
    consistency: os.consistency.handler(({ input, context }) => {
      const { tree, size } = context.gateway.sequencer();
      const { older, newer } = input;
      if (older < 1 || older > newer || newer > size())
        return refuse(
          'unknown',
          'There is no such proof.',
          `The log has ${size()} records.`,
          'Ask for sizes it has had.',
        );
      return ok({ path: tree.consistency(older, newer).map(bytesToBase64url) });
    }),
    details: os.details.handler(async ({ input, context }) => {
      const found = await context.gateway.store.details(input.commitments);
      return { details: found.map((json) => JSON.parse(json) as EventDetails) };
    }),
    bankFiles: os.bankFiles.handler(() => ({ files: [...(bankFiles?.(500) ?? [])] })),
    cosign: os.cosign.handler(async ({ input, context }) => {
      const { gateway, terminal } = context;
      const { books, tree, size } = gateway.sequencer();
      const programme = books.get('programme', 'programme');
      const key = raw(books.get('terminal', terminal)?.key);
      const origin = programme?.origin ?? '';
      const witness = terminalWitnessKey(origin, terminal, key);
      const opened = openCheckpoint(primitives, input.note, logKey(origin, raw(programme?.bank.gatewayKey)), [witness]);
      if (!opened.ok) return opened;
      const { checkpoint, note, witnesses } = opened.value;
      const no = (why: string) =>
        refuse('not cosigned', 'The cosignature was not kept.', why, 'Synchronise and sign again.');
      if (witnesses.length === 0) return no('The terminal did not sign it.');
      if (checkpoint.size < 1 || checkpoint.size > size() || !bytesEqual(tree.root(checkpoint.size), checkpoint.root))
        return no('It is not a checkpoint of this log.');
      const line = note.signatures.find((one) => one.name === witness.name);
      if (line === undefined) return no('The terminal did not sign it.');
      const text = bytesToBase64(concatBytes(line.keyId, line.signature));
      await gateway.store.cosign(witness.name, checkpoint.size, `— ${witness.name} ${text}\n`);
      return ok({ size: checkpoint.size });
    }),
  });
}

const raw = (text: string | undefined): Uint8Array => base64urlToBytes(text ?? '') ?? new Uint8Array();

/** C2SP tlog-tiles. Hashes and checkpoint are for everybody; records, which name clients and amounts, are for readers. */
async function serveLog(parts: ServerParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { programme, '*': path } = request.params as { programme: string; '*': string };
  const gateway = parts.programmes.get(programme);
  if (gateway === undefined) return reply.code(404).send(notHere);
  if (!gateway.leads()) return reply.code(503).header('retry-after', '1').send(standsBy);
  const { tree, size, checkpoint } = gateway.sequencer();
  if (size() === 0) return reply.code(404).send(notHere);
  if (path === 'checkpoint') return reply.type('text/plain; charset=utf-8').send(await checkpoint());
  const tile = parseTilePath(path);
  if (tile === undefined) return reply.code(404).send(notHere);
  const { level, index, width } = tile;
  const from = index * tileWidth;
  if (level === 'entries') {
    if (parts.readerToken === undefined || request.headers.authorization !== `Bearer ${parts.readerToken}`)
      return reply
        .code(401)
        .send(refuse('not entitled', 'Nothing was served.', 'Records are for readers.', 'Ask the bank.').refusal);
    const leaves = await gateway.store.leaves(from, Math.min(from + width, size()));
    if (leaves.length < width) return reply.code(404).send(notHere);
    return reply.type('application/octet-stream').send(Buffer.from(encodeBundle(leaves)));
  }
  if ((from + width) * tileWidth ** level > size()) return reply.code(404).send(notHere);
  const hashes: Uint8Array[] = [];
  for (let i = from; i < from + width; i++) {
    const node = tree.node(level * 8, i);
    if (node === undefined) return reply.code(404).send(notHere);
    hashes.push(node);
  }
  return reply.type('application/octet-stream').send(Buffer.from(concatBytes(...hashes)));
}
