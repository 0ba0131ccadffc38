// The terminal's contract, each procedure with the file of its verb.

import { implement } from '@orpc/server';
import { terminalContract } from '../shared/contract/terminal.ts';
import type { Refusal } from '../shared/result.ts';
import { answerDisk } from './answer-disk.ts';
import { addRecovery } from './operations/add-recovery.ts';
import { backup, planBackups, showBackups } from './operations/backup.ts';
import { check } from './operations/check.ts';
import { checkBackup } from './operations/check-backup.ts';
import { compareCheckpoint } from './operations/compare-checkpoint.ts';
import {
  endPlatformFile,
  openPlatformFile,
  previewPlatformFile,
  showPlatformMappings,
  takePlatformPart,
} from './operations/compare-platform.ts';
import { enrol, enrolStep, firstRun } from './operations/enrol.ts';
import { exportAudit } from './operations/export-audit.ts';
import { foreseeDraft } from './operations/foresee-draft.ts';
import { importPayments } from './operations/import-payments.ts';
import {
  cancelStatementImport,
  endStatementImport,
  openStatementImport,
  reviewStatementImport,
  takeStatementPart,
} from './operations/import-statement.ts';
import { keepEvidence } from './operations/keep-evidence.ts';
import { lock } from './operations/lock.ts';
import { make } from './operations/make.ts';
import { rebuild } from './operations/rebuild.ts';
import { beginRecovery, drill, endRecovery, recover, recoverStep, recoveryCard } from './operations/recover.ts';
import { rehearse } from './operations/rehearse.ts';
import { repair } from './operations/repair.ts';
import { restore } from './operations/restore.ts';
import {
  showAccounts,
  showBooksDigest,
  showCard,
  showInstructions,
  showOutbox,
  showSafeguarding,
} from './operations/show.ts';
import { showAddresses } from './operations/show-addresses.ts';
import { showCalendar } from './operations/show-calendar.ts';
import {
  showBankFiles,
  showBreaks,
  showReceipts,
  showSafeguardingDays,
  showStatements,
} from './operations/show-day.ts';
import { showDiary } from './operations/show-diary.ts';
import { showEscrows } from './operations/show-escrows.ts';
import { showExchanges, showFees } from './operations/show-exchanges.ts';
import { showLedger } from './operations/show-ledger.ts';
import { showLog, showProof } from './operations/show-log.ts';
import { showProgramme } from './operations/show-programme.ts';
import { showStatement } from './operations/show-statement.ts';
import {
  showBankLine,
  showBankLines,
  showBankStatements,
  showStatementFiles,
  showStatementImports,
} from './operations/show-statements.ts';
import { sign } from './operations/sign.ts';
import { statusOf } from './operations/status.ts';
import { unlock, unlockStep } from './operations/unlock.ts';
import { withdraw } from './operations/withdraw.ts';
import { sync } from './sync/sync.ts';
import type { Terminal } from './terminal.ts';

