// The gateway's HTTP door: the typed contract for terminals, each request signed; the log as C2SP tiles for monitors; the
// OpenAPI description.

import type { Socket } from 'node:net';
import { OpenAPIGenerator } from '@orpc/openapi';
import { OpenAPIHandler } from '@orpc/openapi/fastify';
import { implement, ORPCError } from '@orpc/server';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { equalSecrets, random } from '../crypto/secret.ts';
import { assert } from '../shared/assert.ts';
import {
  base64urlToBytes,
  bytesEqual,
  bytesToBase64,
  bytesToBase64url,
  bytesToHex,
  concatBytes,
  utf8,
  utf8ToText,
} from '../shared/bytes.ts';
import type { BankFile } from '../shared/contract/day.ts';
import { depositoryContract, maxRecords } from '../shared/contract/depository.ts';
import { bodyDigest } from '../shared/contract/request.ts';
import { failureReport } from '../shared/failure.ts';
import type { EventDetails } from '../shared/instruction/payee.ts';
import { parseJson } from '../shared/json.ts';
import { logKey, openCheckpoint, terminalWitnessKey } from '../shared/log/checkpoint.ts';
import { encodeBundle, parseTilePath, tileWidth } from '../shared/log/tiles.ts';
import type { Primitives } from '../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import type { Submission } from '../shared/submission.ts';
import { apiPrefix, type Caller, newIdentifier, programmeOf } from './caller.ts';
import { type Gateway, StandsBy } from './gateway.ts';
import { type GatewayLimits, gatewayLimits, newPlaces, newRateMeter, type Rates } from './limits.ts';
import type { Outcome } from './sequencer.ts';

export interface ServerParts {
  readonly programmes: ReadonlyMap<string, Gateway>;
  /** Files exchanged with the bank, newest first, where there is such an exchange. */
  readonly bankFiles?: (limit: number) => readonly BankFile[];
  readonly primitives: Primitives;
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
  /** Instead of the usual ones. */
  readonly limits?: Partial<GatewayLimits>;
  /** How often one caller may ask; null where nobody listens, and time is not that of the world. */
  readonly rates: Rates | null;
  /** Lets monitors that are no terminals read records as entry bundles; without it nobody but terminals may. */
  readonly readerToken?: string;
}

const maxAnswerBytes = 8 << 20;

