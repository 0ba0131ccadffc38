// The platform's own file against the books: choose it, say which column is which, see every difference, and only then record
// what came of it. The mapping is kept for the next file of that platform.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { mainPool } from '../../shared/accounts.ts';
import { bytesToBase64 } from '../../shared/bytes.ts';
import { type PlatformReport, platformPreviewBytes } from '../../shared/contract/platform.ts';
import { statementPartBytes } from '../../shared/contract/statements.ts';
import type { Status } from '../../shared/contract/terminal.ts';
import { type PlatformMapping, platformMappingSchema } from '../../shared/platform-file.ts';
import type { Refusal } from '../../shared/result.ts';
import { day as daySchema } from '../../shared/time.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';
import { useProgramme } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { useKeys } from '../ui/keys.ts';
import { Refused } from '../ui/refused.tsx';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';

const fresh: PlatformMapping = {
  ...{ platform: '', encoding: 'utf-8', delimiter: ',', decimal: '.', accountIs: 'id' },
  ...{ account: '', balance: '', assetColumn: null, asset: null, dayColumn: null },
};
const delimiters = [',', ';', '\t', '|'] as const;
const shownDifferences = 200;
/** No column has such a name: names are trimmed, and none is empty. */
const lacking = ' ';

/** What was said last of the file under work. */
type Step =
  | { readonly is: 'choosing' }
  | { readonly is: 'reading'; readonly done: number }
  | { readonly is: 'compared'; readonly report: PlatformReport };

