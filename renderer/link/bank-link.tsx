// Bank link: what is queued, what was refused and why, the newest checkpoint, who vouches for it, and a comparison with the
// checkpoint of another terminal.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import type { Status } from '../../shared/contract/terminal.ts';
import type { Refusal } from '../../shared/result.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { marker, useBankFiles } from '../queries.ts';
import { witnessesOf } from '../shell.tsx';
import { follow, terminal } from '../terminal.ts';
import { Field } from '../ui/field.tsx';
import { Refused } from '../ui/refused.tsx';

export function BankLink({ status }: { readonly status: Status }) {
  const { say } = useSay();
  const queries = useQueryClient();
  const [note, setNote] = useState('');
  const [words, setWords] = useState('');
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const outbox = useQuery({
    queryKey: ['outbox', marker(status)],
    queryFn: async () => {
      const answer = await terminal.outbox({});
      return answer.ok ? answer.value.events : [];
    },
  });
  const sync = async () => {
    setBusy(true);
    const done = await follow(terminal.sync({}));
    setRefusal(done.ok ? null : done.refusal);
    setBusy(false);
    await queries.invalidateQueries();
  };
  const compare = async () => {
    const compared = await terminal.compareCheckpoint({ note: note.endsWith('\n') ? note : `${note}\n` });
    setRefusal(compared.ok ? null : compared.refusal);
    setWords(
      compared.ok
        ? compared.value.agrees === 'yes'
          ? say('bank.agrees', { size: compared.value.size })
          : say('bank.ahead')
        : '',
    );
    await queries.invalidateQueries();
  };
  const events = outbox.data ?? [];
  return (
    <section aria-label={say('bank.title')}>
      <h1>{say('bank.title')}</h1>
      <div className="bar">
        <Button type="primary" loading={busy} onClick={() => void sync()}>
          {say('action.sync')}
        </Button>
      </div>
      <Refused refusal={refusal ?? status.syncRefusal} />
      <div className="card">
        <h2>{say('bank.outbox')}</h2>
        {events.length === 0 ? <p className="quiet">{say('bank.empty')}</p> : null}
        <table className="plain" hidden={events.length === 0}>
          <thead>
            <tr>
              <th>{say('worklist.state')}</th>
              <th>{say('bank.event')}</th>
              <th>{say('bank.reason')}</th>
            </tr>
          </thead>
          <tbody>
            {events.map((one) => (
              <tr key={one.event}>
                <td>{say(`state.${one.state}` as MessageKey)}</td>
                <td>
                  {one.type} <span className="quiet">{one.event}</span>
                </td>
                <td>{one.refusal === null ? '' : `${one.refusal.why} ${one.refusal.next}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <BankFiles status={status} />
      <div className="card">
        <h2>{say('bank.checkpoint')}</h2>
        <pre className="bytes" data-testid="checkpoint">
          {status.log.checkpoint ?? '—'}
        </pre>
        <h2>{say('bank.witnesses')}</h2>
        <ul>
          {witnessesOf(status.log.checkpoint).map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
        <Field label={say('bank.compare')}>
          {(id) => <Input.TextArea id={id} rows={4} value={note} onChange={(event) => setNote(event.target.value)} />}
        </Field>
        <Button disabled={note.trim() === ''} onClick={() => void compare()}>
          {say('bank.compareButton')}
        </Button>
        {words === '' ? null : <p className="done">{words}</p>}
      </div>
    </section>
  );
}

/** Files exchanged with the bank and what became of each. */
function BankFiles({ status }: { readonly status: Status }) {
  const { say } = useSay();
  const files = useBankFiles(status).data ?? [];
  if (files.length === 0) return null;
  return (
    <div className="card">
      <h2>{say('bank.files')}</h2>
      <table className="plain">
        <thead>
          <tr>
            <th>{say('bank.fileTime')}</th>
            <th>{say('bank.file')}</th>
            <th>{say('bank.message')}</th>
            <th>{say('bank.fate')}</th>
          </tr>
        </thead>
        <tbody>
          {files.map((one) => (
            <tr key={`${one.direction}${one.name}${one.atMs}`} data-file={one.name}>
              <td>{new Date(one.atMs).toISOString().slice(0, 16).replace('T', ' ')}</td>
              <td>
                {one.direction === 'out' ? '→' : '←'} {one.name}
              </td>
              <td>
                {one.message} <span className="quiet">{one.messageId}</span>
              </td>
              <td>
                {say(`fate.${one.fate}` as MessageKey)} {one.why}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
