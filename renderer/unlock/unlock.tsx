// Unlock: who, the passphrase, and one touch. The terminal says which factor failed, and nothing more.

import { useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import type { Status } from '../../shared/contract/terminal.ts';
import type { RestoreReport } from '../../shared/contract/vault.ts';
import type { Refusal } from '../../shared/result.ts';
import { showTime, useSay } from '../i18n/index.ts';
import { terminal, touch, touchRefusal } from '../terminal.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { LanguageChoice } from '../ui/language.tsx';
import { Refused } from '../ui/refused.tsx';
import { Recover } from './recover.tsx';
import { Restore } from './restore.tsx';

export function Unlock({ status }: { readonly status: Status }) {
  const { say } = useSay();
  const queries = useQueryClient();
  const [operator, setOperator] = useState(localStorage.getItem('custos.operator') ?? status.people[0] ?? '');
  const [passphrase, setPassphrase] = useState('');
  const [recovers, setRecovers] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const person = status.people.includes(operator) ? operator : (status.people[0] ?? '');

  async function attempt(): Promise<Refusal | null> {
    const asked = await terminal.unlock({ operator: person });
    if (!asked.ok) return asked.refusal;
    const { request } = asked.value;
    try {
      const answer = request === null ? null : { ceremony: request.ceremony, assertion: await touch(request) };
      const unlocked = await terminal.unlockStep({ operator: person, passphrase, answer });
      return unlocked.ok ? null : unlocked.refusal;
    } catch (failure) {
      return touchRefusal(failure);
    }
  }

  async function unlock(): Promise<void> {
    setBusy(true);
    const refused = await attempt();
    setPassphrase('');
    setBusy(false);
    setRefusal(refused);
    if (refused !== null) await queries.invalidateQueries({ queryKey: ['status'] });
    if (refused === null) {
      localStorage.setItem('custos.operator', person);
      sessionStorage.removeItem('custos.restored');
      await queries.invalidateQueries();
    }
  }

  if (recovers)
    return (
      <main className="alone">
        <LanguageChoice />
        <Recover purpose="real" people={status.people} onDone={() => setRecovers(false)} />
      </main>
    );
  return (
    <main className="alone">
      <LanguageChoice />
      <h1>{say('unlock.title')}</h1>
      <Restored />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && passphrase !== '') void unlock();
        }}
      >
        <Field label={say('unlock.person')}>
          {(id) => (
            <Choice
              id={id}
              value={person}
              onChange={setOperator}
              options={status.people.map((one) => ({ value: one, label: one }))}
            />
          )}
        </Field>
        <Field label={say('unlock.passphrase')}>
          {(id) => (
            <Input.Password
              id={id}
              autoFocus
              visibilityToggle={false}
              autoComplete="current-password"
              value={passphrase}
              onChange={(event) => setPassphrase(event.target.value)}
            />
          )}
        </Field>
        <Button type="primary" htmlType="submit" disabled={passphrase === ''} loading={busy}>
          {busy ? say('action.touching') : say('unlock.touch')}
        </Button>
        <Refused refusal={refusal} />
      </form>
      <Button type="link" onClick={() => setRecovers(true)}>
        {say('recover.title.real')}
      </Button>
      {status.finding === null ? null : (
        <>
          <p>{say('lost.opened')}</p>
          <Restore isOpen />
        </>
      )}
    </main>
  );
}

/** What was put here by this very page, until somebody has unlocked it. */
function Restored() {
  const { say, language } = useSay();
  const text = sessionStorage.getItem('custos.restored');
  if (text === null) return null;
  const { terminal: id, programme, madeAt, kept } = JSON.parse(text) as RestoreReport;
  return (
    <p className="done" role="status" data-testid="restored">
      {say('restore.done', { terminal: id, programme, at: showTime(madeAt, language) })}
      {kept === null ? null : (
        <>
          {' '}
          {say('restore.kept')} <code>{kept}</code>
        </>
      )}
    </p>
  );
}
