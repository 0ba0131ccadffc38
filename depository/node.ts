// One node of a depository, as its configuration file says. Several nodes with the same database and the same bank keys serve
// one programme: one of them orders, the others stand by.

import { z } from 'zod';
import { nodePrimitives } from '../crypto/node.ts';
import { programmeSchema } from '../shared/event.ts';
import { nameId } from '../shared/ids.ts';
import { parseJson } from '../shared/json.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import { openFolderAdapter } from './bank/folder.ts';
import { type Depository, openDepository } from './depository.ts';
import { openPostgresStore } from './store/postgres.ts';

export const nodeConfigSchema = z.strictObject({
  format: z.literal('custos-depository/1'),
  /** This node's name among those of the programme. */
  node: z.string().min(1).max(60),
  programme: nameId,
  name: programmeSchema.shape.name,
  origin: programmeSchema.shape.origin,
  relyingParty: programmeSchema.shape.relyingParty,
  /** Folder of the bank's keys and of the simulated bank, which all nodes of a programme share. */
  directory: z.string().min(1),
  /** PostgreSQL connection string; without it the log is a file in `directory`, for a single node. */
  database: z.string().optional(),
  /** The bank's pool account per asset. */
  pools: z.record(z.string(), z.string()),
  /** Folder of the file exchange with the bank (docs/bank-files.md); without it the bank is a simulated one. */
  exchange: z
    .strictObject({
      directory: z.string().min(1),
      settleMs: z.int().min(0).max(3_600_000).default(5000),
      maxMebibytes: z.int().min(1).max(1024).default(512),
    })
    .optional(),
  port: z.int().min(0).max(65_535),
  leaseMs: z.int().min(500).max(120_000).default(10_000),
  /** What the bank opens the programme with, if it is not open yet. */
  opening: programmeSchema
    .pick({ assets: true, officers: true, terminals: true, policy: true, agreement: true })
    .optional(),
});
export type NodeConfig = z.input<typeof nodeConfigSchema>;

const maxConfigChars = 4 << 20;

/** Names the field that does not fit, never what it holds: a connection string has a password in it. */
export function parseNodeConfig(text: string): Result<z.output<typeof nodeConfigSchema>, Refusal<'configuration'>> {
  const no = (why: string) =>
    refuse('configuration', 'The node was not started.', why, 'Correct its configuration file (docs/depository.md).');
  if (text.length > maxConfigChars) return no('It is too long to be a configuration.');
  const json = parseJson(text);
  if (!json.ok) return no(json.refusal.why);
  const parsed = nodeConfigSchema.safeParse(json.value);
  if (parsed.success) return ok(parsed.data);
  return no(`Field ${parsed.error.issues[0]?.path.join('.') || 'format'} does not fit.`);
}

export async function openNode(config: z.output<typeof nodeConfigSchema>): Promise<Depository> {
  const { database, programme, opening } = config;
  const store =
    database === undefined
      ? undefined
      : await openPostgresStore({ connection: { connectionString: database }, programme });
  const { directory, name, origin, relyingParty, pools, port, node, leaseMs, exchange } = config;
  const adapter =
    exchange === undefined
      ? undefined
      : openFolderAdapter({
          directory: exchange.directory,
          clock: Date.now,
          settleMs: exchange.settleMs,
          maxBytes: exchange.maxMebibytes * 1_048_576,
        });
  const depository = await openDepository({
    ...{ directory, programme, name, origin, relyingParty, pools, port, node, leaseMs },
    primitives: nodePrimitives,
    clock: Date.now,
    ...(store === undefined ? {} : { store }),
    ...(adapter === undefined ? {} : { adapter }),
  });
  if (opening !== undefined && depository.gateway.leads() && depository.gateway.sequencer().size() === 0) {
    const outcome = await depository.open(opening);
    if (!outcome.ok) {
      await depository.close();
      throw new Error(outcome.refusal.why);
    }
  }
  return depository;
}
