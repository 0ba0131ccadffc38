// Statements and reconciliation: breaks first, aged, with the likely partner beside each; the next break is one key away.

import { Button, Input } from 'antd';
import { useState } from 'react';
import { mainPool } from '../../shared/accounts.ts';
import type { BreakView } from '../../shared/contract/day.ts';
import type { Draft, Status } from '../../shared/contract/terminal.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';
import { useBreaks, useStatements } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { useKeys } from '../ui/keys.ts';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';
import { ImportStatement } from './import-statement.tsx';
import { LateArrivals } from './late-arrivals.tsx';

/** Lines and bookings of several breaks that a person takes as the same. */
const pairing = (ones: readonly BreakView[], reason: string): Draft | undefined => {
  const [first] = ones;
  const lines = ones.flatMap((one) => one.lines.map((line) => line.id));
  const legs = ones.flatMap((one) => one.legs.map((leg) => leg.leg));
  if (first === undefined || lines.length === 0 || lines.length + legs.length < 2) return undefined;
  return { kind: 'match', asset: first.asset, lines, legs, reason };
};

const partnerOf = (one: BreakView, all: readonly BreakView[]): BreakView | undefined =>
  one.likely === null
    ? undefined
    : all.find(
        (other) =>
          other.key !== one.key &&
          (other.lines.some((line) => line.id === one.likely) ||
            other.legs.some((leg) => `leg ${leg.leg}` === one.likely)),
      );

