// Digital assets: a withdrawal to an address of the address book, the book itself, and its changes, each an instruction.

import { Button, Input } from 'antd';
import { useState } from 'react';
import { checkAddress, isDigital, type Network, networksOfAsset } from '../../shared/address.ts';
import type { AddressView } from '../../shared/contract/digital.ts';
import type { AccountView, Draft, Status } from '../../shared/contract/terminal.ts';
import type { MessageKey } from '../i18n/en.ts';
import { type Say, showTime, useSay } from '../i18n/index.ts';
import { ForecastCard } from '../make/forecast-card.tsx';
import { groupAccount, readAmount, showMoney } from '../money.ts';
import { useAccounts, useAddresses } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { useKeys } from '../ui/keys.ts';
import { SignButton } from '../ui/sign-button.tsx';
import { Signed } from '../ui/signed.tsx';
import { useForecast } from '../ui/use-forecast.ts';
import { useSigning } from '../ui/use-signing.ts';

const kinds = ['digital withdrawal', 'adopt address', 'revoke address'] as const;
type Kind = (typeof kinds)[number];

interface Fields {
  readonly account: string;
  /** Which address of the book, for what is paid or revoked. */
  readonly chosen: string;
  readonly amount: string;
  readonly purpose: 'withdrawal' | 'deposit';
  readonly network: string;
  readonly address: string;
  readonly label: string;
  readonly reason: string;
}
const empty: Fields = {
  ...{ account: '', chosen: '', amount: '', purpose: 'withdrawal', network: '', address: '', label: '', reason: '' },
};

const nameOf = (one: AddressView): string => `${one.purpose} ${one.account} ${one.network} ${one.address}`;

function toDraft(
  kind: Kind,
  fields: Fields,
  account: AccountView | undefined,
  chosen: AddressView | undefined,
): Draft | undefined {
  switch (kind) {
    case 'digital withdrawal': {
      if (account === undefined || chosen === undefined) return undefined;
      const amount = readAmount(fields.amount, account.asset);
      const { network, address } = chosen;
      return amount === undefined
        ? undefined
        : { kind, account: account.id, asset: account.asset, amount, network, address };
    }
    case 'adopt address': {
      const { purpose, address, label } = fields;
      if (account === undefined || fields.network === '' || address === '' || label.trim() === '') return undefined;
      const network = fields.network as Network;
      if (!checkAddress(network, address).ok) return undefined;
      return { kind, purpose, account: account.id, asset: account.asset, network, address, label: label.trim() };
    }
    case 'revoke address': {
      if (chosen === undefined || fields.reason.trim() === '') return undefined;
      const { purpose, account: of, asset, network, address } = chosen;
      return { kind, purpose, account: of, asset, network, address, reason: fields.reason.trim() };
    }
  }
}

