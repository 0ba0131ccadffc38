// Fees that accrue: the schedules, what has accrued on which account to the fraction, what can be charged now and why not all of
// it; charging, waiving, and for officers the next schedule.

import { Button, Input } from 'antd';
import { useState } from 'react';
import type { AccruedView, Fees } from '../../shared/contract/exchange.ts';
import type { Draft, Status } from '../../shared/contract/terminal.ts';
import { type FeeSchedule, feeScheduleSchema } from '../../shared/fee-schedule.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { readAmount, showMoney } from '../money.ts';
import { useFees } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { useKeys } from '../ui/keys.ts';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';

const linesPerCharge = 300;

/** Everything that can be charged by one schedule, in as many instructions as it takes. */
function charges(code: string, rows: readonly AccruedView[]): Draft[] {
  const due = rows.filter((one) => one.code === code && one.chargeable !== '0');
  const drafts: Draft[] = [];
  for (let from = 0; from < due.length; from += linesPerCharge) {
    const lines = due
      .slice(from, from + linesPerCharge)
      .map(({ account, chargeable }) => ({ account, amount: chargeable }));
    drafts.push({ kind: 'charge accrued fees', code, asset: due[0]?.asset ?? '', lines });
  }
  return drafts;
}

export function FeesScreen({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const data = useFees(status).data ?? null;
  const [chosen, setChosen] = useState<string | null>(null);
  const [focus, setFocus] = useState<string | null>(null);
  const [amount, setAmount] = useState('');
  const [reason, setReason] = useState('');
  const signing = useSigning();
  const codes = (data?.schedules ?? []).map(({ versions }) => versions[0]?.code ?? '');
  const code = chosen ?? codes[0] ?? '';
  const rows = (data?.accrued ?? []).filter((one) => one.code === code);
  const row = rows.find((one) => one.account === focus) ?? rows[0];
  const due = charges(code, rows);
  const make = async (drafts: readonly Draft[], after?: () => void) => {
    if (drafts.length === 0 || signing.busy) return;
    if (await signing.run(() => terminal.make({ drafts: drafts.map((draft) => ({ draft, source: null })) }))) after?.();
  };
  const move = (by: number) => {
    const at = rows.findIndex((one) => one.account === row?.account);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setFocus(next.account);
  };
  const charge = () => void make(due);
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), c: charge });
  const waived = row === undefined ? undefined : readAmount(amount, row.asset);
  const isOfficer = status.operator?.role === 'officer';
  return (
    <section aria-label={say('fees.title')}>
      <h1>{say('fees.title')}</h1>
      <Schedules data={data} />
      <div className="bar" style={{ alignItems: 'end' }}>
        <Field label={say('fees.schedule')}>
          {(id) => (
            <Choice
              id={id}
              value={code}
              options={codes.map((value) => ({ value, label: value }))}
              onChange={setChosen}
            />
          )}
        </Field>
        <Button type="primary" disabled={due.length === 0} loading={signing.busy} onClick={charge}>
          {say('fees.charge')} (c)
        </Button>
      </div>
      <Signed signing={signing} />
      {rows.length === 0 ? <p className="quiet">{say('fees.none')}</p> : null}
      <table className="plain" hidden={rows.length === 0} data-testid="accrued">
        <thead>
          <tr>
            <th>{say('fees.account')}</th>
            <th className="right">{say('fees.accrued')}</th>
            <th className="right">{say('fees.exact')}</th>
            <th className="right">{say('fees.chargeable')}</th>
            <th>{say('fees.why')}</th>
            <th className="right">{say('fees.charged')}</th>
            <th className="right">{say('fees.waived')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr
              key={one.account}
              className={one.account === row?.account ? 'focused' : ''}
              onClick={() => setFocus(one.account)}
            >
              <td>
                {one.account} <span className="quiet">{one.client}</span>
              </td>
              <td className="right">{showMoney(one.asset, one.whole, language)}</td>
              <td className="right">{one.exact}</td>
              <td className="right">{showMoney(one.asset, one.chargeable, language)}</td>
              <td>{one.why === null ? '' : say(`fees.why.${one.why}` as MessageKey)}</td>
              <td className="right">{showMoney(one.asset, one.charged, language)}</td>
              <td className="right">{showMoney(one.asset, one.waived, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {isOfficer && row !== undefined ? (
        <div className="bar" style={{ alignItems: 'end' }}>
          <Field label={say('fees.waiveAmount')} note={row.account}>
            {(id) => <Input id={id} value={amount} onChange={(event) => setAmount(event.target.value)} />}
          </Field>
          <Field label={say('fees.reason')}>
            {(id) => (
              <Input id={id} maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />
            )}
          </Field>
          <Button
            disabled={waived === undefined || reason.trim() === ''}
            onClick={() =>
              void make(
                [
                  {
                    ...{ kind: 'waive accrued fees', code, account: row.account, amount: waived ?? '' },
                    reason: reason.trim(),
                  },
                ],
                () => setAmount(''),
              )
            }
          >
            {say('fees.waive')}
          </Button>
        </div>
      ) : null}
      {isOfficer ? <NextSchedule data={data} make={make} /> : null}
    </section>
  );
}

function Schedules({ data }: { readonly data: Fees | null }) {
  const { say, language } = useSay();
  const all = (data?.schedules ?? []).flatMap(({ versions }) => versions);
  if (all.length === 0) return <p className="quiet">{say('fees.noSchedule')}</p>;
  const tiers = ({ asset, tiers: some }: FeeSchedule) =>
    some.map((one) => `${one.ppm} ppm ≥ ${showMoney(asset, one.from, language)}`).join('; ');
  return (
    <div className="card">
      <h2>{say('fees.schedules')}</h2>
      <table className="plain" data-testid="schedules">
        <thead>
          <tr>
            <th>{say('fees.code')}</th>
            <th>{say('fees.basis')}</th>
            <th>{say('fees.tiers')}</th>
            <th>{say('fees.minimum')}</th>
            <th>{say('fees.maximum')}</th>
            <th>{say('fees.to')}</th>
            <th>{say('fees.from')}</th>
            <th>{say('fees.until')}</th>
          </tr>
        </thead>
        <tbody>
          {all.map((one) => (
            <tr key={`${one.code}|${one.version}`}>
              <td>
                {one.code} {one.version} <span className="quiet">{one.text}</span>
              </td>
              <td>
                {say(`fees.basis.${one.basis}`)} {one.basis === 'balance' ? one.dayCount : ''}
              </td>
              <td>{tiers(one)}</td>
              <td>{showMoney(one.asset, one.minimum, language)}</td>
              <td>{showMoney(one.asset, one.maximum, language)}</td>
              <td>{say(`fees.to.${one.to}`)}</td>
              <td>{one.from}</td>
              <td>{one.until ?? '—'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet">
        {(data?.through ?? []).map((one) => say('fees.through', { asset: one.asset, day: one.day })).join(' ')}
      </p>
    </div>
  );
}

const empty = { code: '', text: '', asset: '', tiers: '0: 3650', minimum: '0', maximum: '', from: '', until: '' };
type Typed = typeof empty;

/** "0: 3650; 100000: 1825": from which amount on, and millionths. */
function readTiers(text: string, asset: string): FeeSchedule['tiers'] | undefined {
  const tiers = text.split(';').map((part) => {
    const [from = '', ppm = ''] = part.split(':').map((one) => one.trim());
    return { from: from === '0' ? '0' : (readAmount(from, asset) ?? ''), ppm: Number(ppm) };
  });
  return tiers.every((one) => one.from !== '' && Number.isInteger(one.ppm)) ? tiers : undefined;
}

interface NextScheduleProps {
  readonly data: Fees | null;
  readonly make: (drafts: readonly Draft[], after?: () => void) => void;
}

function NextSchedule({ data, make }: NextScheduleProps) {
  const { say } = useSay();
  const [typed, setTyped] = useState(empty);
  const [basis, setBasis] = useState<FeeSchedule['basis']>('balance');
  const [dayCount, setDayCount] = useState<FeeSchedule['dayCount']>('act/365');
  const [to, setTo] = useState<FeeSchedule['to']>('bank-fee');
  const asset = typed.asset.trim().toUpperCase();
  const code = typed.code.trim();
  const before = data?.schedules.find(({ versions }) => versions[0]?.code === code)?.versions.length ?? 0;
  const read = feeScheduleSchema.safeParse({
    ...{ code, version: before + 1, text: typed.text.trim(), asset, to, basis, dayCount, accounts: [] },
    tiers: readTiers(typed.tiers, asset),
    minimum: typed.minimum.trim() === '0' ? '0' : readAmount(typed.minimum, asset),
    ...{ maximum: readAmount(typed.maximum, asset), from: typed.from, until: typed.until === '' ? null : typed.until },
  });
  const schedule = read.success ? read.data : undefined;
  return (
    <div className="card">
      <h2>{say('fees.next')}</h2>
      <div className="bar" style={{ alignItems: 'end', flexWrap: 'wrap' }}>
        {(Object.keys(empty) as (keyof Typed)[]).map((key) => (
          <Field key={key} label={say(`fees.${key}`)}>
            {(id) => (
              <Input
                id={id}
                autoComplete="off"
                value={typed[key]}
                placeholder={key === 'from' || key === 'until' ? 'YYYY-MM-DD' : undefined}
                onChange={(event) => setTyped({ ...typed, [key]: event.target.value })}
              />
            )}
          </Field>
        ))}
        <Field label={say('fees.basis')}>
          {(id) => (
            <Choice
              id={id}
              value={basis}
              options={(['balance', 'payments'] as const).map((value) => ({
                value,
                label: say(`fees.basis.${value}`),
              }))}
              onChange={setBasis}
            />
          )}
        </Field>
        <Field label={say('fees.dayCount')}>
          {(id) => (
            <Choice
              id={id}
              value={dayCount}
              options={(['act/365', 'act/360', 'actual'] as const).map((value) => ({ value, label: value }))}
              onChange={setDayCount}
            />
          )}
        </Field>
        <Field label={say('fees.to')}>
          {(id) => (
            <Choice
              id={id}
              value={to}
              options={(['bank-fee', 'platform-fee'] as const).map((value) => ({
                value,
                label: say(`fees.to.${value}`),
              }))}
              onChange={setTo}
            />
          )}
        </Field>
        <Button
          disabled={schedule === undefined}
          onClick={() =>
            schedule === undefined
              ? undefined
              : void make([{ kind: 'adopt fee schedule', schedule }], () => setTyped(empty))
          }
        >
          {say('fees.adopt')}
        </Button>
      </div>
    </div>
  );
}
