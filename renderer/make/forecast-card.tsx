// Beside the form: what would happen, the funds, who would have to approve, and payees that could be mistaken for this one.

import type { Draft, Forecast } from '../../shared/contract/terminal.ts';
import type { Refusal } from '../../shared/result.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';
import { sentence } from '../ui/consequence.tsx';
import { Refused } from '../ui/refused.tsx';

interface ForecastProps {
  readonly forecast: Forecast | null;
  readonly refusal: Refusal | null;
  readonly draft: Draft | undefined;
}

export function ForecastCard({ forecast, refusal, draft }: ForecastProps) {
  const { say, language } = useSay();
  if (forecast === null || draft === undefined)
    return (
      <aside className="card" aria-label={say('make.forecast')} data-testid="forecast">
        <h2>{say('make.forecast')}</h2>
        <Refused refusal={refusal} />
        {refusal === null ? <p className="quiet">{say('make.fill')}</p> : null}
      </aside>
    );
  const { requirement, funds, payee } = forecast;
  const tail = draft.kind === 'payment' ? draft.payee.account.slice(-4) : '';
  const asset = 'asset' in draft ? draft.asset : null;
  const amount = 'amount' in draft ? draft.amount : null;
  const about = {
    body: draft,
    asset,
    amount,
    consequence: forecast.consequence,
    items: [{ state: 'waiting', account: '', amount: amount ?? '', tail, payee: null, recall: null }],
  };
  const more = [
    requirement?.differentTerminals ? say('make.more.terminal') : '',
    requirement?.typedConfirmation ? say('make.more.typed') : '',
    requirement && requirement.coolingOffSeconds > 0
      ? say('make.more.cooling', { minutes: Math.ceil(requirement.coolingOffSeconds / 60) })
      : '',
  ].filter((text) => text !== '');
  const who = requirement?.groups
    .map((group) => `${group.count} × ${say(`role.${group.role}` as MessageKey)}`)
    .join(' + ');
  return (
    <aside className="card" aria-label={say('make.forecast')} data-testid="forecast">
      <h2>{say('make.forecast')}</h2>
      <p className="consequence">{sentence(about, say, language)}</p>
      {asset === null || amount === null ? null : <p className="figure">{showMoney(asset, amount, language)}</p>}
      {funds === null ? null : (
        <p>
          {say('make.funds', {
            now: showMoney(funds.asset, funds.available, language),
            after: showMoney(funds.asset, funds.after, language),
          })}
        </p>
      )}
      {forecast.askedFor === null ? null : <p role="status">{say('make.asked', { day: forecast.askedFor })}</p>}
      {who === undefined ? null : <p>{say('make.needs', { who: [who, ...more].join(', ') })}</p>}
      {payee === null ? null : (
        <>
          <p>{payee.isKnown ? say('make.knownPayee') : say('make.newPayee')}</p>
          {payee.lookAlikes.map((one) => (
            <p key={one.tail + one.name} className="refusal" role="alert">
              {say(`make.lookAlike.${one.why}`, { tail: one.tail, name: one.name })}
            </p>
          ))}
        </>
      )}
      <Refused refusal={forecast.refusal} />
    </aside>
  );
}
