// The contract between a screen (or any headless caller) and the terminal's worker. Amounts are decimal text of minor units,
// refusals are values, long work streams its progress. No key ever crosses it downwards; PRF outputs cross it upwards once.

import { type ContractRouterClient, eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { agreementSchema } from '../agreement.ts';
import { assetCode } from '../asset.ts';
import { digest, eventId, nameId } from '../ids.ts';
import { batchSchema } from '../instruction/batch.ts';
import { closePeriodSchema } from '../instruction/close-period.ts';
import { clientDetailsSchema, payeeDetailsSchema } from '../instruction/payee.ts';
import { paymentSchema } from '../instruction/payment.ts';
import { recordRecoverySchema } from '../instruction/record-recovery.ts';
import { registerClientSchema } from '../instruction/register-client.ts';
import { instructionSchema } from '../instruction/schema.ts';
import { sendBackSchema } from '../instruction/send-back.ts';
import { amountText } from '../money.ts';
import { operatorSchema, role, terminalSchema } from '../operator.ts';
import { platformMappingSchema } from '../platform-file.ts';
import { policySchema } from '../policy.ts';
import { unicodeText } from '../text.ts';
import { day } from '../time.ts';
import { calendarViewSchema } from './calendar.ts';
import { assertionSchema, creationOptionsSchema, registrationSchema, requestOptionsSchema } from './ceremony.ts';
import {
  bankFileSchema,
  breakViewSchema,
  poolDaySchema,
  poolStateSchema,
  receiptViewSchema,
  statementViewSchema,
} from './day.ts';
import { addressViewSchema } from './digital.ts';
import { escrowViewSchema } from './escrow.ts';
import { exchangesSchema, feesSchema } from './exchange.ts';
import { invitationSchema } from './invitation.ts';
import { platformPreviewBytes, platformReportSchema } from './platform.ts';
import { refusalSchema, resultOf } from './result.ts';
import {
  bankLineSchema,
  bankStatementSchema,
  statementFateSchema,
  statementFileSchema,
  statementImportId,
  statementImportReportSchema,
  statementPart,
  statementProgressSchema,
} from './statements.ts';
import {
  backupPlanSchema,
  backupReportSchema,
  backupViewSchema,
  cardsSchema,
  checkReportSchema,
  diaryEntrySchema,
  drillResultSchema,
  rebuildReportSchema,
  repairReportSchema,
  restoreReportSchema,
} from './vault.ts';

const ceremonyId = z.string().max(64);
export const creationSchema = z.strictObject({
  kind: z.literal('create'),
  ceremony: ceremonyId,
  options: creationOptionsSchema,
});
export const requestSchema = z.strictObject({
  kind: z.literal('get'),
  ceremony: ceremonyId,
  options: requestOptionsSchema,
});
export type Creation = z.infer<typeof creationSchema>;
export type Request = z.infer<typeof requestSchema>;

const passphrase = unicodeText(0, 1000);

// --- status ---------------------------------------------------------------------------------------------------------

export const statusSchema = z.strictObject({
  /** `lost`: there is a vault here, and nobody can unlock it as it is. */
  phase: z.enum(['new', 'lost', 'locked', 'unlocked']),
  /** Of a vault that is lost, or that was opened in vain. */
  finding: refusalSchema.nullable(),
  /** Who can unlock here. */
  people: z.array(nameId),
  /** A programme that the host offers to a new terminal. */
  offered: z.strictObject({ programme: nameId, name: z.string(), terminal: nameId }).nullable(),
  programme: nameId.nullable(),
  terminal: nameId.nullable(),
  /** The role is null until the programme knows the operator. */
  operator: z.strictObject({ id: nameId, role: role.nullable() }).nullable(),
  /** Whether recovery shares were made for this vault. */
  hasRecovery: z.boolean(),
  /** The vault itself, once unlocked: the epoch of its keys, and their last change. */
  vault: z
    .strictObject({
      epoch: z.int(),
      keysChanged: diaryEntrySchema.nullable(),
      /** Whether backups are planned, one is being made, one is due; the newest one, and why the newest attempt failed. */
      backup: z.strictObject({
        isPlanned: z.boolean(),
        isRunning: z.boolean(),
        isDue: z.boolean(),
        /** When one should have been made that still was not, an hour and more ago. */
        overdueSince: z.string().nullable(),
        lastAt: z.string().nullable(),
        failed: z.string().nullable(),
      }),
    })
    .nullable(),
  /** Milliseconds since 1970 of the last sync that succeeded, and why the newest one did not, if so. */
  lastSyncMs: z.int().nullable(),
  syncRefusal: refusalSchema.nullable(),
  /** After a recovery: the record that an officer must make, and another approve, before anything else is signed here. */
  missingRecord: recordRecoverySchema.nullable(),
  /** It was not the newest vault, so nothing is signed before a sync has shown how the log went on. */
  mustSync: z.boolean(),
  /** Why nothing may be signed here, if so. */
  readOnly: refusalSchema.nullable(),
  /** When it was found, as far as the vault could take it. */
  readOnlySince: z.string().nullable(),
  /** Stored rows counted again since unlocking, and held against their digests. */
  counted: z.strictObject({ done: z.int(), total: z.int() }),
  log: z.strictObject({ size: z.int(), root: z.string(), checkpoint: z.string().nullable() }),
  outbox: z.strictObject({ queued: z.int(), refused: z.int() }),
});
export type Status = z.infer<typeof statusSchema>;

// --- making -----------------------------------------------------------------------------------------------------------

/** A payee in clear; the terminal makes the commitment, the keyed id and the tail of it. */
export const payeeDraftSchema = payeeDetailsSchema.omit({ salt: true });
const sendBackDraft = sendBackSchema.omit({ payee: true }).extend({ payee: payeeDraftSchema });
const paymentDraft = paymentSchema.omit({ payee: true }).extend({ payee: payeeDraftSchema });
const batchDraft = batchSchema.omit({ items: true, total: true }).extend({
  items: z
    .array(z.strictObject({ account: nameId, amount: amountText, payee: payeeDraftSchema }))
    .min(1)
    .max(200),
});
const clientDraft = registerClientSchema
  .omit({ identity: true })
  .extend({ identity: clientDetailsSchema.omit({ salt: true }) });
const otherKinds = instructionSchema.options.filter(
  (one) => !['payment', 'batch', 'send back', 'register client'].includes(one.shape.kind.value),
) as Exclude<
  (typeof instructionSchema.options)[number],
  typeof paymentSchema | typeof batchSchema | typeof sendBackSchema | typeof registerClientSchema
>[];
/** What a maker fills in: an instruction, with whoever it names in clear. */
export const draftSchema = z.union([paymentDraft, batchDraft, sendBackDraft, clientDraft, ...otherKinds]);
export type Draft = z.infer<typeof draftSchema>;
export type PaymentDraft = z.infer<typeof paymentDraft>;
export type BatchDraft = z.infer<typeof batchDraft>;

/** From which items of an imported file a draft was made, so that none is made twice. */
export const sourceSchema = z.strictObject({ file: digest, items: z.array(z.int().min(0)).min(1).max(200) });
export type Source = z.infer<typeof sourceSchema>;

const requirementSchema = z.strictObject({
  rules: z.array(z.string()),
  groups: z.array(z.strictObject({ role: z.string(), count: z.int() })),
  differentTerminals: z.boolean(),
  typedConfirmation: z.boolean(),
  coolingOffSeconds: z.int(),
});

/** What is about to be signed, one line per event; and what was left out, by its position in the request. */
export const signingSchema = z.strictObject({
  request: requestSchema.nullable(),
  events: z.array(
    z.strictObject({
      event: eventId,
      index: z.int(),
      type: z.string(),
      consequence: z.string(),
      requirement: requirementSchema.nullable(),
    }),
  ),
  refused: z.array(z.strictObject({ index: z.int(), refusal: refusalSchema })),
});
export type Signing = z.infer<typeof signingSchema>;

export const verdictSchema = z.discriminatedUnion('verdict', [
  z.strictObject({
    verdict: z.literal('approve'),
    instruction: eventId,
    typed: z.strictObject({ tail: unicodeText(0, 8), amount: unicodeText(0, 20) }).nullable(),
  }),
  z.strictObject({ verdict: z.literal('decline'), instruction: eventId, reason: unicodeText(1, 200) }),
]);
export type Verdict = z.infer<typeof verdictSchema>;

/** What would happen to a draft if it were made now; nothing is signed and nothing is kept. */
export const forecastSchema = z.strictObject({
  consequence: z.string(),
  /** The day for which the bank would be asked, where it is a later one than today and nobody chose it. */
  askedFor: z.string().nullable(),
  requirement: requirementSchema.nullable(),
  refusal: refusalSchema.nullable(),
  /** The debited account now and after the hold. */
  funds: z
    .strictObject({ account: z.string(), asset: z.string(), available: z.string(), after: z.string() })
    .nullable(),
  payee: z
    .strictObject({
      /** Payments to this payee that were approved before, for this client. */
      isKnown: z.boolean(),
      /** Other payees that could be mistaken for this one, and why. */
      lookAlikes: z.array(
        z.strictObject({ name: z.string(), tail: z.string(), why: z.enum(['same name', 'similar account']) }),
      ),
    })
    .nullable(),
});
export type Forecast = z.infer<typeof forecastSchema>;

// --- looking ------------------------------------------------------------------------------------------------------------

export const instructionViewSchema = z.strictObject({
  id: eventId,
  kind: z.string(),
  /** The log's own word; `queued` while only this terminal knows it. */
  state: z.string(),
  maker: nameId,
  terminal: nameId,
  madeAt: z.string(),
  expiresAt: z.string(),
  consequence: z.string(),
  /** The signed instruction itself, for screens that say it in another language. */
  body: z.looseObject({ kind: z.string() }),
  asset: z.string().nullable(),
  amount: z.string().nullable(),
  approvals: z.array(z.strictObject({ operator: nameId, role: z.string(), terminal: nameId, at: z.string() })),
  /** Who still must approve. */
  missing: z.array(z.strictObject({ role: z.string(), count: z.int() })),
  typedConfirmation: z.boolean(),
  coolingOffEndsAt: z.string().nullable(),
  items: z.array(
    z.strictObject({
      state: z.string(),
      account: z.string(),
      amount: z.string(),
      tail: z.string(),
      /** Null once erased. */
      payee: payeeDraftSchema.nullable(),
      /** The newest recall of this payment that was approved, and what the bank said to it. */
      recall: z
        .strictObject({
          by: eventId,
          answer: z.enum(['accepted', 'refused']).nullable(),
          code: z.string().nullable(),
        })
        .nullable(),
    }),
  ),
});
export type InstructionView = z.infer<typeof instructionViewSchema>;

export const accountViewSchema = z.strictObject({
  id: z.string(),
  class: z.string(),
  asset: z.string(),
  pool: z.string(),
  client: z.string().nullable(),
  number: z.string().nullable(),
  frozen: z.boolean(),
  booked: z.string(),
  held: z.string(),
  available: z.string(),
});
export type AccountView = z.infer<typeof accountViewSchema>;

export const importSchema = z.strictObject({
  file: digest,
  message: z.string(),
  findings: z.array(z.string()),
  items: z.array(
    z.strictObject({
      index: z.int(),
      endToEndId: z.string(),
      asset: z.string(),
      amount: z.string(),
      debtorAccount: z.string().nullable(),
      payee: payeeDraftSchema.nullable(),
      /** Id of the ledger account that pays, where the programme has it. */
      account: nameId.nullable(),
      /** The day that the platform asks for, where it is still to come and a calendar governs the asset. */
      valueDate: day.nullable(),
      /** The platform wants these booked as one. */
      batch: z.string().nullable(),
      refusal: refusalSchema.nullable(),
      /** The instruction made of it already. */
      madeAs: eventId.nullable(),
    }),
  ),
});
export type PaymentImport = z.infer<typeof importSchema>;

export const statementLineSchema = z.strictObject({
  /** Number of the leg, and position of its event in the log. */
  leg: z.int(),
  sequence: z.int(),
  event: eventId,
  bookedAt: z.string(),
  cause: z.string(),
  counterpart: z.string(),
  /** Signed minor units: positive when money came to the account in its normal direction. */
  change: z.string(),
});
export type StatementLine = z.infer<typeof statementLineSchema>;

/** A leg of the whole ledger. */
export const ledgerLineSchema = z.strictObject({
  leg: z.int(),
  entry: z.int(),
  sequence: z.int(),
  debit: z.string(),
  credit: z.string(),
  asset: z.string(),
  amount: z.string(),
});
export type LedgerLine = z.infer<typeof ledgerLineSchema>;

export const logLineSchema = z.strictObject({
  sequence: z.int(),
  id: eventId,
  type: z.string(),
  actor: z.string(),
  terminal: z.string(),
  admittedAt: z.string(),
  evidence: z.string(),
});
export type LogLine = z.infer<typeof logLineSchema>;

export const programmeViewSchema = z.strictObject({
  id: nameId,
  name: z.string(),
  origin: z.string(),
  assets: z.array(z.string()),
  /** Pools of client money, each in every asset it keeps; the bank's number where the log has it. */
  pools: z.array(z.strictObject({ pool: z.string(), asset: z.string(), number: z.string().nullable() })),
  operators: z.array(operatorSchema.extend({ revokedAt: z.string().optional() })),
  terminals: z.array(terminalSchema.extend({ revokedAt: z.string().optional() })),
  policy: policySchema,
  agreement: agreementSchema,
  /** Enrolled on this terminal and not yet known to the programme. */
  newcomers: z.array(operatorSchema),
});
export type ProgrammeView = z.infer<typeof programmeViewSchema>;

// --- long work ------------------------------------------------------------------------------------------------------------

/** A stream of progress that ends with the result. */
const longWork = <T extends z.ZodType>(value: T) =>
  eventIterator(
    z.union([z.strictObject({ done: z.int(), total: z.int() }), z.strictObject({ result: resultOf(value) })]),
  );

export const syncReportSchema = z.strictObject({
  pushed: z.int(),
  refused: z.array(z.strictObject({ event: eventId, refusal: refusalSchema })),
  pulled: z.int(),
  size: z.int(),
  root: z.string(),
});
export type SyncReport = z.infer<typeof syncReportSchema>;

export const exportReportSchema = z.strictObject({
  bundle: z.string(),
  journal: z.string(),
  events: z.int(),
  entries: z.int(),
  size: z.int(),
  root: z.string(),
  verified: z.boolean(),
});

const shares = z.tuple([z.int().min(1).max(16), z.int().min(1).max(16)]);
const nothing = z.strictObject({});
/** A folder on the machine of the terminal. */
const folder = z.string().min(1).max(1000);

export const terminalContract = {
  status: oc.input(nothing).output(statusSchema),

  firstRun: oc
    .input(
      z.strictObject({
        /** Null takes the one that the host offers. */
        invitation: invitationSchema.nullable(),
        /** Null takes the id that the host gives this terminal. */
        terminal: nameId.nullable(),
        operator: nameId,
        role,
        staffId: unicodeText(1, 60),
        passphrase,
      }),
    )
    .output(resultOf(creationSchema)),
  enrol: oc
    .input(z.strictObject({ operator: nameId, role, staffId: unicodeText(1, 60), passphrase }))
    .output(resultOf(creationSchema)),
  /** Carries the authenticator's answer back; asks for another touch until the PRF was measured twice. */
  enrolStep: oc
    .input(
      z.strictObject({
        ceremony: ceremonyId,
        answer: z.union([
          z.strictObject({ registration: registrationSchema }),
          z.strictObject({ assertion: assertionSchema }),
        ]),
      }),
    )
    .output(
      resultOf(
        z.union([
          z.strictObject({ next: requestSchema }),
          z.strictObject({ enrolled: z.strictObject({ operator: operatorSchema, terminal: terminalSchema }) }),
        ]),
      ),
    ),
  /** Public records of this terminal and of everybody enrolled on it, for the bank or for an officer to enrol them with. */
  card: oc
    .input(nothing)
    .output(resultOf(z.strictObject({ terminal: terminalSchema, operators: z.array(operatorSchema) }))),
  /** Recovery shares, shown once and kept nowhere: how many are needed and given, for officers and for custodians. */
  addRecovery: oc
    .input(z.strictObject({ officers: shares, custodians: shares }))
    .output(resultOf(z.strictObject({ officers: z.array(z.string()), custodians: z.array(z.string()) }))),
  /** Begins to take recovery cards; what another ceremony has taken is forgotten. */
  beginRecovery: oc
    .input(z.strictObject({ purpose: z.enum(['drill', 'real']) }))
    .output(resultOf(z.strictObject({ ceremony: ceremonyId }))),
  /** One card as it was typed; answers whose it is, or the place of a mistyped word, and nothing of any card. */
  recoveryCard: oc
    .input(z.strictObject({ ceremony: ceremonyId, words: z.string().max(1000) }))
    .output(
      resultOf(z.strictObject({ group: z.enum(['officers', 'custodians']), member: z.int(), cards: cardsSchema })),
    ),
  endRecovery: oc.input(nothing).output(resultOf(nothing)),
  /** Proves that the cards open this vault, changes nothing, and leaves a report. */
  drill: oc
    .input(z.strictObject({ ceremony: ceremonyId, backup: folder.nullable() }))
    .output(resultOf(drillResultSchema)),
  /** Opens the vault with the cards for a person who still has their security key; asks for its touch. */
  recover: oc
    .input(z.strictObject({ ceremony: ceremonyId, operator: nameId }))
    .output(resultOf(z.strictObject({ request: requestSchema }))),
  /** The new passphrase: new keys, nothing of before opens any more, the cards neither. */
  recoverStep: oc
    .input(z.strictObject({ ceremony: ceremonyId, passphrase, assertion: assertionSchema }))
    .output(resultOf(statusSchema)),
  /** What was done with the vault itself on this machine, newest first, before a number. */
  diary: oc
    .input(z.strictObject({ before: z.int().min(1), limit: z.int().min(1).max(500) }))
    .output(resultOf(z.strictObject({ entries: z.array(diaryEntrySchema) }))),
  /** Into the planned folder, or into another one for an officer. */
  backup: oc.input(z.strictObject({ folder: folder.nullable() })).output(longWork(backupReportSchema)),
  planBackups: oc
    .input(z.strictObject({ plan: backupPlanSchema.nullable() }))
    .output(resultOf(z.strictObject({ plan: backupPlanSchema.nullable() }))),
  /** Backups in the planned folder or another one, newest first. */
  backups: oc
    .input(z.strictObject({ folder: folder.nullable() }))
    .output(resultOf(z.strictObject({ plan: backupPlanSchema.nullable(), backups: z.array(backupViewSchema) }))),
  /** On a machine without a vault: the folder of one backup becomes the vault, to be unlocked as before. */
  restore: oc.input(z.strictObject({ path: folder })).output(resultOf(restoreReportSchema)),
  checkBackup: oc.input(z.strictObject({ path: folder })).output(longWork(checkReportSchema)),
  unlock: oc
    .input(z.strictObject({ operator: nameId }))
    .output(resultOf(z.strictObject({ request: requestSchema.nullable() }))),
  unlockStep: oc
    .input(
      z.strictObject({
        operator: nameId,
        passphrase,
        answer: z.strictObject({ ceremony: ceremonyId, assertion: assertionSchema }).nullable(),
      }),
    )
    .output(resultOf(statusSchema)),
  lock: oc.input(nothing).output(statusSchema),

  make: oc
    .input(
      z.strictObject({
        drafts: z
          .array(z.strictObject({ draft: draftSchema, source: sourceSchema.nullable() }))
          .min(1)
          .max(1000),
      }),
    )
    .output(resultOf(signingSchema)),
  check: oc
    .input(z.strictObject({ verdicts: z.array(verdictSchema).min(1).max(1000) }))
    .output(resultOf(signingSchema)),
  withdraw: oc
    .input(z.strictObject({ instructions: z.array(eventId).min(1).max(1000) }))
    .output(resultOf(signingSchema)),
  sign: oc
    .input(z.strictObject({ ceremony: ceremonyId, assertion: assertionSchema }))
    .output(resultOf(z.strictObject({ queued: z.array(eventId) }))),
  foresee: oc.input(z.strictObject({ draft: draftSchema })).output(resultOf(forecastSchema)),
  importPayments: oc.input(z.strictObject({ xml: z.string().max(64_000_000) })).output(resultOf(importSchema)),

  /** A statement of the bank, of any size, part by part and in order; each answer says when the next part may come. */
  openStatementImport: oc
    .input(z.strictObject({ name: z.string().min(1).max(255) }))
    .output(resultOf(z.strictObject({ import: statementImportId }))),
  takeStatementPart: oc
    .input(z.strictObject({ import: statementImportId, part: statementPart }))
    .output(resultOf(statementProgressSchema)),
  /** All parts were sent: what the file says. Nothing of it counts before the import is ended. */
  reviewStatementImport: oc
    .input(z.strictObject({ import: statementImportId }))
    .output(resultOf(statementImportReportSchema)),
  endStatementImport: oc
    .input(z.strictObject({ import: statementImportId }))
    .output(resultOf(statementImportReportSchema)),
  /** The platform's own file: its first rows, and then all of it against the books, part by part. Nothing is recorded by it. */
  previewPlatformFile: oc
    .input(
      z.strictObject({
        head: z.string().max(Math.ceil(platformPreviewBytes / 3) * 4),
        encoding: platformMappingSchema.shape.encoding,
        delimiter: platformMappingSchema.shape.delimiter,
      }),
    )
    .output(resultOf(z.strictObject({ rows: z.array(z.array(z.string())) }))),
  platformMappings: oc.input(nothing).output(resultOf(z.strictObject({ mappings: z.array(platformMappingSchema) }))),
  openPlatformFile: oc
    .input(z.strictObject({ mapping: platformMappingSchema, day }))
    .output(resultOf(z.strictObject({ file: z.string() }))),
  takePlatformPart: oc
    .input(z.strictObject({ file: z.string().max(64), part: statementPart }))
    .output(resultOf(z.strictObject({ done: z.int() }))),
  endPlatformFile: oc.input(z.strictObject({ file: z.string().max(64) })).output(resultOf(platformReportSchema)),
  cancelStatementImport: oc.input(z.strictObject({ import: statementImportId })).output(resultOf(nothing)),
  /** Newest first, before a number. */
  statementFiles: oc
    .input(z.strictObject({ before: z.int().min(0), limit: z.int().min(1).max(500) }))
    .output(resultOf(z.strictObject({ files: z.array(statementFileSchema) }))),
  /** Every import and its fate, newest first, before a number. */
  statementImports: oc
    .input(z.strictObject({ before: z.int().min(0), limit: z.int().min(1).max(500) }))
    .output(resultOf(z.strictObject({ imports: z.array(statementFateSchema) }))),
  bankStatements: oc
    .input(
      z.strictObject({
        before: z.int().min(0),
        limit: z.int().min(1).max(500),
        account: z.string().max(64).nullable(),
        asset: assetCode.nullable(),
      }),
    )
    .output(resultOf(z.strictObject({ statements: z.array(bankStatementSchema) }))),
  /** Lines of a statement in their order, from a number on. */
  bankLines: oc
    .input(z.strictObject({ statement: z.int().min(1), from: z.int().min(0), limit: z.int().min(1).max(1000) }))
    .output(resultOf(z.strictObject({ lines: z.array(bankLineSchema) }))),
  /** Everything that the bank said of a line. */
  bankLine: oc
    .input(z.strictObject({ line: z.int().min(1) }))
    .output(resultOf(z.strictObject({ record: z.record(z.string(), z.unknown()) }))),

  sync: oc.input(nothing).output(longWork(syncReportSchema)),
  compareCheckpoint: oc
    .input(z.strictObject({ note: z.string().max(100_000) }))
    .output(resultOf(z.strictObject({ size: z.int(), agrees: z.enum(['yes', 'not yet known']) }))),
  /** The books built again from the stored log in memory, and held against the stored ones. A difference makes it read-only. */
  rebuild: oc.input(nothing).output(longWork(rebuildReportSchema)),
  /** Books that are not what a proven log leads to are replaced by those that are; an officer does it, on a read-only terminal. */
  repair: oc.input(nothing).output(longWork(repairReportSchema)),
  /** Copies of the vault's files as they are, for whoever examines what was found. Encrypted as they lie on the disk. */
  keepEvidence: oc
    .input(nothing)
    .output(resultOf(z.strictObject({ folder: z.string(), files: z.int(), bytes: z.int() }))),
  exportAudit: oc.input(nothing).output(longWork(exportReportSchema)),

  instructions: oc
    .input(
      z.strictObject({
        states: z.array(unicodeText(0, 20)).max(12),
        after: unicodeText(0, 40),
        limit: z.int().min(1).max(1000),
      }),
    )
    .output(resultOf(z.strictObject({ instructions: z.array(instructionViewSchema) }))),
  accounts: oc
    .input(z.strictObject({ after: unicodeText(0, 64), limit: z.int().min(1).max(1000), asset: assetCode.nullable() }))
    .output(resultOf(z.strictObject({ accounts: z.array(accountViewSchema) }))),
  safeguarding: oc.input(nothing).output(
    resultOf(
      z.strictObject({
        assets: z.array(z.strictObject({ pool: z.string(), asset: assetCode, owed: z.string(), held: z.string() })),
      }),
    ),
  ),
  statements: oc.input(nothing).output(resultOf(z.strictObject({ statements: z.array(statementViewSchema) }))),
  /** Days of a month, today's cut-offs and what may miss them, by whoever is there; null takes who has signed lately. */
  calendar: oc
    .input(
      z.strictObject({
        month: closePeriodSchema.shape.month,
        present: z.array(nameId).max(500).nullable(),
      }),
    )
    .output(resultOf(calendarViewSchema)),
  breaks: oc.input(nothing).output(resultOf(z.strictObject({ breaks: z.array(breakViewSchema) }))),
  /** Owed against held, day by day, and what keeps money from leaving now. */
  safeguardingDays: oc.input(nothing).output(
    resultOf(
      z.strictObject({
        days: z.array(poolDaySchema),
        pools: z.array(poolStateSchema),
        stopped: z.strictObject({ since: z.string(), reason: z.string() }).nullable(),
      }),
    ),
  ),
  /** Those that run first, by the day on which their terms decide by themselves; then those that have ended. */
  escrows: oc.input(nothing).output(resultOf(z.strictObject({ escrows: z.array(escrowViewSchema) }))),
  /** The address book of digital assets. */
  addresses: oc.input(nothing).output(resultOf(z.strictObject({ addresses: z.array(addressViewSchema) }))),
  receipts: oc.input(nothing).output(resultOf(z.strictObject({ receipts: z.array(receiptViewSchema) }))),
  /** Exchanges, what is open in each asset, hedges and reference rates. */
  exchanges: oc.input(nothing).output(resultOf(exchangesSchema)),
  /** Fee schedules and what has accrued. */
  fees: oc.input(nothing).output(resultOf(feesSchema)),
  bankFiles: oc.input(nothing).output(resultOf(z.strictObject({ files: z.array(bankFileSchema) }))),
  outbox: oc.input(nothing).output(
    resultOf(
      z.strictObject({
        events: z.array(
          z.strictObject({
            event: eventId,
            type: z.string(),
            state: z.enum(['queued', 'refused']),
            refusal: refusalSchema.nullable(),
          }),
        ),
      }),
    ),
  ),
  /** The legs of one account, newest first, before leg number `before`; 0 begins with the newest. */
  statement: oc
    .input(z.strictObject({ account: nameId, before: z.int().min(0), limit: z.int().min(1).max(500) }))
    .output(resultOf(z.strictObject({ lines: z.array(statementLineSchema) }))),
  /** Legs of the whole ledger by their number, from 1, wherever they are asked for; `total` is how many there are. */
  ledger: oc
    .input(z.strictObject({ from: z.int().min(1), limit: z.int().min(1).max(500) }))
    .output(resultOf(z.strictObject({ total: z.int(), lines: z.array(ledgerLineSchema) }))),
  log: oc
    .input(z.strictObject({ from: z.int().min(0), limit: z.int().min(1).max(500) }))
    .output(resultOf(z.strictObject({ size: z.int(), lines: z.array(logLineSchema) }))),
  /** One record as it is hashed, and its inclusion proof under this terminal's root, checked here. */
  proof: oc.input(z.strictObject({ sequence: z.int().min(0) })).output(
    resultOf(
      z.strictObject({
        record: z.string(),
        leafHash: z.string(),
        path: z.array(z.string()),
        size: z.int(),
        root: z.string(),
        holds: z.boolean(),
      }),
    ),
  ),
  programme: oc.input(nothing).output(resultOf(programmeViewSchema)),
  /** What a draft policy would have asked of past instructions, against what was asked. */
  rehearse: oc.input(z.strictObject({ policy: policySchema })).output(
    resultOf(
      z.strictObject({
        rehearsed: z.int(),
        changed: z.array(
          z.strictObject({ instruction: eventId, consequence: z.string(), before: z.string(), after: z.string() }),
        ),
      }),
    ),
  ),
  /** One digest over all derived books, to compare with any other replica at the same size. */
  booksDigest: oc.input(nothing).output(resultOf(z.strictObject({ size: z.int(), digest: z.string() }))),
};

export type TerminalClient = ContractRouterClient<typeof terminalContract>;
