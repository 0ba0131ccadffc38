// Foreign exchange: the quote and both amounts before anybody signs, with the time that the quote still stands; what is open in
// each asset; forwards on record; the rates that quotes are held against.

import { Button, Input } from 'antd';
import { useEffect, useState } from 'react';
import type { Exchanges, ReferenceRateView } from '../../shared/contract/exchange.ts';
import type { AccountView, Draft, Status } from '../../shared/contract/terminal.ts';
import { exchanged, pairKey, rateText, rateToFraction, roundHalfEven } from '../../shared/exchange-rate.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { ForecastCard } from '../make/forecast-card.tsx';
import { readAmount, showMoney } from '../money.ts';
import { useAccounts, useExchanges } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Choice, Suggested } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { useKeys } from '../ui/keys.ts';
import { Signed } from '../ui/signed.tsx';
import { useForecast } from '../ui/use-forecast.ts';
import { useSigning } from '../ui/use-signing.ts';
import { Hedges } from './hedges.tsx';
import { OtherAmount } from './other-amount.tsx';
import { ReferenceRates } from './reference-rates.tsx';

const empty = {
  ...{ account: '', to: '', fixed: 'sold' as 'sold' | 'bought', amount: '', base: '', rate: '' },
  ...{ source: '', reference: '', minutes: '5', quotedAt: 0 },
};
type Typed = typeof empty;

/** The decimal that was typed in its shortest form, if it can be a rate. */
export function readRate(text: string): string | undefined {
  const typed = text.trim();
  const short = typed.includes('.') ? typed.replace(/0+$/, '').replace(/\.$/, '') : typed;
  return rateText.safeParse(short).success ? short : undefined;
}

/** One over the rate, to ten decimals. */
export function inverse(rate: string): string {
  const { over, under } = rateToFraction(rate);
  const digits = roundHalfEven({ over: under * 10n ** 10n, under: over })
    .toString()
    .padStart(11, '0');
  return `${digits.slice(0, -10)}.${digits.slice(-10)}`.replace(/\.?0+$/, '');
}

/** Undefined while something is missing. */
function toDraft(typed: Typed, from: AccountView | undefined, to: AccountView | undefined): Draft | undefined {
  const { fixed, source, reference, quotedAt } = typed;
  const rate = readRate(typed.rate);
  const minutes = Number(typed.minutes);
  if (from === undefined || to === undefined || from.asset === to.asset || rate === undefined) return undefined;
  if (source.trim() === '' || reference.trim() === '' || !(minutes > 0 && minutes <= 1440)) return undefined;
  const base = typed.base === to.asset ? to.asset : from.asset;
  const [known, follows] = fixed === 'sold' ? [from.asset, to.asset] : [to.asset, from.asset];
  const amount = readAmount(typed.amount, known);
  if (amount === undefined) return undefined;
  const other = exchanged(BigInt(amount), known, follows, { base, rate }).toString();
  if (other === '0') return undefined;
  const [sold, bought] = fixed === 'sold' ? [amount, other] : [other, amount];
  const at = (ms: number) => new Date(ms).toISOString() as never;
  return {
    ...{ kind: 'foreign exchange', account: from.id, asset: from.asset, amount: sold },
    ...{ to: to.id, bought: to.asset, boughtAmount: bought, fixed, rate, base },
    quote: {
      ...{ source: source.trim(), reference: reference.trim(), at: at(quotedAt) },
      until: at(quotedAt + Math.round(minutes * 60_000)),
    },
  };
}

