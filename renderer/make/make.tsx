// Make: the kind first, then only its fields; beside the form, live, what would happen and who would have to approve.

import { Input } from 'antd';
import { useState } from 'react';
import { clientRoles, mainPool } from '../../shared/accounts.ts';
import type { Draft, Status } from '../../shared/contract/terminal.ts';
import type { Day } from '../../shared/time.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { readAmount, showMoney } from '../money.ts';
import { useAccounts, useProgramme } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Choice, Suggested } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { useKeys } from '../ui/keys.ts';
import { SignButton } from '../ui/sign-button.tsx';
import { Signed } from '../ui/signed.tsx';
import { useForecast } from '../ui/use-forecast.ts';
import { useSigning } from '../ui/use-signing.ts';
import { ForecastCard } from './forecast-card.tsx';

const kinds = [
  'payment',
  'book transfer',
  'register client',
  'open account',
  'freeze',
  'unfreeze',
  'open pool',
] as const;
type Kind = (typeof kinds)[number];

/** Fields of every kind, as typed; each kind reads its own. */
interface Fields {
  readonly kind: Kind;
  readonly account: string;
  readonly to: string;
  readonly amount: string;
  readonly name: string;
  readonly payeeAccount: string;
  readonly agent: string;
  readonly endToEndId: string;
  readonly remittance: string;
  readonly valueDate: string;
  readonly reason: string;
  readonly client: string;
  readonly accountId: string;
  readonly number: string;
  readonly asset: string;
  readonly pool: string;
  readonly purpose: string;
  /** The bank's number of a new pool's account, per asset. */
  readonly bankNumbers: Readonly<Record<string, string>>;
  readonly role: (typeof clientRoles)[number];
}
const empty: Omit<Fields, 'kind'> = {
  account: '',
  to: '',
  amount: '',
  name: '',
  payeeAccount: '',
  agent: '',
  endToEndId: '',
  remittance: '',
  valueDate: '',
  reason: '',
  client: '',
  accountId: '',
  number: '',
  asset: '',
  pool: '',
  purpose: '',
  bankNumbers: {},
  role: 'lender',
};

/** Undefined while something that the kind needs is missing. */
function toDraft(fields: Fields, asset: string): Draft | undefined {
  const { kind, account, reason, client } = fields;
  const amount = readAmount(fields.amount, asset);
  const dated = fields.valueDate === '' ? {} : { valueDate: fields.valueDate as Day };
  switch (kind) {
    case 'payment': {
      const { name, payeeAccount, agent, endToEndId, remittance } = fields;
      if (account === '' || amount === undefined || name === '' || payeeAccount.length < 4) return undefined;
      const payee = {
        name,
        account: payeeAccount.replaceAll(/\s/g, ''),
        agent: agent === '' ? null : agent,
        endToEndId: endToEndId === '' ? 'NOTPROVIDED' : endToEndId,
        remittance: remittance === '' ? null : remittance,
      };
      return { kind, account, asset, amount, payee, ...dated };
    }
    case 'book transfer':
      if (account === '' || fields.to === '' || amount === undefined) return undefined;
      return { kind, from: account, to: fields.to, asset, amount, purpose: 'LOAN', ...dated };
    case 'register client':
      return client === '' || fields.name === '' ? undefined : { kind, client, identity: { client: fields.name } };
    case 'open account': {
      const { accountId, number, role } = fields;
      if (client === '' || accountId === '' || number === '' || fields.asset === '') return undefined;
      const pool = fields.pool === '' || fields.pool === mainPool ? {} : { pool: fields.pool };
      return { kind, account: accountId, client, role, asset: fields.asset, number, ...pool };
    }
    case 'open pool': {
      const { pool, purpose, bankNumbers } = fields;
      const accounts = Object.entries(bankNumbers).flatMap(([code, typed]) => {
        const number = typed.replaceAll(/\s/g, '');
        return number === '' ? [] : [{ asset: code, number }];
      });
      return pool === '' || purpose === '' || accounts.length === 0 ? undefined : { kind, pool, accounts, purpose };
    }
    default:
      return account === '' || reason === '' ? undefined : { kind, account, reason };
  }
}