export function DigitalScreen({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const accounts = (useAccounts(status).data ?? []).filter((one) => one.class === 'client' && isDigital(one.asset));
  const book = useAddresses(status).data ?? [];
  const [kind, setKind] = useState<Kind>('digital withdrawal');
  const [fields, setFields] = useState<Fields>(empty);
  const [focus, setFocus] = useState<string | null>(null);
  const signing = useSigning();
  const set = (some: Partial<Fields>) => setFields({ ...fields, ...some });
  const account = accounts.find((one) => one.id === fields.account);
  /** What this account may pay to; an address that rests is shown, and the forecast says until when. */
  const payable = book.filter(
    (one) => one.purpose === 'withdrawal' && one.account === fields.account && one.state !== 'revoked',
  );
  const choices = kind === 'revoke address' ? book.filter((one) => one.state !== 'revoked') : payable;
  const chosen = choices.find((one) => nameOf(one) === fields.chosen);
  const draft = toDraft(kind, fields, account, chosen);
  const { forecast, refusal } = useForecast(draft);
  const focused = book.find((one) => nameOf(one) === focus) ?? book[0];
  const sign = async () => {
    if (draft === undefined || signing.busy) return;
    if (await signing.run(() => terminal.make({ drafts: [{ draft, source: null }] }))) setFields(empty);
  };
  const move = (by: number) => {
    const at = focused === undefined ? -1 : book.indexOf(focused);
    const next = book[Math.min(book.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setFocus(nameOf(next));
  };
  const revoke = () => {
    if (focused === undefined || focused.state === 'revoked') return;
    setKind('revoke address');
    setFields({ ...empty, chosen: nameOf(focused) });
  };
  useKeys({
    'ctrl+Enter': () => void sign(),
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    r: revoke,
  });
  const input = (label: MessageKey, key: 'amount' | 'address' | 'label' | 'reason', note?: string) => (
    <Field label={say(label)} note={note}>
      {(id) => (
        <Input
          id={id}
          autoComplete="off"
          spellCheck={false}
          value={fields[key]}
          onChange={(event) => set({ [key]: key === 'address' ? event.target.value.trim() : event.target.value })}
        />
      )}
    </Field>
  );
  const understood = account === undefined ? undefined : readAmount(fields.amount, account.asset);
  return (
    <>
      <div className="two">
        <section aria-label={say('digital.title')}>
          <h1>{say('digital.title')}</h1>
          {accounts.length === 0 ? <p className="quiet">{say('digital.noAccounts')}</p> : null}
          <form onSubmit={(event) => event.preventDefault()}>
            <Field label={say('make.kind')}>
              {(id) => (
                <Choice
                  id={id}
                  isFirst
                  value={kind}
                  options={kinds.map((value) => ({ value, label: say(`kind.${value}` as MessageKey) }))}
                  onChange={(value) => {
                    setKind(value);
                    setFields(empty);
                  }}
                />
              )}
            </Field>
            {kind === 'revoke address' ? null : (
              <Field label={say('digital.account')}>
                {(id) => (
                  <Choice
                    id={id}
                    value={fields.account}
                    options={accounts.map((one) => ({
                      value: one.id,
                      label: `${one.id} · ${one.client ?? ''} · ${showMoney(one.asset, one.available, language)}`,
                    }))}
                    onChange={(value) => setFields({ ...empty, purpose: fields.purpose, account: value })}
                  />
                )}
              </Field>
            )}
            {kind === 'adopt address' ? (
              <>
                <Field label={say('digital.purpose')}>
                  {(id) => (
                    <Choice
                      id={id}
                      value={fields.purpose}
                      options={(['withdrawal', 'deposit'] as const).map((value) => ({
                        value,
                        label: say(`digital.purpose.${value}`),
                      }))}
                      onChange={(purpose) => set({ purpose })}
                    />
                  )}
                </Field>
                <Field label={say('digital.network')}>
                  {(id) => (
                    <Choice
                      id={id}
                      value={fields.network}
                      options={networksOfAsset(account?.asset ?? '').map((value) => ({ value, label: value }))}
                      onChange={(network: string) => set({ network })}
                    />
                  )}
                </Field>
                {input('digital.address', 'address', checkedNote(fields, say))}
                {input('digital.label', 'label', say('digital.labelNote'))}
              </>
            ) : (
              <Field
                label={say('digital.address')}
                note={kind === 'digital withdrawal' && account !== undefined ? say('digital.onlyAllowed') : undefined}
              >
                {(id) => (
                  <Choice
                    id={id}
                    value={fields.chosen}
                    options={choices.map((one) => ({
                      value: nameOf(one),
                      label: `${one.label} · ${one.network} · ${one.address} · ${stateOf(one, say, language)}`,
                    }))}
                    onChange={(value) => set({ chosen: value })}
                  />
                )}
              </Field>
            )}
            {kind === 'digital withdrawal' ? (
              <>
                {chosen === undefined ? null : <Address address={chosen.address} />}
                {input(
                  'make.amount',
                  'amount',
                  understood === undefined || account === undefined
                    ? undefined
                    : say('make.understood', { amount: showMoney(account.asset, understood, language) }),
                )}
              </>
            ) : null}
            {kind === 'revoke address' ? input('make.reason', 'reason') : null}
            <SignButton draft={draft} forecast={forecast} signing={signing} onSign={() => void sign()} />
          </form>
          <Signed signing={signing} />
        </section>
        <ForecastCard forecast={forecast} refusal={refusal} draft={draft} />
      </div>
      <section className="card" aria-label={say('digital.book')}>
        <h2>{say('digital.book')}</h2>
        {book.length === 0 ? <p className="quiet">{say('digital.none')}</p> : null}
        <table className="plain" hidden={book.length === 0}>
          <thead>
            <tr>
              <th>{say('digital.label')}</th>
              <th>{say('digital.purpose')}</th>
              <th>{say('digital.account')}</th>
              <th>{say('digital.network')}</th>
              <th>{say('digital.address')}</th>
              <th>{say('worklist.state')}</th>
            </tr>
          </thead>
          <tbody>
            {book.map((one) => (
              <tr
                key={nameOf(one)}
                data-address={one.state}
                className={one === focused ? 'focused' : ''}
                onClick={() => setFocus(nameOf(one))}
              >
                <td>{one.label}</td>
                <td>{say(`digital.purpose.${one.purpose}`)}</td>
                <td>
                  {one.account} · {one.asset}
                </td>
                <td>{one.network}</td>
                <td>
                  <Address address={one.address} />
                </td>
                <td>{stateOf(one, say, language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <div className="bar">
          <Button disabled={focused === undefined || focused.state === 'revoked'} onClick={revoke}>
            {say('kind.revoke address')} (r)
          </Button>
        </div>
      </section>
    </>
  );
}

/** In groups of four with the last one marked, as people compare it with the paper. */
function Address({ address }: { readonly address: string }) {
  return (
    <code>
      {groupAccount(address.slice(0, -4))} <span className="tail">{address.slice(-4)}</span>
    </code>
  );
}

const stateOf = (one: AddressView, say: Say, language: string): string =>
  one.state === 'resting'
    ? say('digital.state.resting', { at: showTime(one.usableFrom, language) })
    : say(`digital.state.${one.state}`);

/** What the checksum says, while it is typed. */
function checkedNote({ network, address }: Fields, say: Say): string | undefined {
  if (network === '' || address === '') return undefined;
  const checked = checkAddress(network as Network, address);
  return checked.ok ? say('digital.checked') : `✗ ${checked.refusal.why}`;
}
