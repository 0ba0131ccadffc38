// Accounts and ledger: booked, held and available, never merged; the entries of one account, however many, a window at a time.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Button, Input, type InputRef } from 'antd';
import { useRef, useState } from 'react';
import { mainPool } from '../../shared/accounts.ts';
import type { AccountView, Status } from '../../shared/contract/terminal.ts';
import { useSay } from '../i18n/index.ts';
import { groupAccount, showMoney } from '../money.ts';
import { useAccounts } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Money } from '../ui/consequence.tsx';
import { useKeys } from '../ui/keys.ts';
import { Entries } from './entries.tsx';
import { Ledger } from './ledger.tsx';

export function Accounts({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const [isWhole, setWhole] = useState(false);
  const box = useRef<InputRef>(null);
  const accounts = useAccounts(status);
  const rows = (accounts.data ?? []).filter((one) => matches(one, search));
  const account = rows.find((one) => one.id === chosen) ?? rows[0];
  const move = (by: number) => {
    const at = rows.findIndex((one) => one.id === account?.id);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setChosen(next.id);
  };
  useKeys({
    '/': () => box.current?.focus(),
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    l: () => setWhole(!isWhole),
    Escape: () => box.current?.blur(),
  });
  if (isWhole) return <Ledger status={status} onLeave={() => setWhole(false)} />;
  return (
    <div className="two">
      <section aria-label={say('accounts.title')}>
        <h1>{say('accounts.title')}</h1>
        <Safeguarding status={status} />
        <div className="bar">
          <Button onClick={() => setWhole(!isWhole)}>{say('ledger.whole')}</Button>
        </div>
        <Input
          ref={box}
          aria-label={say('accounts.search')}
          placeholder={say('accounts.search')}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <table className="plain">
          <thead>
            <tr>
              <th>{say('accounts.account')}</th>
              <th>{say('accounts.class')}</th>
              <th>{say('accounts.number')}</th>
              <th className="right">{say('accounts.booked')}</th>
              <th className="right">{say('accounts.held')}</th>
              <th className="right">{say('accounts.available')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, 300).map((one) => (
              <tr
                key={one.id}
                className={one.id === account?.id ? 'focused' : ''}
                data-account={one.id}
                onClick={() => setChosen(one.id)}
              >
                <td>
                  {one.id} {one.frozen ? `(${say('accounts.frozen')})` : ''}
                  <div className="quiet">{one.client}</div>
                </td>
                <td>
                  {one.class}
                  {one.pool === mainPool ? null : <div className="quiet">{say('pool.named', { pool: one.pool })}</div>}
                </td>
                <td>{one.number === null ? '' : groupAccount(one.number)}</td>
                <td className="right">
                  <Money asset={one.asset} minor={one.booked} />
                </td>
                <td className="right">
                  <Money asset={one.asset} minor={one.held} />
                </td>
                <td className="right">
                  <Money asset={one.asset} minor={one.available} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="quiet">{rows.length > 300 ? `300 / ${rows.length.toLocaleString(language)}` : ''}</p>
      </section>
      {account === undefined ? null : <Entries key={account.id} account={account} status={status} />}
    </div>
  );
}

const matches = (one: AccountView, search: string): boolean =>
  search === '' ||
  [one.id, one.client ?? '', one.number ?? '', one.class, one.pool].some((text) =>
    text.toLowerCase().includes(search.toLowerCase().replaceAll(/\s/g, '')),
  );

function Safeguarding({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const { data } = useQuery({
    queryKey: ['safeguarding', status.log.size],
    queryFn: async () => {
      const answer = await terminal.safeguarding({});
      return answer.ok ? answer.value.assets : [];
    },
    placeholderData: keepPreviousData, // the line does not blink with every record
  });
  return (
    <p data-testid="safeguarding">
      {(data ?? []).map(({ pool, asset, owed, held }) => (
        <span key={`${pool}|${asset}`} style={{ marginInlineEnd: 18 }}>
          {held === owed ? '✓' : '✗'} {pool === mainPool ? '' : `${say('pool.named', { pool })} · `}
          {say('safeguarding.line', {
            asset,
            held: showMoney(asset, held, language),
            owed: showMoney(asset, owed, language),
          })}
          {held === owed
            ? ''
            : ` ${say('safeguarding.short', { amount: showMoney(asset, (BigInt(owed) - BigInt(held)).toString(), language) })}`}
        </span>
      ))}
    </p>
  );
}