export function PlatformFile({ status }: { readonly status: Status }) {
  const { say } = useSay();
  const queries = useQueryClient();
  const programme = useProgramme(status);
  const chooser = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [mapping, setMapping] = useState<PlatformMapping>(fresh);
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10));
  const [rows, setRows] = useState<readonly (readonly string[])[]>([]);
  const [step, setStep] = useState<Step>({ is: 'choosing' });
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const signing = useSigning();
  const saved = useMappings();
  const { encoding, delimiter } = mapping;
  const set = (some: Partial<PlatformMapping>) => {
    setMapping({ ...mapping, ...some });
    setStep({ is: 'choosing' });
  };

  useEffect(() => {
    if (file === null) return;
    let isOver = false;
    const look = async () => {
      const head = new Uint8Array(await file.slice(0, platformPreviewBytes).arrayBuffer());
      const seen = await terminal.previewPlatformFile({ head: bytesToBase64(head), encoding, delimiter });
      if (isOver) return;
      setRefusal(seen.ok ? null : seen.refusal);
      setRows(seen.ok ? seen.value.rows : []);
    };
    void look();
    return () => {
      isOver = true;
    };
  }, [file, encoding, delimiter]);

  const asked = platformMappingSchema.safeParse(mapping);
  const columns = (rows[0] ?? []).map((one) => one.trim()).filter((one) => one !== '');
  const hasColumns = [mapping.account, mapping.balance].every((one) => columns.includes(one));
  const hasAsset = mapping.assetColumn !== null || mapping.asset !== null;
  const isReady =
    file !== null &&
    asked.success &&
    hasColumns &&
    hasAsset &&
    daySchema.safeParse(day).success &&
    step.is !== 'reading';

  const compare = async () => {
    if (!isReady || file === null) return;
    setRefusal(null);
    setStep({ is: 'reading', done: 0 });
    const refused = (why: Refusal) => {
      setRefusal(why);
      setStep({ is: 'choosing' });
    };
    const opened = await terminal.openPlatformFile({ mapping, day: day as never });
    if (!opened.ok) return refused(opened.refusal);
    const one = opened.value.file;
    for (let from = 0; from < file.size; from += statementPartBytes) {
      const bytes = new Uint8Array(await file.slice(from, from + statementPartBytes).arrayBuffer());
      const taken = await terminal.takePlatformPart({ file: one, part: bytesToBase64(bytes) });
      if (!taken.ok) return refused(taken.refusal);
      setStep({ is: 'reading', done: taken.value.done });
    }
    const ended = await terminal.endPlatformFile({ file: one });
    void queries.invalidateQueries({ queryKey: ['platform mappings'] });
    if (!ended.ok) return refused(ended.refusal);
    setStep({ is: 'compared', report: ended.value });
  };
  const report = step.is === 'compared' ? step.report : null;
  const record = async () => {
    if (report === null || report.drafts.length === 0 || signing.busy) return;
    const drafts = report.drafts.map((draft) => ({ draft, source: null }));
    if (await signing.run(() => terminal.make({ drafts }))) setStep({ is: 'choosing' });
  };
  const choose = () => chooser.current?.click();
  useKeys({ f: choose, 'ctrl+Enter': () => void compare(), t: () => void record() });

  const column = (label: MessageKey, key: 'account' | 'balance' | 'assetColumn' | 'dayColumn', mayLack: boolean) => (
    <Field label={say(label)}>
      {(id) => (
        <Choice
          id={id}
          value={mapping[key] ?? lacking}
          options={[
            ...(mayLack ? [{ value: lacking, label: say('platform.noColumn') }] : []),
            ...columns.map((one) => ({ value: one, label: one })),
          ]}
          onChange={(value: string) => set({ [key]: value === lacking ? null : value })}
        />
      )}
    </Field>
  );
  const choice = <K extends 'encoding' | 'delimiter' | 'decimal' | 'accountIs'>(
    label: MessageKey,
    key: K,
    options: readonly { readonly value: PlatformMapping[K]; readonly label: string }[],
  ) => (
    <Field label={say(label)}>
      {(id) => (
        <Choice<PlatformMapping[K]>
          id={id}
          value={mapping[key]}
          options={options}
          onChange={(one) => set({ [key]: one })}
        />
      )}
    </Field>
  );

  return (
    <section aria-label={say('platform.title')}>
      <h1>{say('platform.title')}</h1>
      <p className="quiet">{say('platform.note')}</p>
      <div className="bar">
        <input
          ref={chooser}
          type="file"
          accept=".csv,.txt,text/csv"
          hidden
          data-testid="platform-file"
          onChange={(event) => {
            const [chosen] = event.target.files ?? [];
            if (chosen !== undefined) {
              setFile(chosen);
              setStep({ is: 'choosing' });
            }
            event.target.value = '';
          }}
        />
        <Button onClick={choose}>{say('platform.choose')} (f)</Button>
        <Button type="primary" disabled={!isReady} onClick={() => void compare()}>
          {say('platform.compare')} (Ctrl+Enter)
        </Button>
        <Button
          disabled={report === null || report.drafts.length === 0}
          loading={signing.busy}
          onClick={() => void record()}
        >
          {say('platform.record')} (t)
        </Button>
      </div>
      {step.is === 'reading' && file !== null ? (
        <p role="status">
          {say('platform.reading', {
            name: file.name,
            done: (step.done / 1e6).toFixed(1),
            total: (file.size / 1e6).toFixed(1),
          })}
        </p>
      ) : null}
      <Refused refusal={refusal} />
      <Signed signing={signing} />
      {file === null ? null : (
        <>
          <h2>{file.name}</h2>
          <form className="fields" onSubmit={(event) => event.preventDefault()}>
            {saved.length === 0 ? null : (
              <Field label={say('platform.mapping')}>
                {(id) => (
                  <Choice
                    id={id}
                    isFirst
                    value={saved.some((one) => one.platform === mapping.platform) ? mapping.platform : ''}
                    options={saved.map((one) => ({ value: one.platform, label: one.platform }))}
                    onChange={(value: string) => set(saved.find((one) => one.platform === value) ?? fresh)}
                  />
                )}
              </Field>
            )}
            <Field label={say('platform.name')}>
              {(id) => (
                <Input
                  id={id}
                  maxLength={32}
                  autoComplete="off"
                  value={mapping.platform}
                  onChange={(event) => set({ platform: event.target.value.trim() })}
                />
              )}
            </Field>
            {choice('platform.encoding', 'encoding', [
              { value: 'utf-8', label: 'UTF-8' },
              { value: 'gb18030', label: 'GB18030' },
            ])}
            {choice(
              'platform.delimiter',
              'delimiter',
              delimiters.map((value) => ({ value, label: value === '\t' ? say('platform.tab') : value })),
            )}
            {choice('platform.decimal', 'decimal', [
              { value: '.', label: '.' },
              { value: ',', label: ',' },
            ])}
            {column('platform.account', 'account', false)}
            {choice('platform.accountIs', 'accountIs', [
              { value: 'id', label: say('platform.accountIs.id') },
              { value: 'number', label: say('platform.accountIs.number') },
            ])}
            {column('platform.balance', 'balance', false)}
            {column('platform.assetColumn', 'assetColumn', true)}
            {mapping.assetColumn !== null ? null : (
              <Field label={say('platform.asset')}>
                {(id) => (
                  <Choice
                    id={id}
                    value={mapping.asset ?? ''}
                    options={(programme.data?.assets ?? []).map((one) => ({ value: one, label: one }))}
                    onChange={(asset: string) => set({ asset })}
                  />
                )}
              </Field>
            )}
            {column('platform.dayColumn', 'dayColumn', true)}
            {mapping.dayColumn !== null ? null : (
              <Field label={say('platform.day')}>
                {(id) => <Input id={id} value={day} onChange={(event) => setDay(event.target.value.trim())} />}
              </Field>
            )}
          </form>
          {report === null ? <Preview rows={rows} /> : <Report report={report} />}
        </>
      )}
    </section>
  );
}

