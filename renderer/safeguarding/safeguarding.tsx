// Safeguarding: owed against held per pool and day, one chart, one signed sentence; what keeps money from leaving, and who may
// lift it; the day's statement on paper.

import { Button, Input } from 'antd';
import { useState } from 'react';
import { mainPool } from '../../shared/accounts.ts';
import type { PoolDayView } from '../../shared/contract/day.ts';
import type { Draft, Status } from '../../shared/contract/terminal.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { amountInWords, showMoney } from '../money.ts';
import { useSafeguarding } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { useKeys } from '../ui/keys.ts';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';
import { OwedHeldChart } from './chart.tsx';

const overrideHours = 4;

const keyOf = ({ pool, asset }: { readonly pool: string; readonly asset: string }): string => `${pool}|${asset}`;

export function SafeguardingScreen({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const { data } = useSafeguarding(status);
  const [chosen, setChosen] = useState<string | null>(null);
  const [focus, setFocus] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const signing = useSigning();
  const days = data?.days ?? [];
  const pools = [...new Map(days.map((one) => [keyOf(one), one])).values()];
  const pool = pools.find((one) => keyOf(one) === chosen) ?? pools.find((one) => one.pool === mainPool) ?? pools[0];
  const asset = pool?.asset ?? '';
  const rows = days.filter((one) => pool !== undefined && keyOf(one) === keyOf(pool));
  const day = rows.find((one) => one.day === focus) ?? rows[0];
  const short = data?.pools.find((one) => pool !== undefined && keyOf(one) === keyOf(pool) && one.since !== null);
  const make = (draft: Draft) => {
    if (!signing.busy) void signing.run(() => terminal.make({ drafts: [{ draft, source: null }] }));
  };
  const move = (by: number) => {
    const at = rows.findIndex((one) => one.day === day?.day);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setFocus(next.day);
  };
  /** Pools that are closed now and are not the one looked at. */
  const others = (data?.pools ?? []).filter(
    (one) => one.since !== null && (pool === undefined || keyOf(one) !== keyOf(pool)),
  );
  const print = () => window.print();
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), p: print });
  const why = reason.trim();
  return (
    <div className="safeguarding">
      <div className="screen-only">
        <h1>{say('safe.title')}</h1>
        <div className="bar">
          <Field label={say('safe.asset')}>
            {(id) => (
              <Choice
                id={id}
                value={pool === undefined ? null : keyOf(pool)}
                options={pools.map((one) => ({
                  value: keyOf(one),
                  label: `${one.asset} · ${say('pool.named', { pool: one.pool })}`,
                }))}
                onChange={setChosen}
              />
            )}
          </Field>
          <Button onClick={print} disabled={day === undefined}>
            {say('safe.print')} (p)
          </Button>
        </div>
        {data?.stopped == null ? null : (
          <p className="refusal" role="alert">
            {say('safe.stopped', { since: data.stopped.since, reason: data.stopped.reason })}
          </p>
        )}
        {short === undefined ? null : (
          <p className="refusal" role="alert" data-testid="short">
            {say('safe.closed', { amount: showMoney(asset, short.shortfall, language), since: short.since ?? '' })}{' '}
            {short.overriddenUntil === null ? '' : say('safe.overridden', { until: short.overriddenUntil })}
          </p>
        )}
        {others.map((one) => (
          <p key={keyOf(one)} className="refusal" role="alert">
            {say('pool.named', { pool: one.pool })} · {one.asset}:{' '}
            {say('safe.closed', {
              amount: showMoney(one.asset, one.shortfall, language),
              since: one.since ?? '',
            })}
          </p>
        ))}
        <Signed signing={signing} />
        <div className="bar" style={{ alignItems: 'end' }}>
          <Field label={say('safe.reason')}>
            {(id) => (
              <Input id={id} maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />
            )}
          </Field>
          {short === undefined ? null : (
            <Button
              disabled={why === ''}
              onClick={() => {
                const until = new Date(Date.now() + overrideHours * 3_600_000).toISOString() as never;
                make({ kind: 'override shortfall', pool: short.pool, asset, until, reason: why });
              }}
            >
              {say('safe.override', { hours: overrideHours })}
            </Button>
          )}
          {data?.stopped == null ? (
            <Button danger disabled={why === ''} onClick={() => make({ kind: 'emergency stop', reason: why })}>
              {say('safe.stop')}
            </Button>
          ) : (
            <Button disabled={why === ''} onClick={() => make({ kind: 'resume', reason: why })}>
              {say('safe.resume')}
            </Button>
          )}
        </div>
        {rows.length === 0 ? <p className="quiet">{say('safe.none')}</p> : null}
      </div>
      {day === undefined ? null : <Sheet day={day} status={status} />}
      <div className="screen-only">
        {rows.length === 0 ? null : <OwedHeldChart days={rows} />}
        <table className="plain" hidden={rows.length === 0}>
          <thead>
            <tr>
              <th>{say('statements.day')}</th>
              <th className="right">{say('safe.owed')}</th>
              <th className="right">{say('safe.held')}</th>
              <th className="right">{say('safe.shortfall')}</th>
              <th className="right">{say('safe.excess')}</th>
              <th>{say('safe.outcome')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <tr
                key={one.day}
                data-day={one.day}
                className={one.day === day?.day ? 'focused' : ''}
                onClick={() => setFocus(one.day)}
              >
                <td>{one.day}</td>
                <td className="right">{showMoney(asset, one.owed, language)}</td>
                <td className="right">{one.held === null ? '—' : showMoney(asset, one.held, language)}</td>
                <td className="right">{showMoney(asset, one.shortfall, language)}</td>
                <td className="right">{showMoney(asset, one.excess, language)}</td>
                <td>{say(`outcome.${one.outcome}` as MessageKey)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** The day's statement as it is printed: figures, words, and what vouches for them. */
function Sheet({ day, status }: { readonly day: PoolDayView; readonly status: Status }) {
  const { say, language } = useSay();
  const { asset } = day;
  const money = (minor: string) => showMoney(asset, minor, language);
  const line = (key: MessageKey, minor: string | null, isSum = false) => (
    <tr className={isSum ? 'sum' : ''}>
      <th scope="row">{say(key)}</th>
      <td className="right">{minor === null ? '—' : money(minor)}</td>
    </tr>
  );
  const key = `safe.sentence.${day.outcome}` as MessageKey;
  return (
    <article className="card sheet" data-testid="sheet">
      <h2>{say('safe.sheetTitle', { programme: status.programme ?? '', pool: day.pool, asset, day: day.day })}</h2>
      <p>
        <strong>
          {say(key, {
            owed: money(day.owed),
            held: day.held === null ? '—' : money(day.held),
            shortfall: money(day.shortfall),
            excess: money(day.excess),
          })}
        </strong>
      </p>
      <table className="plain">
        <tbody>
          {line('safe.clients', day.clients)}
          {line('safe.unallocated', day.unallocated)}
          {line('safe.inTransit', day.inTransit)}
          {line('safe.owed', day.owed, true)}
          {line('safe.bank', day.bank)}
          {line('safe.underWay', day.underWay)}
          {line('safe.house', day.house)}
          {line('safe.held', day.held, true)}
          {line('safe.shortfall', day.shortfall)}
          {line('safe.excess', day.excess)}
        </tbody>
      </table>
      <p>
        {say('safe.inWords', {
          words: amountInWords(asset, day.shortfall === '0' ? day.owed : day.shortfall, language),
        })}
      </p>
      <p className="quiet">
        {say('safe.vouched', {
          statement: day.statement ?? '—',
          at: day.at,
          size: status.log.size,
          root: status.log.root,
        })}
      </p>
    </article>
  );
}
