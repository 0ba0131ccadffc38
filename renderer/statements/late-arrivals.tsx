// The late-arrivals desk: money nobody has claimed, each with what it came back of; it goes to a client or back where it came
// from, by an instruction of its own.

import { Button, Input } from 'antd';
import { useState } from 'react';
import { mainPool } from '../../shared/accounts.ts';
import type { ReceiptView } from '../../shared/contract/day.ts';
import type { Draft, Status } from '../../shared/contract/terminal.ts';
import { useSay } from '../i18n/index.ts';
import { readAmount, showMoney } from '../money.ts';
import { useAccounts, useReceipts } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Suggested } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';

export function LateArrivals({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const receipts = useReceipts(status).data ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const receipt = receipts.find((one) => one.receipt === chosen);
  return (
    <section className="card" aria-label={say('late.title')}>
      <h2>{say('late.title')}</h2>
      {receipts.length === 0 ? <p className="quiet">{say('late.none')}</p> : null}
      <table className="plain" hidden={receipts.length === 0}>
        <thead>
          <tr>
            <th>{say('late.since')}</th>
            <th className="right">{say('late.left')}</th>
            <th>{say('late.of')}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {receipts.map((one) => (
            <tr key={one.receipt} data-receipt={one.receipt}>
              <td>{one.since.slice(0, 16).replace('T', ' ')}</td>
              <td className="right">{showMoney(one.asset, one.remaining, language)}</td>
              <td>
                {one.of ?? say('late.unknown')}
                {one.pool === mainPool ? '' : ` · ${say('pool.named', { pool: one.pool })}`}
              </td>
              <td>
                <Button size="small" onClick={() => setChosen(one.receipt === chosen ? null : one.receipt)}>
                  {say('late.handle')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {receipt === undefined ? null : <Handle key={receipt.receipt} receipt={receipt} status={status} />}
    </section>
  );
}

function Handle({ receipt, status }: { readonly receipt: ReceiptView; readonly status: Status }) {
  const { say, language } = useSay();
  const accounts = (useAccounts(status).data ?? []).filter(
    (one) => one.client !== null && one.asset === receipt.asset && one.pool === receipt.pool,
  );
  const signing = useSigning();
  const [account, setAccount] = useState('');
  const [typed, setTyped] = useState('');
  const [payee, setPayee] = useState({ name: '', account: '' });
  const amount = typed === '' ? receipt.remaining : readAmount(typed, receipt.asset);
  const make = (draft: Draft) => void signing.run(() => terminal.make({ drafts: [{ draft, source: null }] }));
  const common = { receipt: receipt.receipt as never, asset: receipt.asset, amount: amount ?? '' };
  return (
    <div className="bar" style={{ alignItems: 'end' }}>
      <Field label={say('late.amount')} note={amount === undefined ? '—' : showMoney(receipt.asset, amount, language)}>
        {(id) => <Input id={id} value={typed} onChange={(event) => setTyped(event.target.value)} />}
      </Field>
      <Field label={say('late.account')}>
        {(id) => (
          <Suggested
            id={id}
            value={account}
            options={accounts.map((one) => ({ value: one.id, label: `${one.id} ${one.client} ${one.number ?? ''}` }))}
            onChange={setAccount}
          />
        )}
      </Field>
      <Button
        disabled={account === '' || amount === undefined}
        loading={signing.busy}
        onClick={() => make({ kind: 'receipt allocation', account, ...common })}
      >
        {say('late.allocate')}
      </Button>
      <Field label={say('late.payeeName')}>
        {(id) => (
          <Input id={id} value={payee.name} onChange={(event) => setPayee({ ...payee, name: event.target.value })} />
        )}
      </Field>
      <Field label={say('late.payeeAccount')}>
        {(id) => (
          <Input
            id={id}
            value={payee.account}
            onChange={(event) => setPayee({ ...payee, account: event.target.value })}
          />
        )}
      </Field>
      <Button
        disabled={payee.account === '' || amount === undefined}
        loading={signing.busy}
        onClick={() =>
          make({
            kind: 'send back',
            ...common,
            payee: { ...payee, agent: null, endToEndId: receipt.receipt.slice(-12), remittance: null },
          })
        }
      >
        {say('late.sendBack')}
      </Button>
      <Signed signing={signing} />
    </div>
  );
}
