// Import a statement of the bank: a file of any size is read in parts with progress, what it says is shown, and only then does
// a person take it in. Until that moment nothing of it counts.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Progress } from 'antd';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import { bytesToBase64 } from '../../shared/bytes.ts';
import {
  type BankStatementView,
  type StatementImportReport,
  statementPartBytes,
} from '../../shared/contract/statements.ts';
import type { Refusal } from '../../shared/result.ts';
import type { MessageKey } from '../i18n/en.ts';
import { showTime, useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';
import { terminal } from '../terminal.ts';
import { useKeys } from '../ui/keys.ts';
import { Refused } from '../ui/refused.tsx';

type Step =
  | { readonly is: 'idle' }
  | {
      readonly is: 'reading';
      readonly name: string;
      readonly done: number;
      readonly total: number;
      readonly lines: number;
    }
  | { readonly is: 'shown'; readonly report: StatementImportReport; readonly id: string }
  | { readonly is: 'known' | 'taken in'; readonly report: StatementImportReport }
  | { readonly is: 'cancelled'; readonly name: string };

const shownFindings = 20;
const shownStatements = 100;

export function ImportStatement() {
  const { say } = useSay();
  const queries = useQueryClient();
  const chooser = useRef<HTMLInputElement>(null);
  const [step, setStep] = useState<Step>({ is: 'idle' });
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  /** The import that is open, from before the terminal has given it an id, and whether the person has given it up. */
  const open = useRef<{ id: string | null; isGivenUp: boolean } | null>(null);
  const fatesChanged = () => void queries.invalidateQueries({ queryKey: ['statement imports'] });

  const giveUp = async () => {
    const one = open.current;
    if (one === null || one.isGivenUp) return;
    one.isGivenUp = true;
    open.current = null;
    setStep({
      is: 'cancelled',
      name: step.is === 'reading' ? step.name : step.is === 'shown' ? step.report.file.name : '',
    });
    if (one.id !== null) await terminal.cancelStatementImport({ import: one.id });
    fatesChanged();
  };
  // Whoever leaves the screen has not taken it in.
  useEffect(
    () => () => {
      const one = open.current;
      if (one === null) return;
      one.isGivenUp = true;
      if (one.id !== null) void terminal.cancelStatementImport({ import: one.id });
    },
    [],
  );

  const read = async (file: File) => {
    if (step.is === 'reading') return;
    setRefusal(null);
    setStep({ is: 'reading', name: file.name, done: 0, total: file.size, lines: 0 });
    const refused = (why: Refusal) => {
      open.current = null;
      setRefusal(why);
      setStep({ is: 'idle' });
      fatesChanged();
    };
    const one: { id: string | null; isGivenUp: boolean } = { id: null, isGivenUp: false };
    open.current = one;
    const opened = await terminal.openStatementImport({ name: file.name.slice(0, 255) });
    if (!opened.ok) return refused(opened.refusal);
    const id = opened.value.import;
    if (one.isGivenUp) return void terminal.cancelStatementImport({ import: id }).then(fatesChanged);
    one.id = id;
    for (let from = 0; from < file.size; from += statementPartBytes) {
      const bytes = new Uint8Array(await file.slice(from, from + statementPartBytes).arrayBuffer());
      const taken = await terminal.takeStatementPart({ import: id, part: bytesToBase64(bytes) });
      if (one.isGivenUp) return;
      if (!taken.ok) return refused(taken.refusal);
      setStep({ is: 'reading', name: file.name, total: file.size, ...taken.value });
    }
    const reviewed = await terminal.reviewStatementImport({ import: id });
    if (one.isGivenUp) return;
    if (!reviewed.ok) return refused(reviewed.refusal);
    const report = reviewed.value;
    if (report.isKnown) open.current = null;
    setStep(report.isKnown ? { is: 'known', report } : { is: 'shown', report, id });
    fatesChanged();
  };

  const takeIn = async () => {
    if (step.is !== 'shown') return;
    const taken = await terminal.endStatementImport({ import: step.id });
    open.current = null;
    setRefusal(taken.ok ? null : taken.refusal);
    setStep(taken.ok ? { is: 'taken in', report: taken.value } : { is: 'idle' });
    fatesChanged();
  };

  const drop = (event: DragEvent) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file !== undefined) void read(file);
  };
  useKeys({ f: () => chooser.current?.click(), t: () => void takeIn(), c: () => void giveUp() });
  const mayStop = step.is === 'reading' || step.is === 'shown';
  return (
    <section
      className="card"
      aria-label={say('bankFile.title')}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      <h2>{say('bankFile.title')}</h2>
      <p className="quiet">{say('bankFile.note')}</p>
      <div className="bar">
        <input
          ref={chooser}
          type="file"
          accept=".xml,.camt,text/xml,application/xml"
          hidden
          data-testid="statement-file"
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            if (file !== undefined) void read(file);
            event.target.value = '';
          }}
        />
        <Button disabled={step.is === 'reading'} onClick={() => chooser.current?.click()}>
          {say('bankFile.choose')} (f)
        </Button>
        <Button type="primary" disabled={step.is !== 'shown'} onClick={() => void takeIn()}>
          {say('bankFile.takeIn')} (t)
        </Button>
        <Button disabled={!mayStop} onClick={() => void giveUp()}>
          {say(step.is === 'shown' ? 'bankFile.giveUp' : 'bankFile.cancel')} (c)
        </Button>
      </div>
      {step.is === 'reading' ? (
        <div role="status">
          {say('bankFile.progress', {
            name: step.name,
            done: (step.done / 1e6).toFixed(1),
            total: (step.total / 1e6).toFixed(1),
            lines: step.lines,
          })}
          <Progress
            percent={Math.floor((100 * step.done) / Math.max(1, step.total))}
            size="small"
            aria-label={say('bankFile.title')}
          />
        </div>
      ) : null}
      {step.is === 'cancelled' ? <p role="status">{say('bankFile.cancelled', { name: step.name })}</p> : null}
      <Refused refusal={refusal} />
      {'report' in step ? <Report is={step.is} report={step.report} /> : null}
      <Fates />
    </section>
  );
}

