// Who may sign, people and terminals; and the proposal to revoke one of them, with the reason that goes into the log.

import { Button, Input } from 'antd';
import { useState } from 'react';
import type { Draft, ProgrammeView } from '../../shared/contract/terminal.ts';
import { showTime, useSay } from '../i18n/index.ts';
import { terminal } from '../terminal.ts';
import { Field } from '../ui/field.tsx';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';

type Who = { readonly kind: 'operator' | 'terminal'; readonly id: string };

export function Enrolled({ programme }: { readonly programme: ProgrammeView }) {
  const { say, language } = useSay();
  const [who, setWho] = useState<Who | null>(null);
  const standing = (one: { readonly id: string; readonly revokedAt?: string | undefined }, kind: Who['kind']) =>
    one.revokedAt === undefined ? (
      <Button
        size="small"
        aria-label={say('admin.revokeWho', { who: one.id })}
        onClick={() => setWho(who?.id === one.id ? null : { kind, id: one.id })}
      >
        {say('admin.revoke')}
      </Button>
    ) : (
      <span className="quiet">{say('admin.revoked', { at: showTime(one.revokedAt, language) })}</span>
    );
  return (
    <>
      <table className="plain">
        <tbody>
          {programme.operators.map((one) => (
            <tr key={one.id}>
              <td>{one.id}</td>
              <td>{say(`role.${one.role}`)}</td>
              <td className="quiet">
                {one.credentials.map((credential) => `${credential.id.slice(0, 10)}…`).join(', ')}
              </td>
              <td>{standing(one, 'operator')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>{say('admin.terminals')}</h2>
      <table className="plain">
        <tbody>
          {programme.terminals.map((one) => (
            <tr key={one.id}>
              <td>{one.id}</td>
              <td>{standing(one, 'terminal')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {who === null ? null : <Revoke key={`${who.kind} ${who.id}`} who={who} />}
    </>
  );
}

function Revoke({ who }: { readonly who: Who }) {
  const { say } = useSay();
  const [reason, setReason] = useState('');
  const signing = useSigning();
  const draft: Draft =
    who.kind === 'operator'
      ? { kind: 'revoke operator', operator: who.id, reason }
      : { kind: 'revoke terminal', terminal: who.id, reason };
  return (
    <form
      className="card"
      aria-label={say('admin.revokeWho', { who: who.id })}
      onSubmit={(event) => {
        event.preventDefault();
        if (reason !== '') void signing.run(() => terminal.make({ drafts: [{ draft, source: null }] }));
      }}
    >
      <h2>{say('admin.revokeWho', { who: who.id })}</h2>
      <p className="consequence">{say(`says.${draft.kind}`, { [who.kind]: who.id, reason })}</p>
      <Field label={say('admin.revokeReason')}>
        {(id) => (
          <Input
            id={id}
            autoFocus
            autoComplete="off"
            maxLength={200}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </Field>
      <Button danger htmlType="submit" disabled={reason === ''} loading={signing.busy}>
        {signing.busy ? say('action.touching') : say('admin.revokeSign')}
      </Button>
      <Signed signing={signing} />
    </form>
  );
}
