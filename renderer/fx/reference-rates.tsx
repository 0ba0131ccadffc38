// The rates that quotes are held against: what is in force, and for officers a form for the next ones.

import { Button, Input } from 'antd';
import { useState } from 'react';
import type { Draft } from '../../shared/contract/terminal.ts';
import { useSay } from '../i18n/index.ts';
import { Field } from '../ui/field.tsx';
import { readRate } from './exchange.tsx';
import type { PartProps } from './hedges.tsx';

const empty = { base: '', other: '', rate: '', percent: '2', source: '', until: '' };
type Typed = typeof empty;

function toDraft(typed: Typed): Draft | undefined {
  const rate = readRate(typed.rate);
  const [base, other] = [typed.base.trim().toUpperCase(), typed.other.trim().toUpperCase()];
  const basisPoints = Math.round(Number(typed.percent) * 100);
  if (rate === undefined || base.length < 3 || other.length < 3 || typed.source.trim() === '') return undefined;
  if (!(basisPoints >= 1 && basisPoints <= 2000) || !/^\d{4}-\d{2}-\d{2}$/.test(typed.until)) return undefined;
  return {
    ...{ kind: 'adopt reference rates', source: typed.source.trim(), until: typed.until as never },
    rates: [{ base, other, rate, basisPoints }],
  };
}

export function ReferenceRates({ data, make, busy, isOfficer }: PartProps & { readonly isOfficer: boolean }) {
  const { say } = useSay();
  const [typed, setTyped] = useState(empty);
  const rows = data?.rates ?? [];
  const draft = toDraft(typed);
  return (
    <div className="card">
      <h2>{say('rates.title')}</h2>
      {rows.length === 0 ? <p className="quiet">{say('rates.none')}</p> : null}
      <table className="plain" hidden={rows.length === 0} data-testid="rates">
        <thead>
          <tr>
            <th>{say('rates.pair')}</th>
            <th>{say('rates.rate')}</th>
            <th>{say('rates.percent')}</th>
            <th>{say('rates.source')}</th>
            <th>{say('rates.until')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.pair}>
              <td>{one.pair.replace('|', ' / ')}</td>
              <td>
                1 {one.base} = {one.rate}
              </td>
              <td>{one.basisPoints / 100} %</td>
              <td>{one.source}</td>
              <td>{one.until}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {isOfficer ? (
        <div className="bar" style={{ alignItems: 'end', flexWrap: 'wrap' }}>
          {(Object.keys(empty) as (keyof Typed)[]).map((key) => (
            <Field key={key} label={say(`rates.${key}`)}>
              {(id) => (
                <Input
                  id={id}
                  autoComplete="off"
                  value={typed[key]}
                  placeholder={key === 'until' ? 'YYYY-MM-DD' : undefined}
                  onChange={(event) => setTyped({ ...typed, [key]: event.target.value })}
                />
              )}
            </Field>
          ))}
          <Button disabled={draft === undefined || busy} onClick={() => make(draft, () => setTyped(empty))}>
            {say('rates.adopt')}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