function Report({
  is,
  report,
}: {
  readonly is: 'shown' | 'known' | 'taken in';
  readonly report: StatementImportReport;
}) {
  const { say } = useSay();
  const { file, statements } = report;
  const odd = [
    ...file.findings.map(({ line, what, name }) => ({ line, what: `${name}: ${what}` })),
    ...file.verdict.errors,
  ];
  return (
    <div data-testid="statement-report" data-step={is}>
      <p role="status">
        <strong>{say(`bankFile.is.${is}` as MessageKey, { name: file.name })}</strong>
      </p>
      <p>
        {say('bankFile.recognised', {
          message: file.message,
          id: file.messageId ?? '—',
          statements: statements.length,
          lines: file.lines,
        })}{' '}
        · {say(`bankFile.schema.${file.verdict.schema}` as MessageKey)}
      </p>
      {odd.length === 0 ? null : (
        <ul>
          {odd.slice(0, shownFindings).map(({ line, what }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a list that never changes, with lines that repeat
            <li key={i}>
              {line === null ? '' : `${say('bankFile.line', { line })} `}
              {what}
            </li>
          ))}
          {odd.length > shownFindings ? <li>{say('bankFile.more', { count: odd.length - shownFindings })}</li> : null}
        </ul>
      )}
      <table className="plain">
        <thead>
          <tr>
            <th>{say('statements.statement')}</th>
            <th>{say('bankFile.account')}</th>
            <th className="right">{say('statements.opening')}</th>
            <th className="right">{say('bankFile.credits')}</th>
            <th className="right">{say('bankFile.debits')}</th>
            <th className="right">{say('statements.closing')}</th>
            <th>{say('bankFile.sum')}</th>
          </tr>
        </thead>
        <tbody>
          {statements.slice(0, shownStatements).map((one) => (
            <Line key={one.number} one={one} />
          ))}
        </tbody>
      </table>
      {statements.length > shownStatements ? (
        <p className="quiet">{say('bankFile.more', { count: statements.length - shownStatements })}</p>
      ) : null}
    </div>
  );
}

function Line({ one }: { readonly one: BankStatementView }) {
  const { say, language } = useSay();
  const money = (minor: string | null) =>
    minor === null ? '—' : one.asset === null ? minor : showMoney(one.asset, minor, language);
  const sum = ({ count, sum: text }: BankStatementView['credits']) => `${text} (${count})`;
  return (
    <tr>
      <td>{one.id}</td>
      <td>{one.account ?? '—'}</td>
      <td className="right">{money(one.opening)}</td>
      <td className="right">{sum(one.credits)}</td>
      <td className="right">{sum(one.debits)}</td>
      <td className="right">{money(one.closing)}</td>
      <td>
        {one.balanced === true ? '✓ ' : one.balanced === false ? '✗ ' : ''}
        {say(`bankFile.adds.${one.balanced === null ? 'unknown' : one.balanced ? 'up' : 'not up'}` as MessageKey)}
      </td>
    </tr>
  );
}

/** Every file that was ever chosen here, and what became of it. */
function Fates() {
  const { say, language } = useSay();
  const imports = useQuery({
    queryKey: ['statement imports'],
    queryFn: async () => {
      const answer = await terminal.statementImports({ before: Number.MAX_SAFE_INTEGER, limit: 50 });
      return answer.ok ? answer.value.imports : [];
    },
  }).data;
  if (imports === undefined || imports.length === 0) return null;
  return (
    <section aria-label={say('bankFile.fates')}>
      <h3>{say('bankFile.fates')}</h3>
      <table className="plain">
        <thead>
          <tr>
            <th>{say('bankFile.at')}</th>
            <th>{say('bank.file')}</th>
            <th>{say('bank.message')}</th>
            <th className="right">{say('bankFile.size')}</th>
            <th>{say('bankFile.by')}</th>
            <th>{say('bank.fate')}</th>
          </tr>
        </thead>
        <tbody>
          {imports.map((one) => (
            <tr key={one.number} data-import={one.fate}>
              <td>{showTime(one.at, language)}</td>
              <td>{one.name}</td>
              <td>
                {one.message ?? '—'} {one.messageId ?? ''}
              </td>
              <td className="right">{(one.bytes / 1e6).toFixed(2)} MB</td>
              <td>{one.operator}</td>
              <td>
                {say(`bankFile.fate.${one.fate}` as MessageKey)}
                {one.why === null ? null : <span className="quiet"> {one.why}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