export function terminalRouter(terminal: Terminal) {
  const os = implement(terminalContract).use(async ({ next, path }) => {
    try {
      const done = await next();
      return isStream(done.output) ? { ...done, output: guard(terminal, done.output) as never } : done;
    } catch (failure) {
      const refusal = answerDisk(terminal, failure);
      if (refusal === undefined) throw failure;
      // These two have no refusals; what they show is true again now.
      const isStatus = path[0] === 'status' || path[0] === 'lock';
      return { output: (isStatus ? statusOf(terminal) : { ok: false, refusal }) as never, context: {} };
    }
  });
  return os.router({
    status: os.status.handler(() => statusOf(terminal)),
    firstRun: os.firstRun.handler(({ input }) => firstRun(terminal, input)),
    enrol: os.enrol.handler(({ input }) => enrol(terminal, input)),
    enrolStep: os.enrolStep.handler(({ input }) => enrolStep(terminal, input)),
    card: os.card.handler(() => showCard(terminal)),
    addRecovery: os.addRecovery.handler(({ input }) => addRecovery(terminal, input)),
    beginRecovery: os.beginRecovery.handler(({ input }) => beginRecovery(terminal, input)),
    recoveryCard: os.recoveryCard.handler(({ input }) => recoveryCard(terminal, input)),
    endRecovery: os.endRecovery.handler(() => endRecovery(terminal)),
    drill: os.drill.handler(({ input }) => drill(terminal, input)),
    recover: os.recover.handler(({ input }) => recover(terminal, input)),
    recoverStep: os.recoverStep.handler(({ input }) => recoverStep(terminal, input)),
    diary: os.diary.handler(({ input }) => showDiary(terminal, input)),
    backup: os.backup.handler(({ input }) => backup(terminal, input)),
    planBackups: os.planBackups.handler(({ input }) => planBackups(terminal, input)),
    backups: os.backups.handler(({ input }) => showBackups(terminal, input)),
    restore: os.restore.handler(({ input }) => restore(terminal, input)),
    checkBackup: os.checkBackup.handler(({ input }) => checkBackup(terminal, input)),
    unlock: os.unlock.handler(({ input }) => unlock(terminal, input)),
    unlockStep: os.unlockStep.handler(({ input }) => unlockStep(terminal, input)),
    lock: os.lock.handler(() => lock(terminal)),
    make: os.make.handler(({ input }) => make(terminal, input)),
    check: os.check.handler(({ input }) => check(terminal, input)),
    withdraw: os.withdraw.handler(({ input }) => withdraw(terminal, input)),
    sign: os.sign.handler(({ input }) => sign(terminal, input)),
    foresee: os.foresee.handler(({ input }) => foreseeDraft(terminal, input)),
    importPayments: os.importPayments.handler(({ input }) => importPayments(terminal, input)),
    openStatementImport: os.openStatementImport.handler(({ input }) => openStatementImport(terminal, input)),
    takeStatementPart: os.takeStatementPart.handler(({ input }) => takeStatementPart(terminal, input)),
    reviewStatementImport: os.reviewStatementImport.handler(({ input }) => reviewStatementImport(terminal, input)),
    endStatementImport: os.endStatementImport.handler(({ input }) => endStatementImport(terminal, input)),
    previewPlatformFile: os.previewPlatformFile.handler(({ input }) => previewPlatformFile(terminal, input)),
    platformMappings: os.platformMappings.handler(() => showPlatformMappings(terminal)),
    openPlatformFile: os.openPlatformFile.handler(({ input }) => openPlatformFile(terminal, input)),
    takePlatformPart: os.takePlatformPart.handler(({ input }) => takePlatformPart(terminal, input)),
    endPlatformFile: os.endPlatformFile.handler(({ input }) => endPlatformFile(terminal, input)),
    cancelStatementImport: os.cancelStatementImport.handler(({ input }) => cancelStatementImport(terminal, input)),
    statementFiles: os.statementFiles.handler(({ input }) => showStatementFiles(terminal, input)),
    statementImports: os.statementImports.handler(({ input }) => showStatementImports(terminal, input)),
    bankStatements: os.bankStatements.handler(({ input }) => showBankStatements(terminal, input)),
    bankLines: os.bankLines.handler(({ input }) => showBankLines(terminal, input)),
    bankLine: os.bankLine.handler(({ input }) => showBankLine(terminal, input)),
    sync: os.sync.handler(() => sync(terminal)),
    compareCheckpoint: os.compareCheckpoint.handler(({ input }) => compareCheckpoint(terminal, input)),
    exportAudit: os.exportAudit.handler(() => exportAudit(terminal)),
    rebuild: os.rebuild.handler(() => rebuild(terminal)),
    repair: os.repair.handler(() => repair(terminal)),
    keepEvidence: os.keepEvidence.handler(() => keepEvidence(terminal)),
    instructions: os.instructions.handler(({ input }) => showInstructions(terminal, input)),
    accounts: os.accounts.handler(({ input }) => showAccounts(terminal, input)),
    safeguarding: os.safeguarding.handler(() => showSafeguarding(terminal)),
    statements: os.statements.handler(() => showStatements(terminal)),
    calendar: os.calendar.handler(({ input }) => showCalendar(terminal, input)),
    breaks: os.breaks.handler(() => showBreaks(terminal)),
    safeguardingDays: os.safeguardingDays.handler(() => showSafeguardingDays(terminal)),
    escrows: os.escrows.handler(() => showEscrows(terminal)),
    addresses: os.addresses.handler(() => showAddresses(terminal)),
    receipts: os.receipts.handler(() => showReceipts(terminal)),
    exchanges: os.exchanges.handler(() => showExchanges(terminal)),
    fees: os.fees.handler(() => showFees(terminal)),
    bankFiles: os.bankFiles.handler(() => showBankFiles(terminal)),
    outbox: os.outbox.handler(() => showOutbox(terminal)),
    statement: os.statement.handler(({ input }) => showStatement(terminal, input)),
    ledger: os.ledger.handler(({ input }) => showLedger(terminal, input)),
    log: os.log.handler(({ input }) => showLog(terminal, input)),
    proof: os.proof.handler(({ input }) => showProof(terminal, input)),
    programme: os.programme.handler(() => showProgramme(terminal)),
    rehearse: os.rehearse.handler(({ input }) => rehearse(terminal, input)),
    booksDigest: os.booksDigest.handler(() => showBooksDigest(terminal)),
  });
}

/** The same for long work, which ends with its result. */
async function* guard(terminal: Terminal, steps: AsyncIterable<unknown>): AsyncGenerator<unknown, void> {
  try {
    yield* steps;
  } catch (failure) {
    const refusal = answerDisk(terminal, failure);
    if (refusal === undefined) throw failure;
    yield { result: { ok: false, refusal } satisfies { ok: false; refusal: Refusal } };
  }
}

const isStream = (output: unknown): output is AsyncIterable<unknown> =>
  typeof output === 'object' && output !== null && Symbol.asyncIterator in output;
