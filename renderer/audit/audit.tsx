// Audit: the log as it is, any record with its proof, and the bundle, written and verified with progress.

import { useQuery } from '@tanstack/react-query';
import { Button, Progress } from 'antd';
import { useState } from 'react';
import type { Status } from '../../shared/contract/terminal.ts';
import type { Refusal } from '../../shared/result.ts';
import { showTime, useSay } from '../i18n/index.ts';
import { follow, terminal } from '../terminal.ts';
import { useKeys } from '../ui/keys.ts';
import { Refused } from '../ui/refused.tsx';
import { Rebuild } from './rebuild.tsx';

const pageSize = 100;

export function Audit({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const { size } = status.log;
  const [end, setEnd] = useState<number | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);
  const [exported, setExported] = useState<{ bundle: string; events: number; root: string } | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const to = Math.min(end ?? size, size);
  const from = Math.max(0, to - pageSize);
  const lines = useQuery({
    queryKey: ['log', from, to],
    queryFn: async () => {
      const answer = await terminal.log({ from, limit: Math.max(1, to - from) });
      return answer.ok ? answer.value.lines.toReversed() : [];
    },
  });
  const rows = lines.data ?? [];
  const at = rows.findIndex((one) => one.sequence === chosen);
  const move = (by: number) => setChosen(rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.sequence ?? null);
  const exportBundle = async () => {
    setExported(null);
    const done = await follow(terminal.exportAudit({}), (count, total) => setProgress({ done: count, total }));
    setProgress(null);
    setRefusal(done.ok ? null : done.refusal);
    if (done.ok) setExported(done.value);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    e: () => void exportBundle(),
  });
  return (
    <div className="two">
      <section aria-label={say('audit.title')}>
        <h1>{say('audit.title')}</h1>
        <div className="bar">
          <Button type="primary" loading={progress !== null} onClick={() => void exportBundle()}>
            {say('action.export')} (e)
          </Button>
          {progress === null ? null : (
            <span role="status">
              {say('audit.exporting', progress)}
              <Progress
                percent={Math.round((progress.done / progress.total) * 100)}
                size="small"
                aria-label={say('action.export')}
              />
            </span>
          )}
        </div>
        {exported === null ? null : (
          <p className="done" role="status" data-testid="exported">
            {say('audit.exported', { events: exported.events, root: exported.root })}
            <br />
            <code>{exported.bundle}</code>
          </p>
        )}
        <Refused refusal={refusal} />
        <Rebuild />
        <table className="plain">
          <thead>
            <tr>
              <th>{say('audit.sequence')}</th>
              <th>{say('audit.type')}</th>
              <th>{say('audit.actor')}</th>
              <th>{say('audit.at')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <tr
                key={one.sequence}
                className={one.sequence === chosen ? 'focused' : ''}
                data-sequence={one.sequence}
                onClick={() => setChosen(one.sequence)}
              >
                <td>{one.sequence}</td>
                <td>{one.type}</td>
                <td>
                  {one.actor} <span className="quiet">{one.terminal}</span>
                </td>
                <td>{showTime(one.admittedAt, language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {from > 0 ? <Button onClick={() => setEnd(from)}>{say('action.older')}</Button> : null}
      </section>
      {chosen === null ? null : <Proof key={chosen} sequence={chosen} size={size} />}
    </div>
  );
}

function Proof({ sequence, size }: { readonly sequence: number; readonly size: number }) {
  const { say } = useSay();
  const { data } = useQuery({ queryKey: ['proof', sequence, size], queryFn: () => terminal.proof({ sequence }) });
  if (data === undefined) return null;
  if (!data.ok) return <Refused refusal={data.refusal} />;
  const { record, path, root, holds } = data.value;
  return (
    <aside className="card" aria-label={say('audit.proof', { sequence })} data-testid="proof">
      <h2>{say('audit.proof', { sequence })}</h2>
      <p className={holds ? 'done' : 'refusal'}>
        {holds ? say('audit.holds', { root, size: data.value.size }) : say('audit.fails')}
      </p>
      <ol>
        {path.map((hash) => (
          <li key={hash}>
            <code>{hash}</code>
          </li>
        ))}
      </ol>
      <pre className="bytes">{JSON.stringify(JSON.parse(record), null, 2)}</pre>
    </aside>
  );
}
