// Forwards on record: what was dealt with which bank, which exchanges it covers; made, rolled and closed here.

import { Button, Input } from 'antd';
import { useState } from 'react';
import type { Exchanges, HedgeView } from '../../shared/contract/exchange.ts';
import type { Draft } from '../../shared/contract/terminal.ts';
import { exchanged } from '../../shared/exchange-rate.ts';
import { useSay } from '../i18n/index.ts';
import { readAmount, showMoney } from '../money.ts';
import { Field } from '../ui/field.tsx';
import { readRate } from './exchange.tsx';

export interface PartProps {
  readonly data: Exchanges | null;
  readonly busy: boolean;
  readonly make: (draft: Draft | undefined, after?: () => void) => void;
}

const empty = { sold: '', bought: '', amount: '', rate: '', settlesOn: '', bank: '', reference: '', reason: '' };
type Typed = typeof empty;

/** What is sold is the fixed amount, and the rate is what one unit of what is bought costs. */
function toDraft(typed: Typed, rolls: HedgeView | undefined, open: readonly string[]): Draft | undefined {
  const [sold, bought] = [typed.sold.trim().toUpperCase(), typed.bought.trim().toUpperCase()];
  const [amount, rate] = [readAmount(typed.amount, sold), readRate(typed.rate)];
  const [bank, reference] = [typed.bank.trim(), typed.reference.trim()];
  if (amount === undefined || rate === undefined || bank === '' || reference === '') return undefined;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(typed.settlesOn) || sold === bought || bought === '') return undefined;
  const boughtAmount = exchanged(BigInt(amount), sold, bought, { base: bought, rate }).toString();
  if (boughtAmount === '0') return undefined;
  return {
    ...{ kind: 'hedge', sold, soldAmount: amount, bought, boughtAmount, base: bought, rate, bank, reference },
    ...{ settlesOn: typed.settlesOn as never, exchanges: [...open] as never, rolls: rolls?.id ?? null },
  };
}

export function Hedges({ data, make, busy }: PartProps) {
  const { say, language } = useSay();
  const [typed, setTyped] = useState(empty);
  const [rolls, setRolls] = useState<HedgeView | undefined>(undefined);
  const rows = data?.hedges ?? [];
  const pair = [typed.sold, typed.bought].map((code) => code.trim().toUpperCase());
  const covered = (data?.exchanges ?? [])
    .filter((one) => one.state === 'open' && pair.includes(one.asset) && pair.includes(one.bought))
    .map((one) => one.id);
  const draft = toDraft(typed, rolls, covered);
  const clear = () => {
    setTyped(empty);
    setRolls(undefined);
  };
  const input = (key: keyof Typed) => (
    <Field label={say(`hedge.${key}`)}>
      {(id) => (
        <Input
          id={id}
          autoComplete="off"
          value={typed[key]}
          placeholder={key === 'settlesOn' ? 'YYYY-MM-DD' : undefined}
          onChange={(event) => setTyped({ ...typed, [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <div className="card">
      <h2>{say('hedge.title')}</h2>
      <table className="plain" hidden={rows.length === 0} data-testid="hedges">
        <thead>
          <tr>
            <th>{say('hedge.settlesOn')}</th>
            <th className="right">{say('fx.sells')}</th>
            <th className="right">{say('fx.buys')}</th>
            <th>{say('hedge.rate')}</th>
            <th>{say('hedge.bank')}</th>
            <th>{say('hedge.covers')}</th>
            <th>{say('worklist.state')}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.id}>
              <td>{one.settlesOn}</td>
              <td className="right">{showMoney(one.sold, one.soldAmount, language)}</td>
              <td className="right">{showMoney(one.bought, one.boughtAmount, language)}</td>
              <td>
                {one.rate} / {one.base}
              </td>
              <td>
                {one.bank} <span className="quiet">{one.reference}</span>
              </td>
              <td>{one.exchanges.length}</td>
              <td>{say(`hedge.state.${one.state as HedgeState}`)}</td>
              <td>
                {one.state === 'open' ? (
                  <>
                    <Button size="small" onClick={() => setRolls(one)}>
                      {say('hedge.roll')}
                    </Button>{' '}
                    <Button
                      size="small"
                      disabled={busy || typed.reason.trim() === ''}
                      onClick={() => make({ kind: 'close hedge', hedge: one.id, reason: typed.reason.trim() }, clear)}
                    >
                      {say('hedge.close')}
                    </Button>
                  </>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rolls === undefined ? null : <p>{say('hedge.rolling', { reference: rolls.reference })}</p>}
      <div className="bar" style={{ alignItems: 'end', flexWrap: 'wrap' }}>
        {(['sold', 'bought', 'amount', 'rate', 'settlesOn', 'bank', 'reference'] as const).map((key) => (
          <div key={key}>{input(key)}</div>
        ))}
        <Button disabled={draft === undefined || busy} onClick={() => make(draft, clear)}>
          {say('hedge.make')}
        </Button>
        {rows.some((one) => one.state === 'open') ? input('reason') : null}
      </div>
    </div>
  );
}

type HedgeState = 'open' | 'closed' | 'rolled';