export function Statements({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const breaks = useBreaks(status).data ?? [];
  const [focus, setFocus] = useState<string | null>(null);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [reason, setReason] = useState<string | null>(null);
  const signing = useSigning();
  const focused = breaks.find((one) => one.key === focus) ?? breaks[0];
  const partner = focused === undefined ? undefined : partnerOf(focused, breaks);
  const money = (asset: string, minor: string) => showMoney(asset, minor, language);
  const move = (by: number) => {
    const at = breaks.findIndex((one) => one.key === focused?.key);
    const next = breaks[Math.min(breaks.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setFocus(next.key);
  };
  const make = (draft: Draft | undefined) => {
    if (draft === undefined || signing.busy) return;
    void signing
      .run(() => terminal.make({ drafts: [{ draft, source: null }] }))
      .then((done) => {
        if (done) setMarked(new Set());
      });
  };
  const mark = () => {
    if (focused === undefined) return;
    const next = new Set(marked);
    if (!next.delete(focused.key)) next.add(focused.key);
    setMarked(next);
  };
  const matchMarked = () =>
    make(
      pairing(
        breaks.filter((one) => marked.has(one.key)),
        say('breaks.byHand'),
      ),
    );
  const propose = () => {
    if (focused !== undefined && partner !== undefined) make(pairing([focused, partner], say('breaks.likelyReason')));
  };
  const takeOn = () => {
    const me = status.operator?.id;
    if (focused !== undefined && me !== undefined) make({ kind: 'assign break', break: focused.key, owner: me });
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    ' ': mark,
    m: matchMarked,
    p: propose,
    o: takeOn,
    r: () => setReason(''),
    Escape: () => setReason(null),
  });
  return (
    <>
      <div className="two">
        <section aria-label={say('breaks.title')}>
          <h1>{say('breaks.title')}</h1>
          <div className="bar">
            <Button type="primary" disabled={partner === undefined} loading={signing.busy} onClick={propose}>
              {say('breaks.propose')} (p)
            </Button>
            <Button disabled={marked.size < 2} onClick={matchMarked}>
              {say('breaks.match', { count: marked.size })} (m)
            </Button>
            <Button disabled={focused === undefined} onClick={takeOn}>
              {say('breaks.takeOn')} (o)
            </Button>
            <Button disabled={focused === undefined} onClick={() => setReason('')}>
              {say('breaks.resolve')} (r)
            </Button>
          </div>
          <Signed signing={signing} />
          {reason === null || focused === undefined ? null : (
            <form
              className="bar"
              onSubmit={(event) => {
                event.preventDefault();
                if (reason.trim() === '') return;
                make({ kind: 'resolve break', break: focused.key, reason: reason.trim(), by: null });
                setReason(null);
              }}
            >
              <Input
                autoFocus
                maxLength={200}
                aria-label={say('breaks.reason')}
                placeholder={say('breaks.reason')}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            </form>
          )}
          {breaks.length === 0 ? <p className="quiet">{say('breaks.none')}</p> : null}
          <table className="plain" hidden={breaks.length === 0}>
            <thead>
              <tr>
                <th>{say('breaks.kind')}</th>
                <th className="right">{say('breaks.difference')}</th>
                <th>{say('breaks.since')}</th>
                <th>{say('breaks.owner')}</th>
              </tr>
            </thead>
            <tbody>
              {breaks.map((one) => (
                <tr
                  key={one.key}
                  className={one.key === focused?.key ? 'focused' : ''}
                  aria-selected={marked.has(one.key)}
                  data-break={one.key}
                  onClick={() => setFocus(one.key)}
                >
                  <td>
                    {marked.has(one.key) ? '✓ ' : ''}
                    {say(`break.${one.kind}` as MessageKey)}
                    {one.pool === mainPool ? null : (
                      <span className="quiet"> {say('pool.named', { pool: one.pool })}</span>
                    )}
                  </td>
                  <td className="right">{money(one.asset, one.difference)}</td>
                  <td>
                    {one.since}{' '}
                    <span className="quiet">
                      {one.ageBusinessDays === null
                        ? say('breaks.age', { count: one.ageDays })
                        : say('breaks.businessAge', { count: one.ageBusinessDays })}
                    </span>
                  </td>
                  <td>{one.owner ?? '—'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        {focused === undefined ? null : (
          <aside className="card" aria-label={say('breaks.detail')}>
            <h2>
              {say(`break.${focused.kind}` as MessageKey)} {focused.key}
            </h2>
            <p>{say(`breakSays.${focused.kind}` as MessageKey)}</p>
            {focused.account === null ? null : (
              <p>
                {say('accounts.account')}: {focused.account}
              </p>
            )}
            <Sides one={focused} money={money} />
            {partner === undefined ? null : (
              <div data-testid="likely">
                <h2>{say('breaks.likely')}</h2>
                <Sides one={partner} money={money} />
              </div>
            )}
          </aside>
        )}
      </div>
      <LateArrivals status={status} />
      <StatementList status={status} money={money} />
      <ImportStatement />
    </>
  );
}

interface SidesProps {
  readonly one: BreakView;
  readonly money: (asset: string, minor: string) => string;
}

function Sides({ one, money }: SidesProps) {
  const { say } = useSay();
  return (
    <table className="plain">
      <tbody>
        {one.lines.map((line) => (
          <tr key={line.id}>
            <th scope="row">{say('breaks.atBank')}</th>
            <td>{line.reference ?? '—'}</td>
            <td>{line.valueDate}</td>
            <td className="right">{money(one.asset, line.amount)}</td>
          </tr>
        ))}
        {one.legs.map((leg) => (
          <tr key={leg.leg}>
            <th scope="row">{say('breaks.inBooks')}</th>
            <td>{leg.reference}</td>
            <td>{leg.valueDate}</td>
            <td className="right">{money(one.asset, leg.amount)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function StatementList({ status, money }: { readonly status: Status; readonly money: SidesProps['money'] }) {
  const { say } = useSay();
  const statements = useStatements(status).data ?? [];
  return (
    <section className="card" aria-label={say('statements.title')}>
      <h2>{say('statements.title')}</h2>
      {statements.length === 0 ? <p className="quiet">{say('statements.none')}</p> : null}
      <table className="plain" hidden={statements.length === 0}>
        <thead>
          <tr>
            <th>{say('statements.day')}</th>
            <th>{say('statements.statement')}</th>
            <th className="right">{say('statements.opening')}</th>
            <th className="right">{say('statements.closing')}</th>
            <th className="right">{say('statements.books')}</th>
            <th className="right">{say('statements.lines')}</th>
            <th>{say('worklist.state')}</th>
          </tr>
        </thead>
        <tbody>
          {statements.map((one) => (
            <tr key={one.statement} data-statement={one.statement}>
              <td>{one.day}</td>
              <td>
                {one.statement}
                {one.pool === mainPool ? null : <div className="quiet">{say('pool.named', { pool: one.pool })}</div>}
              </td>
              <td className="right">{money(one.asset, one.opening)}</td>
              <td className="right">{money(one.asset, one.closing)}</td>
              <td className="right">{money(one.asset, one.books)}</td>
              <td className="right">{one.lines}</td>
              <td>
                {say(one.reconciled ? 'statements.reconciled' : 'statements.incomplete')}
                {one.follows ? '' : ` · ${say('statements.gap')}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