function useMappings(): readonly PlatformMapping[] {
  const { data } = useQuery({
    queryKey: ['platform mappings'],
    queryFn: async () => {
      const answer = await terminal.platformMappings({});
      return answer.ok ? answer.value.mappings : [];
    },
  });
  return data ?? [];
}

function Preview({ rows }: { readonly rows: readonly (readonly string[])[] }) {
  const { say } = useSay();
  const [header, ...others] = rows;
  if (header === undefined) return null;
  return (
    <section className="card" aria-label={say('platform.preview')}>
      <h2>{say('platform.preview')}</h2>
      <table className="plain" data-testid="platform-preview">
        <thead>
          <tr>
            {header.map((one, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns of a file have no other name that is theirs alone
              <th key={i}>{one}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {others.map((fields, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file that never change
            <tr key={row}>
              {fields.map((one, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: as above
                <td key={i}>{one}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Report({ report }: { readonly report: PlatformReport }) {
  const { say, language } = useSay();
  const { rows, day, differenceCount: count, findings, findingCount } = report;
  const money = (asset: string, minor: string | null) => (minor === null ? '—' : showMoney(asset, minor, language));
  const apart = (platform: string | null, books: string | null) =>
    (BigInt(platform ?? '0') - BigInt(books ?? '0')).toString();
  const isTooMuch = report.drafts.length === 0 && findingCount === 0 && !report.isKnown;
  return (
    <section className="card" data-testid="platform-report" aria-label={say('platform.title')}>
      <p role="status">
        <strong>
          {count === 0
            ? `✓ ${say('platform.agrees', { rows, day })}`
            : `✗ ${say('platform.differs', { rows, day, count })}`}
        </strong>{' '}
        {report.isKnown ? say('platform.known') : ''} {isTooMuch ? say('platform.tooMany') : ''}
      </p>
      {findingCount === 0 ? null : (
        <>
          <p className="refusal" role="alert">
            {say('platform.findings', { count: findingCount })}
          </p>
          <ul>
            {findings.slice(0, 20).map(({ row, what }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a list that never changes, with rows that repeat
              <li key={i}>
                {say('platform.row', { row })} {what}
              </li>
            ))}
          </ul>
        </>
      )}
      <table className="plain">
        <thead>
          <tr>
            <th>{say('platform.pool')}</th>
            <th className="right">{say('platform.rows')}</th>
            <th className="right">{say('platform.accounts')}</th>
            <th className="right">{say('platform.theirs')}</th>
            <th className="right">{say('platform.ours')}</th>
            <th className="right">{say('platform.apart')}</th>
          </tr>
        </thead>
        <tbody>
          {report.totals.map((one) => (
            <tr key={`${one.pool}|${one.asset}`}>
              <td>
                {one.asset} {one.pool === mainPool ? '' : say('pool.named', { pool: one.pool })}
              </td>
              <td className="right">{one.rows}</td>
              <td className="right">{one.accounts}</td>
              <td className="right">{money(one.asset, one.platform)}</td>
              <td className="right">{money(one.asset, one.books)}</td>
              <td className="right">{money(one.asset, apart(one.platform, one.books))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table className="plain" hidden={count === 0} data-testid="platform-differences">
        <thead>
          <tr>
            <th>{say('accounts.account')}</th>
            <th>{say('platform.what')}</th>
            <th className="right">{say('platform.theirs')}</th>
            <th className="right">{say('platform.ours')}</th>
            <th className="right">{say('platform.apart')}</th>
          </tr>
        </thead>
        <tbody>
          {report.differences.slice(0, shownDifferences).map((one) => (
            <tr key={`${one.account ?? one.unknown}|${one.asset}`}>
              <td>
                {one.account ?? one.names ?? one.unknown}
                <div className="quiet">{one.client}</div>
              </td>
              <td>{say(`break.${one.kind}` as MessageKey)}</td>
              <td className="right">{money(one.asset, one.platform)}</td>
              <td className="right">{money(one.asset, one.books)}</td>
              <td className="right">{money(one.asset, apart(one.platform, one.books))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {count > shownDifferences ? <p className="quiet">{say('platform.first', { count: shownDifferences })}</p> : null}
    </section>
  );
}