export function ExchangeScreen({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const accounts = useAccounts(status);
  const { data } = useExchanges(status);
  const [typed, setTyped] = useState<Typed>(empty);
  const [nowMs, setNow] = useState(Date.now());
  const signing = useSigning();
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  // What is typed of a quote is as old as its last change.
  const set = (some: Partial<Typed>) => setTyped({ ...typed, ...some, quotedAt: Date.now() });
  const clients = (accounts.data ?? []).filter((one) => one.class === 'client');
  const from = clients.find((one) => one.id === typed.account);
  const own = clients.filter((one) => one.client === from?.client && one.asset !== from?.asset);
  const to = own.find((one) => one.id === typed.to);
  const draft = toDraft(typed, from, to);
  const { forecast, refusal } = useForecast(draft);
  const make = async (one: Draft | undefined, after?: () => void) => {
    if (one === undefined || signing.busy) return;
    if (await signing.run(() => terminal.make({ drafts: [{ draft: one, source: null }] }))) after?.();
  };
  const sign = () => void make(draft, () => setTyped(empty));
  useKeys({ 'ctrl+Enter': sign });
  const options = (some: readonly AccountView[]) =>
    some.map((one) => ({
      value: one.id,
      label: `${one.id} · ${one.client ?? ''} · ${showMoney(one.asset, one.available, language)}`,
    }));
  const input = (key: 'rate' | 'source' | 'reference' | 'minutes' | 'amount', note?: string) => (
    <Field label={say(`fx.${key}`)} note={note}>
      {(id) => (
        <Input
          id={id}
          autoComplete="off"
          value={typed[key]}
          onChange={(event) => set({ [key]: event.target.value } as Partial<Typed>)}
        />
      )}
    </Field>
  );
  const pair = from === undefined || to === undefined ? [] : [from.asset, to.asset];
  const rate = readRate(typed.rate);
  const base = typed.base === to?.asset ? typed.base : from?.asset;
  const other = pair.find((asset) => asset !== base);
  const reference = data?.rates.find((one) => pair.length === 2 && one.pair === pairKey(pair[0] ?? '', pair[1] ?? ''));
  const exchange = draft?.kind === 'foreign exchange' ? draft : undefined;
  return (
    <section aria-label={say('fx.title')}>
      <div className="two">
        <div>
          <h1>{say('fx.title')}</h1>
          <Field label={say('fx.from')} note={from?.client}>
            {(id) => (
              <Suggested
                id={id}
                value={typed.account}
                options={options(clients)}
                onChange={(account) => set({ account, to: '', base: '' })}
              />
            )}
          </Field>
          <Field label={say('fx.to')}>
            {(id) => (
              <Choice
                id={id}
                value={to?.id ?? ''}
                options={options(own)}
                onChange={(chosen) => set({ to: chosen, base: '' })}
              />
            )}
          </Field>
          <Field label={say('fx.fixed')}>
            {(id) => (
              <Choice
                id={id}
                value={typed.fixed}
                options={(['sold', 'bought'] as const).map((value) => ({ value, label: say(`fx.fixed.${value}`) }))}
                onChange={(fixed) => set({ fixed })}
              />
            )}
          </Field>
          {input('amount')}
          <Field label={say('fx.base')}>
            {(id) => (
              <Choice
                id={id}
                value={base ?? ''}
                options={pair.map((value) => ({ value, label: value }))}
                onChange={(chosen) => set({ base: chosen })}
              />
            )}
          </Field>
          {input(
            'rate',
            rate === undefined || base === undefined || other === undefined
              ? undefined
              : `1 ${base} = ${rate} ${other} · 1 ${other} = ${inverse(rate)} ${base}`,
          )}
          <ReferenceNote reference={reference} isPair={pair.length === 2} />
          {input('source')}
          {input('reference')}
          {input('minutes')}
          <div className="bar">
            <Button type="primary" loading={signing.busy} disabled={exchange === undefined} onClick={sign}>
              {say('action.sign')} (Ctrl+Enter)
            </Button>
          </div>
          <Signed signing={signing} />
        </div>
        <div>
          <ForecastCard forecast={forecast} refusal={refusal} draft={draft} />
          {exchange === undefined ? null : (
            <div className="card" data-testid="both">
              <p>
                {say('fx.sells')} <strong>{showMoney(exchange.asset, exchange.amount, language)}</strong>
              </p>
              <p>
                {say('fx.buys')} <strong>{showMoney(exchange.bought, exchange.boughtAmount, language)}</strong>
              </p>
              <Countdown leftMs={Date.parse(exchange.quote.until) - nowMs} />
            </div>
          )}
          <Exposures data={data ?? null} />
        </div>
      </div>
      <OtherAmount data={data ?? null} make={make} busy={signing.busy} />
      <Made data={data ?? null} />
      <Hedges data={data ?? null} make={make} busy={signing.busy} />
      <ReferenceRates
        data={data ?? null}
        make={make}
        busy={signing.busy}
        isOfficer={status.operator?.role === 'officer'}
      />
    </section>
  );
}

function Countdown({ leftMs }: { readonly leftMs: number }) {
  const { say } = useSay();
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return seconds === 0 ? (
    <p className="refusal" role="alert">
      {say('fx.over')}
    </p>
  ) : (
    <p>{say('fx.stands', { time })}</p>
  );
}

function ReferenceNote({
  reference,
  isPair,
}: {
  readonly reference: ReferenceRateView | undefined;
  readonly isPair: boolean;
}) {
  const { say } = useSay();
  if (!isPair) return null;
  return (
    <p className="quiet">
      {reference === undefined
        ? say('fx.noReference')
        : say('fx.heldAgainst', {
            ...{ base: reference.base, rate: reference.rate, source: reference.source, until: reference.until },
            percent: String(reference.basisPoints / 100),
          })}
    </p>
  );
}

function Exposures({ data }: { readonly data: Exchanges | null }) {
  const { say, language } = useSay();
  const rows = data?.exposures ?? [];
  return (
    <div className="card">
      <h2>{say('fx.exposure')}</h2>
      {rows.length === 0 ? <p className="quiet">{say('fx.nothingOpen')}</p> : null}
      <table className="plain" hidden={rows.length === 0} data-testid="exposure">
        <thead>
          <tr>
            <th>{say('fx.asset')}</th>
            <th className="right">{say('fx.openSold')}</th>
            <th className="right">{say('fx.openBought')}</th>
            <th className="right">{say('fx.hedgedSold')}</th>
            <th className="right">{say('fx.hedgedBought')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.asset}>
              <td>{one.asset}</td>
              {([one.sold, one.bought, one.hedgedSold, one.hedgedBought] as const).map((amount, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: four columns that never move
                <td key={i} className="right">
                  {showMoney(one.asset, amount, language)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Made({ data }: { readonly data: Exchanges | null }) {
  const { say, language } = useSay();
  const rows = data?.exchanges ?? [];
  if (rows.length === 0) return null;
  return (
    <div className="card">
      <h2>{say('fx.made')}</h2>
      <table className="plain" data-testid="exchanges">
        <thead>
          <tr>
            <th>{say('fx.since')}</th>
            <th className="right">{say('fx.sells')}</th>
            <th className="right">{say('fx.buys')}</th>
            <th>{say('fx.to')}</th>
            <th>{say('fx.confirmed')}</th>
            <th>{say('worklist.state')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.id}>
              <td>{one.since.slice(0, 16).replace('T', ' ')}</td>
              <td className="right">{showMoney(one.asset, one.amount, language)}</td>
              <td className="right">
                {showMoney(one.bought, one.boughtAmount, language)}
                {one.instead === undefined ? null : (
                  <div>
                    {say('fx.cameInstead', { amount: showMoney(one.instead.asset, one.instead.amount, language) })}
                  </div>
                )}
              </td>
              <td>{one.to}</td>
              <td>{[one.soldAs?.reference ?? '—', one.boughtAs?.reference ?? '—'].join(' / ')}</td>
              <td>{say((one.state === 'open' ? 'fx.open' : `state.${one.state}`) as MessageKey)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
