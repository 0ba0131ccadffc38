// Administration: who may do what, the policy as a table one can read aloud, a draft beside it with its rehearsal; every change
// is an instruction like money.

import { Button, Input } from 'antd';
import { useState } from 'react';
import type { ProgrammeView, Status } from '../../shared/contract/terminal.ts';
import { operatorSchema, terminalSchema } from '../../shared/operator.ts';
import { type Policy, type PolicyRule, policySchema } from '../../shared/policy.ts';
import type { Refusal } from '../../shared/result.ts';
import type { MessageKey } from '../i18n/en.ts';
import { type Say, useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';
import { useProgramme } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Field } from '../ui/field.tsx';
import { Refused } from '../ui/refused.tsx';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';
import { Enrol } from '../unlock/enrol.tsx';
import { Recover } from '../unlock/recover.tsx';
import { Backups } from './backups.tsx';
import { Enrolled } from './enrolled.tsx';

export function Admin({ status }: { readonly status: Status }) {
  const { say } = useSay();
  const { data } = useProgramme(status);
  const [drills, setDrills] = useState(false);
  const [enrols, setEnrols] = useState(false);
  const signing = useSigning();
  if (!data)
    return (
      <section aria-label={say('admin.title')}>
        <h1>{say('admin.title')}</h1>
        <p className="quiet">{say('banner.newcomer')}</p>
        <Card say={say} />
      </section>
    );
  const propose = async () => {
    await signing.run(() =>
      terminal.make({
        drafts: data.newcomers.map((operator) => ({ draft: { kind: 'enrol operator', operator }, source: null })),
      }),
    );
  };
  return (
    <section aria-label={say('admin.title')}>
      <h1>{say('admin.title')}</h1>
      <Signed signing={signing} />
      <div className="card">
        <h2>{say('admin.operators')}</h2>
        <Enrolled programme={data} />
        {data.newcomers.length === 0 ? null : (
          <p>
            {say('admin.newcomers')}: {data.newcomers.map((one) => `${one.id} (${say(`role.${one.role}`)})`).join(', ')}{' '}
            <Button loading={signing.busy} onClick={() => void propose()}>
              {say('admin.enrol')}
            </Button>
          </p>
        )}
        <Button onClick={() => setEnrols(!enrols)}>{say('admin.enrolHere')}</Button>
        {enrols ? <Enrol status={status} onDone={() => setEnrols(false)} /> : null}
        <Card say={say} />
      </div>
      <Backups status={status} />
      {!status.hasRecovery ? null : drills ? (
        <Recover purpose="drill" people={status.people} onDone={() => setDrills(false)} />
      ) : (
        <Button onClick={() => setDrills(true)}>{say('recover.title.drill')}</Button>
      )}
      <PolicyCard programme={data} />
      <div className="card">
        <h2>{say('admin.agreement', { version: data.agreement.version })}</h2>
        <ul>
          {data.agreement.fees.map((fee) => (
            <li key={fee.code}>
              {fee.code}: {fee.text}, {fee.asset} {fee.basisPoints / 100} %
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** Public records of this terminal, to carry to an officer elsewhere; and the other way round. */
function Card({ say }: { readonly say: Say }) {
  const [text, setText] = useState('');
  const signing = useSigning();
  const show = async () => {
    const card = await terminal.card({});
    if (card.ok) setText(JSON.stringify(card.value, null, 2));
  };
  const propose = async () => {
    const card = JSON.parse(text) as { terminal: unknown; operators: unknown[] };
    const drafts = [
      { draft: { kind: 'enrol terminal' as const, terminal: terminalSchema.parse(card.terminal) }, source: null },
      ...card.operators.map((one) => ({
        draft: { kind: 'enrol operator' as const, operator: operatorSchema.parse(one) },
        source: null,
      })),
    ];
    await signing.run(() => terminal.make({ drafts }));
  };
  return (
    <details>
      <summary>{say('admin.card')}</summary>
      <Field label={say('admin.card')}>
        {(id) => <Input.TextArea id={id} rows={6} value={text} onChange={(event) => setText(event.target.value)} />}
      </Field>
      <div className="bar">
        <Button onClick={() => void show()}>{say('action.show')}</Button>
        <Button disabled={text === ''} loading={signing.busy} onClick={() => void propose()}>
          {say('admin.enrol')}
        </Button>
      </div>
      <Refused refusal={signing.refusal} />
      {signing.refused.map((one) => (
        <Refused key={one.index} refusal={one.refusal} />
      ))}
    </details>
  );
}

function PolicyCard({ programme }: { readonly programme: ProgrammeView }) {
  const { say, language } = useSay();
  const next: Policy = { ...programme.policy, version: programme.policy.version + 1 };
  const [draft, setDraft] = useState<string | null>(null);
  const [why, setWhy] = useState('');
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [rehearsal, setRehearsal] = useState<{
    rehearsed: number;
    changed: { instruction: string; consequence: string; before: string; after: string }[];
  } | null>(null);
  const signing = useSigning();
  const parse = (): Policy | undefined => {
    try {
      const parsed = policySchema.safeParse(JSON.parse(draft ?? ''));
      setWhy(parsed.success ? '' : `${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
      return parsed.data;
    } catch (failure) {
      setWhy(failure instanceof Error ? failure.message : '');
      return undefined;
    }
  };
  const rehearse = async () => {
    const policy = parse();
    if (policy === undefined) return;
    const answer = await terminal.rehearse({ policy });
    setRefusal(answer.ok ? null : answer.refusal);
    setRehearsal(answer.ok ? answer.value : null);
  };
  const propose = async () => {
    const policy = parse();
    if (policy !== undefined)
      await signing.run(() => terminal.make({ drafts: [{ draft: { kind: 'adopt policy', policy }, source: null }] }));
  };
  return (
    <div className="card">
      <h2>{say('admin.policy', { version: programme.policy.version })}</h2>
      <Rules policy={programme.policy} say={say} language={language} />
      {draft === null ? (
        <Button onClick={() => setDraft(JSON.stringify(next, null, 2))}>
          {say('admin.draft', { version: next.version })}
        </Button>
      ) : (
        <>
          <Field label={say('admin.draft', { version: next.version })}>
            {(id) => (
              <Input.TextArea id={id} rows={14} value={draft} onChange={(event) => setDraft(event.target.value)} />
            )}
          </Field>
          {why === '' ? null : <p role="alert">{say('admin.unreadable', { why })}</p>}
          <div className="bar">
            <Button onClick={() => void rehearse()}>{say('admin.rehearse')}</Button>
            <Button type="primary" loading={signing.busy} onClick={() => void propose()}>
              {say('admin.propose')}
            </Button>
          </div>
          <Refused refusal={refusal ?? signing.refusal} />
          {signing.refused.map((one) => (
            <Refused key={one.index} refusal={one.refusal} />
          ))}
          {signing.signed > 0 ? <p className="done">{say('make.done')}</p> : null}
          {rehearsal === null ? null : (
            <div data-testid="rehearsal">
              <p>{say('admin.rehearsed', { changed: rehearsal.changed.length, rehearsed: rehearsal.rehearsed })}</p>
              <table className="plain">
                <tbody>
                  {rehearsal.changed.slice(0, 50).map((one) => (
                    <tr key={one.instruction}>
                      <td>{one.consequence}</td>
                      <td>{one.before}</td>
                      <td>→ {one.after}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </>
      )}
    </div>
  );
}

function Rules({ policy, say, language }: { readonly policy: Policy; readonly say: Say; readonly language: string }) {
  return (
    <table className="plain">
      <thead>
        <tr>
          <th>{say('admin.rule')}</th>
          <th>{say('admin.applies')}</th>
          <th>{say('admin.asks')}</th>
        </tr>
      </thead>
      <tbody>
        {policy.rules.map((rule) => (
          <tr key={rule.id}>
            <td>
              {rule.id}
              <div className="quiet">{rule.text}</div>
            </td>
            <td>{applies(rule, say, language)}</td>
            <td>{asks(rule, say)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function applies(rule: PolicyRule, say: Say, language: string): string {
  const { kinds, asset, amountFrom, window } = rule.when;
  const names =
    kinds.length === 0 ? say('admin.anyKind') : kinds.map((kind) => say(`kind.${kind}` as MessageKey)).join(', ');
  const from =
    asset === undefined || amountFrom === undefined
      ? ''
      : say('admin.from', { amount: showMoney(asset, amountFrom, language) });
  const sum =
    asset === undefined || window === undefined
      ? ''
      : `Σ ${window.days} d / ${window.per} > ${showMoney(asset, window.above, language)}`;
  return [names, from, sum].filter((text) => text !== '').join('; ');
}

function asks(rule: PolicyRule, say: Say): string {
  if (rule.demand === undefined) return say('admin.refuses', { why: rule.refuse ?? '' });
  const { groups, differentTerminals, typedConfirmation, coolingOffSeconds } = rule.demand;
  return [
    groups.map((group) => `${group.count} × ${say(`role.${group.role}`)}`).join(' + '),
    differentTerminals ? say('make.more.terminal') : '',
    typedConfirmation ? say('make.more.typed') : '',
    coolingOffSeconds > 0 ? say('make.more.cooling', { minutes: Math.ceil(coolingOffSeconds / 60) }) : '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}
