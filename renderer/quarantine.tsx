// What a person reads when the terminal only shows: what was found, since when, what it means for them and what comes next.

import { Button } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Status } from '../shared/contract/terminal.ts';
import type { Refusal } from '../shared/result.ts';
import { type Say, showTime, useSay } from './i18n/index.ts';
import { terminal } from './terminal.ts';
import { Refused } from './ui/refused.tsx';

/** What was shown by the gateway, and not what lies on this machine. */
const ofTheLog: ReadonlySet<string> = new Set(['fork', 'rollback', 'disagreement', 'bad checkpoint']);

export function Quarantine({ finding, status }: { readonly finding: Refusal; readonly status: Status }) {
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
      <p>
        <Link to="/audit" style={{ color: 'inherit', textDecoration: 'underline' }}>
          {say('quarantine.compare')}
        </Link>{' '}
        <KeepEvidence say={say} />
      </p>
    </section>
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
