// Escrow: every agreement with its state and what is next; the one in focus with its steps and its paper; a form for a new one.

import { Button } from 'antd';
import { useState } from 'react';
import type { Status } from '../../shared/contract/terminal.ts';
import { useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';
import { useAccounts, useEscrows } from '../queries.ts';
import { useKeys } from '../ui/keys.ts';
import { Agreement, sayTodo, stateOf } from './agreement.tsx';
import { NewAgreement } from './new-agreement.tsx';

export function EscrowScreen({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const { data } = useEscrows(status);
  const accounts = useAccounts(status).data ?? [];
  const [focus, setFocus] = useState<string | null>(null);
  const [isNew, setNew] = useState(false);
  const rows = data ?? [];
  const one = rows.find(({ escrow }) => escrow === focus) ?? rows[0];
  const move = (by: number) => {
    const at = rows.findIndex(({ escrow }) => escrow === one?.escrow);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setFocus(next.escrow);
  };
  const print = () => window.print();
  useKeys({
    ...{ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1) },
    ...{ p: print, c: () => setNew(true), Escape: () => setNew(false) },
  });
  if (isNew) return <NewAgreement status={status} accounts={accounts} onDone={() => setNew(false)} />;
  return (
    <div>
      <div className="screen-only">
        <h1>{say('escrow.title')}</h1>
        <div className="bar">
          <Button onClick={() => setNew(true)}>{say('escrow.new')} (c)</Button>
          <Button onClick={print} disabled={one === undefined}>
            {say('escrow.print')} (p)
          </Button>
        </div>
        {rows.length === 0 ? <p className="quiet">{say('escrow.none')}</p> : null}
        <table className="plain" hidden={rows.length === 0}>
          <thead>
            <tr>
              <th>{say('escrow.agreement')}</th>
              <th>{say('escrow.state')}</th>
              <th className="right">{say('escrow.amount')}</th>
              <th className="right">{say('escrow.left')}</th>
              <th>{say('escrow.tranches')}</th>
              <th>{say('escrow.next')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const [next] = row.todos;
              const { asset, amount, tranches } = row.terms;
              return (
                <tr
                  key={row.escrow}
                  data-escrow={row.escrow}
                  className={row.escrow === one?.escrow ? 'focused' : ''}
                  onClick={() => setFocus(row.escrow)}
                >
                  <td>{row.escrow}</td>
                  <td>{stateOf(row, say)}</td>
                  <td className="right">{showMoney(asset, amount, language)}</td>
                  <td className="right">{showMoney(asset, row.left, language)}</td>
                  <td>
                    {row.released.length} / {tranches.length}
                  </td>
                  <td>
                    {row.isOverdue
                      ? say('escrow.overdue', { due: row.due ?? '' })
                      : next === undefined
                        ? '—'
                        : sayTodo(next, asset, say, language)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {one === undefined ? null : <Agreement key={one.escrow} one={one} accounts={accounts} status={status} />}
    </div>
  );
}
