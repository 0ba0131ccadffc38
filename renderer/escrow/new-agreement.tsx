// A new agreement: the terms in a form; beside it the same terms in plain words, proven or with the path that shows what is wrong.

import { Button, Input } from 'antd';
import { useState } from 'react';
import type { AccountView, Draft, Status } from '../../shared/contract/terminal.ts';
import { escrowId, type Terms, termsSchema } from '../../shared/escrow.ts';
import type { Day } from '../../shared/time.ts';
import { useSay } from '../i18n/index.ts';
import { ForecastCard } from '../make/forecast-card.tsx';
import { readAmount, showMoney } from '../money.ts';
import { terminal } from '../terminal.ts';
import { Choice, Suggested } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { useKeys } from '../ui/keys.ts';
import { SignButton } from '../ui/sign-button.tsx';
import { Signed } from '../ui/signed.tsx';
import { useForecast } from '../ui/use-forecast.ts';
import { useSigning } from '../ui/use-signing.ts';
import { Paragraphs } from './paragraphs.tsx';

/** Proving the terms walks every way that they can go: not at each key. */
const proofAfterMs = 250;

type Condition = Terms['conditions'][number];
interface Tranche {
  readonly name: string;
  readonly amount: string;
  readonly needs: string;
}
/** The form as typed. */
interface Fields {
  readonly id: string;
  readonly depositor: string;
  readonly beneficiary: string;
  readonly arbiter: 'none' | 'officer' | 'compliance' | 'account';
  readonly arbiterAccount: string;
  readonly amount: string;
  readonly conditions: readonly Condition[];
  readonly tranches: readonly Tranche[];
  readonly order: Terms['order'];
  readonly fundBy: string;
  readonly releaseFrom: string;
  readonly timeoutOn: string;
  readonly timeoutThen: End;
  readonly refundNeeds: string;
  readonly disputeUntil: string;
  readonly rulingDays: string;
  readonly rulingThen: End;
}
type End = 'refund' | 'release';
const ends = ['refund', 'release'] as const;
const most = 6;

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const listOf = (text: string): string[] =>
  text
    .split(/[,，、]/)
    .map((one) => one.trim())
    .filter((one) => one !== '');

const fresh = (): Fields => ({
  ...{ id: '', depositor: '', beneficiary: '', arbiter: 'officer', arbiterAccount: '', amount: '' },
  conditions: [],
  tranches: [{ name: 'all', amount: '', needs: '' }],
  ...{ order: 'in order', fundBy: inDays(7), releaseFrom: inDays(0), timeoutOn: inDays(90), timeoutThen: 'refund' },
  ...{ refundNeeds: '', disputeUntil: inDays(75), rulingDays: '30', rulingThen: 'refund' },
});

/** Undefined while something is missing or unreadable; whether the terms make sense is for the proof to say. */
function toTerms(fields: Fields, asset: string): Terms | undefined {
  const amount = readAmount(fields.amount, asset);
  const [only] = fields.tranches;
  const { arbiter } = fields;
  const read = termsSchema.safeParse({
    ...{ asset, amount, depositor: fields.depositor, beneficiary: fields.beneficiary },
    arbiter: arbiter === 'none' ? null : arbiter === 'account' ? { account: fields.arbiterAccount } : { role: arbiter },
    conditions: fields.conditions,
    tranches: fields.tranches.map((one) => ({
      ...{ name: one.name, to: fields.beneficiary, needs: listOf(one.needs) },
      // One tranche is the whole, unless something else is typed.
      amount:
        one.amount === '' && one === only && fields.tranches.length === 1 ? amount : readAmount(one.amount, asset),
    })),
    ...{ order: fields.order, fundBy: fields.fundBy, releaseFrom: fields.releaseFrom },
    timeout: fields.timeoutOn === '' ? null : { on: fields.timeoutOn, otherwise: fields.timeoutThen },
    refund: fields.refundNeeds === '' ? null : { needs: listOf(fields.refundNeeds) },
    dispute:
      fields.disputeUntil === ''
        ? null
        : {
            ...{ by: ['depositor', 'beneficiary'], until: fields.disputeUntil },
            ruling: fields.rulingDays === '' ? null : { days: Number(fields.rulingDays), otherwise: fields.rulingThen },
          },
  });
  return read.success ? read.data : undefined;
}

interface NewAgreementProps {
  readonly status: Status;
  readonly accounts: readonly AccountView[];
  readonly onDone: () => void;
}

