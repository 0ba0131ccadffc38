// What a person reads when the terminal only shows: what was found, since when, what it means for them and what comes next.

import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Status } from '../shared/contract/terminal.ts';
import type { RepairReport } from '../shared/contract/vault.ts';
import type { Refusal } from '../shared/result.ts';
import type { MessageKey } from './i18n/en.ts';
import { type Say, showTime, useSay } from './i18n/index.ts';
import { follow, terminal } from './terminal.ts';
import { Refused } from './ui/refused.tsx';
import { Restore } from './unlock/restore.tsx';

/** What was shown by the gateway, and not what lies on this machine. */
const ofTheLog: ReadonlySet<string> = new Set(['fork', 'rollback', 'disagreement', 'bad checkpoint']);

/** What can be done about each finding, and by whom. */
const ways: Readonly<Record<string, MessageKey>> = {
  'books changed': 'repair.books',
  'vault rolled back': 'repair.behind',
  'head record lost': 'repair.behind',
};

interface QuarantineProps {
  readonly finding: Refusal;
  readonly status: Status;
  readonly onRepaired: (report: RepairReport) => void;
}

export function Quarantine({ finding, status, onRepaired }: QuarantineProps) {
  const { say, language } = useSay();
  const isOfTheLog = ofTheLog.has(finding.type);
  return (
    <section className="grave" role="alert" style={{ padding: '8px 14px' }} data-testid="quarantine">
      <strong>{say('banner.readOnly')}</strong>
      <Refused refusal={finding} />
      {status.readOnlySince === null ? null : (
        <p>{say('quarantine.since', { at: showTime(status.readOnlySince, language) })}</p>
      )}
      <p>{say(isOfTheLog ? 'quarantine.ofTheLog' : 'quarantine.ofTheVault', { size: status.log.size })}</p>
      <p>{say(status.operator?.role === 'officer' ? 'quarantine.officer' : 'quarantine.person')}</p>
      <p>{say(isOfTheLog ? 'repair.bank' : (ways[finding.type] ?? 'repair.restore'))}</p>
      <p>
        <Link to="/audit" style={{ color: 'inherit', textDecoration: 'underline' }}>
          {say('quarantine.compare')}
        </Link>{' '}
        <KeepEvidence say={say} />
      </p>
      {finding.type in ways && status.operator?.role === 'officer' ? (
        <Repair say={say} onRepaired={onRepaired} />
      ) : null}
      {!isOfTheLog && status.operator?.role === 'officer' ? <Restore /> : null}
    </section>
  );
}

/** Asked twice, as nothing brings back what was there but the evidence. */
function Repair({ say, onRepaired }: { readonly say: Say; readonly onRepaired: (report: RepairReport) => void }) {
  const queries = useQueryClient();
  const [isAsked, setIsAsked] = useState(false);
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const begin = async () => {
    setProgress({ done: 0, total: 1 });
    const answer = await follow(terminal.repair({}), (done, total) => setProgress({ done, total }));
    setProgress(null);
    setIsAsked(false);
    setRefusal(answer.ok ? null : answer.refusal);
    if (!answer.ok) return;
    onRepaired(answer.value);
    await queries.invalidateQueries();
  };
  return (
    <div className="bar">
      {isAsked ? (
        <>
          <Button size="small" type="primary" danger loading={progress !== null} onClick={() => void begin()}>
            {say('repair.sure')}
          </Button>
          <Button size="small" disabled={progress !== null} onClick={() => setIsAsked(false)}>
            {say('repair.notYet')}
          </Button>
        </>
      ) : (
        <Button size="small" onClick={() => setIsAsked(true)}>
          {say('repair.begin')}
        </Button>
      )}
      {progress === null ? null : <span role="status">{say('repair.progress', progress)}</span>}
      <Refused refusal={refusal} />
    </div>
  );
}

/** Stays on the screen after the panel has gone. */
export function Repaired({ report }: { readonly report: RepairReport }) {
  const { say } = useSay();
  const { size, rows, seconds, evidence } = report;
  return (
    <p className="done" role="status" data-testid="repaired">
      {say('repair.done', { size, rows, seconds: seconds.toFixed(1) })} <code>{evidence}</code>
    </p>
  );
}

function KeepEvidence({ say }: { readonly say: Say }) {
  const [kept, setKept] = useState<{ folder: string; files: number } | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const keep = async () => {
    setIsBusy(true);
    const answer = await terminal.keepEvidence({});
    setIsBusy(false);
    setKept(answer.ok ? answer.value : null);
    setRefusal(answer.ok ? null : answer.refusal);
  };
  return (
    <>
      <Button size="small" loading={isBusy} onClick={() => void keep()}>
        {say('quarantine.keep')}
      </Button>{' '}
      {kept === null ? null : (
        <span role="status">
          {say('quarantine.kept', { files: kept.files })} <code>{kept.folder}</code>
        </span>
      )}
      <Refused refusal={refusal} />
    </>
  );
}
