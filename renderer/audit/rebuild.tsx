// Rebuild from the log and compare: progress in words, a stop, and what was found, row by row.

import { Button, Progress } from 'antd';
import { useRef, useState } from 'react';
import type { RebuildReport } from '../../shared/contract/vault.ts';
import type { Refusal } from '../../shared/result.ts';
import { useSay } from '../i18n/index.ts';
import { follow, terminal } from '../terminal.ts';
import { Refused } from '../ui/refused.tsx';

export function Rebuild() {
  const { say } = useSay();
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);
  const [report, setReport] = useState<RebuildReport | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [wasStopped, setWasStopped] = useState(false);
  const stopper = useRef<AbortController | null>(null);
  const begin = async () => {
    const stop = new AbortController();
    stopper.current = stop;
    setReport(null);
    setRefusal(null);
    setWasStopped(false);
    setProgress({ done: 0, total: 1 });
    try {
      const done = await follow(terminal.rebuild({}, { signal: stop.signal }), (count, total) =>
        setProgress({ done: count, total }),
      );
      if (done.ok) setReport(done.value);
      else setRefusal(done.refusal);
    } catch (failure) {
      if (!stop.signal.aborted) throw failure;
      setWasStopped(true);
    } finally {
      setProgress(null);
    }
  };
  return (
    <section className="card" aria-label={say('rebuild.title')} id="rebuild">
      <h2>{say('rebuild.title')}</h2>
      <p className="quiet">{say('rebuild.meaning')}</p>
      <div className="bar">
        <Button disabled={progress !== null} onClick={() => void begin()}>
          {say('rebuild.begin')}
        </Button>
        {progress === null ? null : (
          <>
            <Button onClick={() => stopper.current?.abort()}>{say('rebuild.stop')}</Button>
            <span role="status">
              {say('rebuild.progress', progress)}
              <Progress
                percent={Math.round((progress.done / Math.max(1, progress.total)) * 100)}
                size="small"
                aria-label={say('rebuild.title')}
              />
            </span>
          </>
        )}
      </div>
      {wasStopped ? <p role="status">{say('rebuild.stopped')}</p> : null}
      <Refused refusal={refusal} />
      {report === null ? null : <Found report={report} />}
    </section>
  );
}

function Found({ report }: { readonly report: RebuildReport }) {
  const { say } = useSay();
  const { size, root, differences } = report;
  const facts = { size, root, seconds: report.seconds.toFixed(1) };
  if (differences.length === 0)
    return (
      <p className="done" role="status" data-testid="rebuilt">
        {say('rebuild.equal', facts)}
      </p>
    );
  return (
    <div className="refusal" role="alert" data-testid="rebuilt">
      <p>
        <strong>{say('rebuild.differs', facts)}</strong>
      </p>
      <table className="plain">
        <thead>
          <tr>
            <th>{say('rebuild.table')}</th>
            <th>{say('rebuild.row')}</th>
            <th>{say('rebuild.how')}</th>
          </tr>
        </thead>
        <tbody>
          {differences.map(({ table, key, how, why }) => (
            <tr key={`${table} ${key}`}>
              <td>{table}</td>
              <td>
                <code>{key}</code>
              </td>
              <td>
                {say(`rebuild.${how}`)} {why}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