export function NewAgreement({ accounts, onDone }: NewAgreementProps) {
  const { say, language } = useSay();
  const [fields, setFields] = useState(fresh);
  const signing = useSigning();
  const set = (some: Partial<Fields>) => setFields((before) => ({ ...before, ...some }));
  const clients = accounts.filter((one) => one.class === 'client');
  const asset = clients.find((one) => one.id === fields.depositor)?.asset ?? 'CNY';
  const terms = toTerms(fields, asset);
  const draft: Draft | undefined =
    terms === undefined || !escrowId.safeParse(fields.id).success
      ? undefined
      : { kind: 'adopt escrow', escrow: fields.id, terms };
  const { forecast, refusal } = useForecast(draft, proofAfterMs);
  const sign = async () => {
    if (draft === undefined || signing.busy) return;
    if (await signing.run(() => terminal.make({ drafts: [{ draft, source: null }] }))) setFields(fresh());
  };
  useKeys({ 'ctrl+Enter': () => void sign() });
  const understood = readAmount(fields.amount, asset);
  const choices = clients.map((one) => ({ value: one.id, label: `${one.id} · ${one.client ?? ''} · ${one.asset}` }));
  type TextField =
    | 'id'
    | 'amount'
    | 'fundBy'
    | 'releaseFrom'
    | 'timeoutOn'
    | 'disputeUntil'
    | 'rulingDays'
    | 'refundNeeds';
  const input = (
    label: string,
    key: TextField,
    type: 'text' | 'date' | 'number' = 'text',
    note: string | null = null,
  ) => (
    <Field label={label} note={note}>
      {(id) => (
        <Input
          id={id}
          type={type}
          autoComplete="off"
          value={fields[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  const account = (label: string, key: 'depositor' | 'beneficiary' | 'arbiterAccount') => (
    <Field label={label} note={clients.find((one) => one.id === fields[key])?.client}>
      {(id) => <Suggested id={id} value={fields[key]} options={choices} onChange={(value) => set({ [key]: value })} />}
    </Field>
  );
  const end = (label: string, key: 'timeoutThen' | 'rulingThen') => (
    <Field label={label}>
      {(id) => (
        <Choice
          id={id}
          value={fields[key]}
          onChange={(value) => set({ [key]: value })}
          options={ends.map((one) => ({ value: one, label: say(`escrow.end.${one}`) }))}
        />
      )}
    </Field>
  );
  return (
    <div className="two">
      <section aria-label={say('escrow.new')}>
        <h1>{say('escrow.new')}</h1>
        <form onSubmit={(event) => event.preventDefault()}>
          {input(say('escrow.id'), 'id')}
          {account(say('escrow.depositor'), 'depositor')}
          {account(say('escrow.beneficiary'), 'beneficiary')}
          {input(
            say('escrow.amount'),
            'amount',
            'text',
            understood === undefined
              ? null
              : say('make.understood', { amount: showMoney(asset, understood, language) }),
          )}
          <Field label={say('escrow.arbiter')}>
            {(id) => (
              <Choice
                id={id}
                value={fields.arbiter}
                onChange={(arbiter) => set({ arbiter })}
                options={(['none', 'officer', 'compliance', 'account'] as const).map((one) => ({
                  value: one,
                  label: say(`escrow.arbiter.${one}`),
                }))}
              />
            )}
          </Field>
          {fields.arbiter === 'account' ? account(say('escrow.arbiterAccount'), 'arbiterAccount') : null}
          <Conditions conditions={fields.conditions} onChange={(conditions) => set({ conditions })} />
          <Tranches tranches={fields.tranches} onChange={(tranches) => set({ tranches })} />
          <Field label={say('escrow.order')}>
            {(id) => (
              <Choice
                id={id}
                value={fields.order}
                onChange={(order) => set({ order })}
                options={(['in order', 'any order', 'together'] as const).map((one) => ({
                  value: one,
                  label: say(`escrow.order.${one}`),
                }))}
              />
            )}
          </Field>
          {input(say('escrow.fundBy'), 'fundBy', 'date')}
          {input(say('escrow.releaseFrom'), 'releaseFrom', 'date')}
          {input(say('escrow.timeoutOn'), 'timeoutOn', 'date')}
          {end(say('escrow.timeoutThen'), 'timeoutThen')}
          {input(say('escrow.refundNeeds'), 'refundNeeds')}
          {input(say('escrow.disputeUntil'), 'disputeUntil', 'date')}
          {fields.disputeUntil === '' ? null : (
            <>
              {input(say('escrow.rulingDays'), 'rulingDays', 'number')}
              {end(say('escrow.rulingThen'), 'rulingThen')}
            </>
          )}
          <div className="bar">
            <SignButton draft={draft} forecast={forecast} signing={signing} onSign={() => void sign()} />
            <Button onClick={onDone}>{say('escrow.list')} (Esc)</Button>
          </div>
        </form>
        <Signed signing={signing} />
      </section>
      <div>
        <ForecastCard forecast={forecast} refusal={refusal} draft={draft} />
        <aside className="card" aria-label={say('escrow.preview')} data-testid="preview">
          <h2>{say('escrow.preview')}</h2>
          {terms === undefined ? (
            <p className="quiet">{say('escrow.fill')}</p>
          ) : (
            <Paragraphs terms={terms} on={inDays(0) as Day} />
          )}
        </aside>
      </div>
    </div>
  );
}

interface ConditionsProps {
  readonly conditions: readonly Condition[];
  readonly onChange: (conditions: readonly Condition[]) => void;
}

function Conditions({ conditions, onChange }: ConditionsProps) {
  const { say } = useSay();
  const change = (at: number, some: Partial<Condition>) =>
    onChange(conditions.map((one, i) => (i === at ? { ...one, ...some } : one)));
  return (
    <fieldset>
      <legend>{say('escrow.conditions')}</legend>
      {conditions.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the form is known by its place
        <div key={at} className="part">
          <Field label={say('escrow.name')}>
            {(id) => (
              <Input
                id={id}
                autoComplete="off"
                maxLength={24}
                value={one.name}
                onChange={(event) => change(at, { name: event.target.value })}
              />
            )}
          </Field>
          <Field label={say('escrow.text')}>
            {(id) => (
              <Input
                id={id}
                autoComplete="off"
                maxLength={160}
                value={one.text}
                onChange={(event) => change(at, { text: event.target.value })}
              />
            )}
          </Field>
          <Field label={say('escrow.by')}>
            {(id) => (
              <Choice
                id={id}
                value={one.by}
                onChange={(by) => change(at, { by })}
                options={(['depositor', 'beneficiary', 'arbiter'] as const).map((by) => ({
                  value: by,
                  label: say(`escrow.party.${by}`),
                }))}
              />
            )}
          </Field>
          <Field label={say('escrow.evidence')}>
            {(id) => (
              <Choice
                id={id}
                value={one.evidence}
                onChange={(evidence) => change(at, { evidence })}
                options={(['approval', 'document'] as const).map((kind) => ({
                  value: kind,
                  label: say(`escrow.evidence.${kind}`),
                }))}
              />
            )}
          </Field>
          <Button size="small" onClick={() => onChange(conditions.filter((_, i) => i !== at))}>
            {say('escrow.remove', { what: one.name })}
          </Button>
        </div>
      ))}
      <Button
        size="small"
        disabled={conditions.length >= most}
        onClick={() => onChange([...conditions, { name: '', text: '', by: 'depositor', evidence: 'approval' }])}
      >
        {say('escrow.addCondition')}
      </Button>
    </fieldset>
  );
}

interface TranchesProps {
  readonly tranches: readonly Tranche[];
  readonly onChange: (tranches: readonly Tranche[]) => void;
}

function Tranches({ tranches, onChange }: TranchesProps) {
  const { say } = useSay();
  const change = (at: number, some: Partial<Tranche>) =>
    onChange(tranches.map((one, i) => (i === at ? { ...one, ...some } : one)));
  const input = (at: number, key: keyof Tranche, label: string) => (
    <Field label={label}>
      {(id) => (
        <Input
          id={id}
          autoComplete="off"
          value={tranches[at]?.[key]}
          onChange={(event) => change(at, { [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <fieldset>
      <legend>{say('escrow.tranches')}</legend>
      {tranches.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the form is known by its place
        <div key={at} className="part">
          {input(at, 'name', say('escrow.name'))}
          {input(at, 'amount', say('escrow.amount'))}
          {input(at, 'needs', say('escrow.needs'))}
          {tranches.length === 1 ? null : (
            <Button size="small" onClick={() => onChange(tranches.filter((_, i) => i !== at))}>
              {say('escrow.remove', { what: one.name })}
            </Button>
          )}
        </div>
      ))}
      <Button
        size="small"
        disabled={tranches.length >= most}
        onClick={() => onChange([...tranches, { name: `part-${tranches.length + 1}`, amount: '', needs: '' }])}
      >
        {say('escrow.addTranche')}
      </Button>
    </fieldset>
  );
}