export function Make({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const [fields, setFields] = useState<Fields>({ kind: 'payment', ...empty });
  const accounts = useAccounts(status);
  const programme = useProgramme(status);
  const signing = useSigning();
  const set = (some: Partial<Fields>) => setFields({ ...fields, ...some });
  const client = (accounts.data ?? []).filter((one) => one.class === 'client');
  const asset = client.find((one) => one.id === fields.account)?.asset ?? 'CNY';
  const pools = (programme.data?.pools ?? []).filter((one) => one.asset === fields.asset);
  const draft = toDraft(fields, asset);
  const { forecast, refusal } = useForecast(draft);

  const sign = async () => {
    if (draft === undefined || signing.busy) return;
    if (await signing.run(() => terminal.make({ drafts: [{ draft, source: null }] })))
      setFields({ kind: fields.kind, ...empty });
  };
  useKeys({ 'ctrl+Enter': () => void sign() });

  const understood = readAmount(fields.amount, asset);
  const choices = client.map((one) => ({
    value: one.id,
    label: `${one.id} · ${one.client ?? ''} · ${showMoney(one.asset, one.available, language)}`,
  }));
  const account = (label: string, key: 'account' | 'to') => (
    <Field label={label} note={client.find((one) => one.id === fields[key])?.client}>
      {(id) => <Suggested id={id} value={fields[key]} options={choices} onChange={(value) => set({ [key]: value })} />}
    </Field>
  );
  const input = (label: string, key: Exclude<keyof Fields, 'bankNumbers'>, note?: string) => (
    <Field label={label} note={note}>
      {(id) => (
        <Input
          id={id}
          autoComplete="off"
          value={fields[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  const amount = input(
    say('make.amount'),
    'amount',
    understood === undefined ? undefined : say('make.understood', { amount: showMoney(asset, understood, language) }),
  );

  const valueDate = (
    <Field label={say('make.valueDate')}>
      {(id) => (
        <input
          id={id}
          className="choice"
          type="date"
          value={fields.valueDate}
          onChange={(event) => set({ valueDate: event.target.value })}
        />
      )}
    </Field>
  );

  return (
    <div className="two">
      <section aria-label={say('make.title')}>
        <h1>{say('make.title')}</h1>
        <form
          onSubmit={(event) => {
            event.preventDefault();
          }}
        >
          <Field label={say('make.kind')}>
            {(id) => (
              <Choice
                id={id}
                isFirst
                value={fields.kind}
                onChange={(kind) => set({ kind })}
                options={kinds.map((kind) => ({ value: kind, label: say(`kind.${kind}` as MessageKey) }))}
              />
            )}
          </Field>
          {fields.kind === 'payment' ? (
            <>
              {account(say('make.account'), 'account')}
              {amount}
              {input(say('make.payeeName'), 'name')}
              {input(say('make.payeeAccount'), 'payeeAccount')}
              {input(say('make.payeeAgent'), 'agent')}
              {input(say('make.reference'), 'endToEndId')}
              {input(say('make.remittance'), 'remittance')}
              {valueDate}
            </>
          ) : null}
          {fields.kind === 'book transfer' ? (
            <>
              {account(say('make.account'), 'account')}
              {account(say('make.to'), 'to')}
              {amount}
              {valueDate}
            </>
          ) : null}
          {fields.kind === 'register client' ? (
            <>
              {input(say('make.client'), 'client')}
              {input(say('make.clientName'), 'name')}
            </>
          ) : null}
          {fields.kind === 'open account' ? (
            <>
              {input(say('make.client'), 'client')}
              {input(say('make.accountId'), 'accountId')}
              {input(say('make.number'), 'number')}
              <Field label={say('make.asset')}>
                {(id) => (
                  <Choice
                    id={id}
                    value={fields.asset || null}
                    onChange={(value: string) => set({ asset: value, pool: '' })}
                    options={(programme.data?.assets ?? []).map((one) => ({ value: one, label: one }))}
                  />
                )}
              </Field>
              {pools.length < 2 ? null : (
                <Field label={say('make.pool')}>
                  {(id) => (
                    <Choice
                      id={id}
                      value={fields.pool === '' ? mainPool : fields.pool}
                      onChange={(value: string) => set({ pool: value })}
                      options={pools.map(({ pool }) => ({ value: pool, label: pool }))}
                    />
                  )}
                </Field>
              )}
              <Field label={say('make.clientRole')}>
                {(id) => (
                  <Choice
                    id={id}
                    value={fields.role}
                    onChange={(role) => set({ role })}
                    options={clientRoles.map((one) => ({ value: one, label: one }))}
                  />
                )}
              </Field>
            </>
          ) : null}
          {fields.kind === 'open pool' ? (
            <>
              {input(say('make.poolId'), 'pool')}
              {(programme.data?.assets ?? []).map((code) => (
                <Field key={code} label={say('make.bankNumber', { asset: code })}>
                  {(id) => (
                    <Input
                      id={id}
                      autoComplete="off"
                      value={fields.bankNumbers[code] ?? ''}
                      onChange={(event) => set({ bankNumbers: { ...fields.bankNumbers, [code]: event.target.value } })}
                    />
                  )}
                </Field>
              ))}
              {input(say('make.purpose'), 'purpose')}
            </>
          ) : null}
          {fields.kind === 'freeze' || fields.kind === 'unfreeze' ? (
            <>
              {account(say('make.account'), 'account')}
              {input(say('make.reason'), 'reason')}
            </>
          ) : null}
          <SignButton draft={draft} forecast={forecast} signing={signing} onSign={() => void sign()} />
        </form>
        <Signed signing={signing} />
      </section>
      <ForecastCard forecast={forecast} refusal={refusal} draft={draft} />
    </div>
  );
}
