// Show statements: the bank's files, the statements in them, and their lines, as imported.

import type {
  BankLineView,
  BankStatementView,
  StatementFateView,
  StatementFileView,
} from '../../shared/contract/statements.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import {
  type BankStatement,
  type BankStatementLine,
  fatesBefore,
  filesBefore,
  lineRecord,
  linesFrom,
  type StatementFile,
  statementByNumber,
  statementsBefore,
} from '../store/statements.ts';
import { type Terminal, unlocked } from '../terminal.ts';

type Page = { readonly before: number; readonly limit: number };

export function showStatementFiles(
  terminal: Terminal,
  { before, limit }: Page,
): Result<{ files: StatementFileView[] }, Refusal> {
  const session = unlocked(terminal);
  return session.ok ? ok({ files: filesBefore(session.value.store, before, limit).map(toFileView) }) : session;
}

export function showStatementImports(
  terminal: Terminal,
  { before, limit }: Page,
): Result<{ imports: StatementFateView[] }, Refusal> {
  const session = unlocked(terminal);
  return session.ok ? ok({ imports: fatesBefore(session.value.store, before, limit) }) : session;
}

export function showBankStatements(
  terminal: Terminal,
  page: Page & { readonly account: string | null; readonly asset: string | null },
): Result<{ statements: BankStatementView[] }, Refusal> {
  const session = unlocked(terminal);
  return session.ok ? ok({ statements: statementsBefore(session.value.store, page).map(toStatementView) }) : session;
}

export function showBankLines(
  terminal: Terminal,
  { statement, from, limit }: { readonly statement: number; readonly from: number; readonly limit: number },
): Result<{ lines: BankLineView[] }, Refusal> {
  const session = unlocked(terminal);
  if (!session.ok) return session;
  const found = statementByNumber(session.value.store, statement);
  return found === undefined
    ? unknown()
    : ok({ lines: linesFrom(session.value.store, found, from, limit).map(toLineView) });
}

/** Everything that the bank said of a line. */
export function showBankLine(
  terminal: Terminal,
  { line }: { readonly line: number },
): Result<{ record: Readonly<Record<string, unknown>> }, Refusal> {
  const session = unlocked(terminal);
  if (!session.ok) return session;
  const record = lineRecord(session.value.store, line);
  return record === undefined ? unknown() : ok({ record });
}

const unknown = () =>
  refuse('unknown statement', 'Nothing was shown.', 'There is no such statement.', 'Look at the list of statements.');

export const toFileView = (file: StatementFile): StatementFileView => ({
  ...file,
  verdict: { ...file.verdict, errors: [...file.verdict.errors] },
  findings: [...file.findings],
});

export const toStatementView = ({ lastLine, ...one }: BankStatement): BankStatementView => ({
  ...one,
  opening: one.opening === null ? null : one.opening.toString(),
  closing: one.closing === null ? null : one.closing.toString(),
  lines: Math.max(0, lastLine - one.firstLine + 1),
});

const toLineView = ({ statement: _, ...line }: BankStatementLine): BankLineView => ({
  ...line,
  amount: line.amount === null ? null : line.amount.toString(),
});
