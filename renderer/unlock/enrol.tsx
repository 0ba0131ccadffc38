// First run, and enrolling a colleague: who, a passphrase, and a security key whose abilities are measured before it is
// relied on.

import { useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { parseInvitation } from '../../shared/contract/invitation.ts';
import type { Creation, Status } from '../../shared/contract/terminal.ts';
import { type Role, roles } from '../../shared/operator.ts';
import type { Refusal, Result } from '../../shared/result.ts';
import { type Say, useSay } from '../i18n/index.ts';
import { terminal, touch, touchRefusal } from '../terminal.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { LanguageChoice } from '../ui/language.tsx';
import { Refused } from '../ui/refused.tsx';
import { Restore } from './restore.tsx';

interface Wish {
  readonly operator: string;
  readonly role: Role;
  readonly staffId: string;
  readonly passphrase: string;
}

export function Enrol({
  status,
  founding,
  onDone,
}: {
  readonly status: Status;
  readonly founding?: boolean;
  readonly onDone?: () => void;
}) {
  const { say } = useSay();
  const queries = useQueryClient();
  const [wish, setWish] = useState<Wish>({ operator: '', role: 'teller', staffId: '', passphrase: '' });
  const [invitation, setInvitation] = useState('');
  const [name, setName] = useState('');
  const [step, setStep] = useState(0);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const set = (some: Partial<Wish>) => setWish({ ...wish, ...some });

  async function begin(): Promise<Result<Creation>> {
    if (!founding) return terminal.enrol(wish);
    if (status.offered !== null) return terminal.firstRun({ ...wish, invitation: null, terminal: null });
    const parsed = parseInvitation(invitation);
    return parsed.ok
      ? terminal.firstRun({ ...wish, invitation: parsed.value, terminal: name })
      : { ok: false, refusal: { type: 'no invitation', what: '', why: say('first.paste'), next: '' } };
  }

  async function enrol(): Promise<void> {
    setRefusal(null);
    setStep(1);
    const refused = await measure(await begin(), setStep);
    setStep(0);
    setRefusal(refused);
    if (refused === null) {
      await queries.invalidateQueries();
      onDone?.();
    }
  }

  const isReady = wish.operator !== '' && wish.staffId !== '' && wish.passphrase.length >= 12;
  const form = (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && step === 0) void enrol();
      }}
    >
      {founding && status.offered === null ? (
        <>
          <Field label={say('first.paste')}>
            {(id) => (
              <Input.TextArea
                id={id}
                rows={5}
                value={invitation}
                onChange={(event) => setInvitation(event.target.value)}
              />
            )}
          </Field>
          <Field label={say('first.terminal')}>
            {(id) => <Input id={id} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
        </>
      ) : null}
      <Field label={say('first.operator')}>
        {(id) => (
          <Input id={id} autoFocus value={wish.operator} onChange={(event) => set({ operator: event.target.value })} />
        )}
      </Field>
      <Field label={say('first.staff')}>
        {(id) => <Input id={id} value={wish.staffId} onChange={(event) => set({ staffId: event.target.value })} />}
      </Field>
      <Field label={say('first.role')}>
        {(id) => (
          <Choice
            id={id}
            value={wish.role}
            onChange={(role) => set({ role })}
            options={roles.map((role) => ({ value: role, label: say(`role.${role}`) }))}
          />
        )}
      </Field>
      <Field label={say('first.passphrase')} note={strength(wish.passphrase, say)}>
        {(id) => (
          <Input.Password
            id={id}
            visibilityToggle={false}
            autoComplete="new-password"
            value={wish.passphrase}
            onChange={(event) => set({ passphrase: event.target.value })}
          />
        )}
      </Field>
      <Button type="primary" htmlType="submit" disabled={!isReady} loading={step > 0}>
        {step > 0 ? say('action.touching') : say('first.touch')}
      </Button>
      {step > 0 ? <p role="status">{say('first.measured', { step })}</p> : null}
      <Refused refusal={refusal} />
    </form>
  );
  if (!founding) return form;
  return (
    <main className="alone">
      <LanguageChoice />
      <h1>{say('first.title')}</h1>
      {status.offered === null ? null : <p className="consequence">{say('first.offer', { ...status.offered })}</p>}
      {form}
      <Restore />
    </main>
  );
}

/** Creation, then as many touches as the terminal asks for. */
async function measure(begun: Result<Creation>, onStep: (step: number) => void): Promise<Refusal | null> {
  if (!begun.ok) return begun.refusal;
  try {
    const registration = await touch(begun.value);
    let step = await terminal.enrolStep({ ceremony: begun.value.ceremony, answer: { registration } });
    for (let count = 2; step.ok && 'next' in step.value; count++) {
      onStep(count);
      const assertion = await touch(step.value.next);
      step = await terminal.enrolStep({ ceremony: step.value.next.ceremony, answer: { assertion } });
    }
    return step.ok ? null : step.refusal;
  } catch (failure) {
    return touchRefusal(failure);
  }
}

/** A rough and rather pessimistic guess: words count for 11 bits, other characters for 2, at a million tries a second. */
function strength(passphrase: string, say: Say): string {
  if (passphrase.length < 12) return say('first.strengthShort');
  const words = new Set(
    passphrase
      .toLowerCase()
      .split(/[\s\-_.,]+/)
      .filter((word) => word.length > 2),
  );
  const bits = Math.max(words.size * 11, new Set(passphrase).size * 2);
  const days = 2 ** bits / 1e6 / 86_400;
  const time = days < 1 ? 'time.minutes' : days < 365 ? 'time.days' : days < 36_500 ? 'time.years' : 'time.centuries';
  return say('first.strength', { time: say(time) });
}