export function buildServer(parts: ServerParts): FastifyInstance {
  const limits: GatewayLimits = { ...gatewayLimits, ...parts.limits };
  const server = Fastify({
    bodyLimit: limits.otherBodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.silentMs,
    keepAliveTimeout: limits.idleMs,
    maxRequestsPerSocket: limits.requestsPerConnection,
    trustProxy: 'loopback', // the bank's own TLS in front of it says whose request it is
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (_, __, reply) => void (reply as unknown as FastifyReply).code(400).send(notRead),
    clientErrorHandler: refuseOnTheWire,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headersMs / 4),
    },
  });
  server.server.maxConnections = limits.connections;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  addApi(server, parts, limits);
  const strangers = parts.rates ? newRateMeter(parts.rates.perAddress, ticksMs) : () => true;
  const forStrangers = {
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      if (!strangers(addressOf(request))) await tooMuch(reply, 429);
    },
  };
  // For load balancers: only a node that orders every programme it serves is asked.
  server.get('/health', async (_, reply) => {
    const leads = [...parts.programmes.values()].every((gateway) => gateway.leads());
    return reply.code(leads ? 200 : 503).send({ leads });
  });
  let described: ReturnType<typeof describe> | undefined;
  server.get('/openapi.json', forStrangers, async () => {
    described ??= describe();
    return described;
  });
  server.get('/log/:programme/*', forStrangers, async (request, reply) => serveLog(parts, request, reply));
  server.setNotFoundHandler((_, reply) => reply.code(404).send(notHere));
  // What went wrong inside stays inside: no path, SQL or key in an answer.
  server.setErrorHandler((failure: { statusCode?: number; code?: string }, _, reply) => {
    if (failure instanceof StandsBy) return reply.code(503).header('retry-after', '1').send(standsBy);
    const code = failure.statusCode ?? 500;
    if (code >= 500) report(failure);
    const why = reasons[code] ?? (code < 500 ? 'It is not a request that is answered here.' : notNow);
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

/** As far as one goes: what stands in front of this may say anything. */
const addressOf = (request: FastifyRequest): string => request.ip.slice(0, 64);

const ticksMs = (): number => performance.now();
const notNow = 'The depository could not do it now.';
const reasons: Readonly<Record<number, string>> = {
  400: 'It could not be read.',
  413: 'It is larger than a request may be.',
  415: 'Its body is not JSON.',
};

const notRead = refuse('not served', 'The request was not served.', 'It could not be read.', 'Try again.').refusal;

/** What is not even HTTP, or too much of it, is answered once and no more. */
function refuseOnTheWire(failure: { readonly code?: string }, socket: Socket): void {
  const status =
    failure.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : failure.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  const body = JSON.stringify(notRead);
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8`;
  if (socket.writable) socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  else socket.destroy();
}

const report = (failure: unknown): void => console.error(failureReport(bytesToHex(random(8)), failure));

/** The contract: every request is known, counted and measured before its body is read, and its body before it is understood. */
function addApi(server: FastifyInstance, parts: ServerParts, limits: GatewayLimits): void {
  const identify = newIdentifier(parts);
  const callers = new WeakMap<FastifyRequest, Caller>();
  const { rates } = parts;
  const unsigned = rates ? newRateMeter(rates.perAddress, ticksMs) : () => true;
  const signed = rates ? newRateMeter(rates.perTerminal, ticksMs) : () => true;
  const leaving = new WeakMap<FastifyRequest, () => void>();
  server.addHook('onResponse', async (request) => leaving.get(request)?.());
  const places = newPlaces({ perName: limits.underWayPerTerminal, all: limits.underWay });
  const handler = new OpenAPIHandler(router(parts), {
    clientInterceptors: [
      async ({ next }) => {
        try {
          return await next();
        } catch (failure) {
          throw shown(failure);
        }
      },
    ],
  });

  async function onRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const programme = programmeOf(request);
    if (programme !== undefined && parts.programmes.get(programme)?.leads() === false)
      return unread(reply.code(503).header('retry-after', '1')).send(standsBy);
    const caller = identify(request);
    if (!caller.ok) {
      if (!unsigned(addressOf(request))) return tooMuch(unread(reply), 429);
      return unread(reply.code(401)).send(caller.refusal);
    }
    const { terminal } = caller.value;
    if (!signed(`${caller.value.programme}|${terminal}`)) return tooMuch(unread(reply), 429);
    const leave = places(`${caller.value.programme}|${terminal}`);
    if (leave === undefined) return tooMuch(unread(reply), 503);
    leaving.set(request, leave);
    reply.raw.once('close', leave); // also when the connection breaks while the body is on its way
    callers.set(request, caller.value);
    return undefined;
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const context = callers.get(request);
    assert(context, 'nobody comes here who is not known');
    const bytes = Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
    if (bodyDigest(parts.primitives.sha256, bytes) !== context.body) return reply.code(401).send(otherBody);
    const body = readBody(bytes, limits.jsonDepth);
    if (!body.ok) return reply.code(400).send(body.refusal);
    request.body = body.value;
    const { matched } = await handler.handle(request, reply, { prefix: apiPrefix, context });
    return matched ? undefined : reply.code(404).send(notHere);
  }

  server.get(`${apiPrefix}/*`, { onRequest }, answer);
  server.post(`${apiPrefix}/*`, { onRequest }, answer);
  server.post(`${apiPrefix}/:programme/submissions`, { onRequest, bodyLimit: limits.submissionBytes }, answer);
}

function readBody(bytes: Uint8Array, depth: number): Result<unknown, Refusal<'malformed'>> {
  if (bytes.length === 0) return ok(undefined);
  try {
    return parseJson(utf8ToText(bytes), depth);
  } catch {
    return refuse('malformed', 'It was not read.', 'It is not text in UTF-8.', 'Send JSON.');
  }
}

/** What a terminal is told of a request that was not taken or did not succeed. */
function shown(failure: unknown): ORPCError<string, Refusal> {
  if (failure instanceof StandsBy) return new ORPCError('SERVICE_UNAVAILABLE', { status: 503, data: standsBy });
  if (failure instanceof ORPCError && failure.code === 'BAD_REQUEST') {
    const [issue] =
      (failure.data as { issues?: readonly { path?: readonly PropertyKey[] }[] } | undefined)?.issues ?? [];
    const field = (issue?.path ?? []).map(String).join('.').slice(0, 200) || 'request';
    const { refusal } = refuse(
      'malformed',
      'The request was not served.',
      `Field ${field} does not fit.`,
      'Correct it.',
    );
    return new ORPCError('BAD_REQUEST', { message: refusal.why, data: refusal });
  }
  report(failure);
  const { refusal } = refuse('not served', 'The request was not served.', notNow, 'Try again.');
  return new ORPCError('INTERNAL_SERVER_ERROR', { message: notNow, data: refusal });
}

/** What is left of the request is not read. */
const unread = (reply: FastifyReply): FastifyReply => reply.header('connection', 'close');

function tooMuch(reply: FastifyReply, code: 429 | 503): FastifyReply {
  const why = code === 429 ? 'It came too soon after many others.' : 'Too many requests are being worked on.';
  return reply
    .code(code)
    .header('retry-after', '1')
    .send(refuse('too many requests', 'The request was not served.', why, 'Try again in a second.').refusal);
}

const otherBody = refuse(
  'not entitled',
  'The request was not served.',
  'Its body is not the one that was signed.',
  'Send it again.',
).refusal;

const notHere = refuse('unknown', 'Nothing was served.', 'There is nothing at this address.', 'Check it.').refusal;

const standsBy = refuse(
  'not served',
  'The request was not served.',
  'Another node orders this programme now.',
  'Ask the other nodes.',
).refusal;

const describe = () =>
  new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] }).generate(depositoryContract, {
    info: { title: 'Custos depository', version: '1' },
    servers: [{ url: apiPrefix }],
  });

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
    if (!isReader(parts.readerToken, request.headers.authorization))
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

/** In the same time whatever was given. */
function isReader(token: string | undefined, given: string | undefined): boolean {
  return token !== undefined && equalSecrets(utf8(`Bearer ${token}`), utf8(given ?? ''));
}
