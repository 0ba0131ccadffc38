// The calendar: the month with its holidays and make-up days, today's cut-offs and what may miss them, what waits for its day; and
// for officers, the next calendar and the month to close.

import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { CalendarDay, CalendarView } from '../../shared/contract/calendar.ts';
import type { Draft, Status } from '../../shared/contract/terminal.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';
import { useCalendar, useProgramme } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { useKeys } from '../ui/keys.ts';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';
import { CutOffLine } from './cut-off-line.tsx';
import { setPresent, usePresent } from './present.ts';
import { Propose } from './propose.tsx';

const monthAfter = (month: string, by: number): string => {
  const at = new Date(`${month}-01T00:00:00Z`);
  at.setUTCMonth(at.getUTCMonth() + by);
  return at.toISOString().slice(0, 7);
};

export function CalendarScreen({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const navigate = useNavigate();
  const present = usePresent();
  const [month, setMonth] = useState(() => new Date().toISOString().slice(0, 7));
  const [chosen, setChosen] = useState<string | null>(null);
  const [focus, setFocus] = useState<string | null>(null);
  const { data } = useCalendar(status, month, present);
  const programme = useProgramme(status);
  const signing = useSigning();
  const calendars = data?.calendars ?? [];
  const shown = calendars.find((one) => one.calendar.id === chosen) ?? calendars[0];
  const risks = (data?.cutOffs ?? []).flatMap((line) => line.atRisk);
  const focused = risks.find((one) => one.instruction === focus) ?? risks[0];
  const move = (by: number) => {
    const at = risks.findIndex((one) => one.instruction === focused?.instruction);
    const next = risks[Math.min(risks.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setFocus(next.instruction);
  };
  const open = () => {
    if (focused !== undefined) void navigate('/', { state: { focus: focused.instruction } });
  };
  const make = (draft: Draft) => signing.run(() => terminal.make({ drafts: [{ draft, source: null }] }));
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: open,
    '[': () => setMonth(monthAfter(month, -1)),
    ']': () => setMonth(monthAfter(month, 1)),
  });
  const isOfficer = status.operator?.role === 'officer';
  return (
    <div className="two">
      <section aria-label={say('cal.title')}>
        <h1>{say('cal.title')}</h1>
        {data !== undefined && calendars.length === 0 ? <p className="quiet">{say('cal.none')}</p> : null}
        {calendars.length === 0 || data?.ungoverned.length === 0 ? null : (
          <p className="quiet">{say('cal.ungoverned', { assets: data?.ungoverned.join(', ') ?? '' })}</p>
        )}
        <div className="bar">
          <Button aria-label={say('cal.before')} onClick={() => setMonth(monthAfter(month, -1))}>
            [
          </Button>
          <strong data-testid="month">{month}</strong>
          <Button aria-label={say('cal.after')} onClick={() => setMonth(monthAfter(month, 1))}>
            ]
          </Button>
          {calendars.length < 2 ? null : (
            <Field label={say('cal.which')}>
              {(id) => (
                <Choice
                  id={id}
                  value={shown?.calendar.id ?? null}
                  options={calendars.map(({ calendar }) => ({ value: calendar.id, label: calendar.id }))}
                  onChange={setChosen}
                />
              )}
            </Field>
          )}
        </div>
        {shown === undefined ? null : <MonthTable shown={shown} />}
        <h2>{say('cal.cutOffs')}</h2>
        {data?.cutOffs.length === 0 ? <p className="quiet">{say('cal.noCutOffs')}</p> : null}
        {(data?.cutOffs ?? []).map((line) => (
          <CutOffLine key={`${line.asset}|${line.cutOff}`} line={line} />
        ))}
        <table className="plain" hidden={risks.length === 0}>
          <thead>
            <tr>
              <th>{say('worklist.what')}</th>
              <th className="right">{say('worklist.amount')}</th>
              <th>{say('worklist.missing')}</th>
              <th>{say('cal.why')}</th>
            </tr>
          </thead>
          <tbody>
            {risks.map((one) => (
              <tr
                key={one.instruction}
                data-risk={one.instruction}
                className={one === focused ? 'focused' : ''}
                onClick={() => setFocus(one.instruction)}
                onDoubleClick={open}
              >
                <td>{say(`kind.${one.kind}` as MessageKey)}</td>
                <td className="right">{showMoney(one.asset, one.amount, language)}</td>
                <td>
                  {one.missing.map(({ role, count }) => `${count} × ${say(`role.${role}` as MessageKey)}`).join(', ')}
                </td>
                <td>{say(`cal.why.${one.why}`)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {data == null ? null : (
          <Scheduled
            data={data}
            me={status.operator?.id ?? ''}
            busy={signing.busy}
            onWithdraw={(id) => void signing.run(() => terminal.withdraw({ instructions: [id as never] }))}
          />
        )}
        <Signed signing={signing} />
      </section>
      <aside>
        {data == null ? null : <People data={data} />}
        {data == null ? null : (
          <Months
            data={data}
            onClose={isOfficer && !signing.busy ? (next) => void make({ kind: 'close period', ...next }) : null}
          />
        )}
        {isOfficer && data != null ? (
          <Propose
            assets={programme.data?.assets ?? []}
            known={calendars.map(({ calendar }) => calendar)}
            busy={signing.busy}
            onPropose={(calendar) => void make({ kind: 'adopt calendar', calendar })}
          />
        ) : null}
      </aside>
    </div>
  );
}

type Shown = CalendarView['calendars'][number];

/** Weeks from Monday on; each day says what it is in words as well as in colour. */
function MonthTable({ shown }: { readonly shown: Shown }) {
  const { say, language } = useSay();
  const { calendar, today, time, days } = shown;
  const lead = (new Date(`${days[0]?.day}T00:00:00Z`).getUTCDay() + 6) % 7;
  const cells: (CalendarDay | null)[] = [...Array.from({ length: lead }, () => null), ...days];
  const weeks = Array.from({ length: Math.ceil(cells.length / 7) }, (_, i) => cells.slice(i * 7, i * 7 + 7));
  const weekday = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });
  return (
    <>
      <p className="quiet">
        {say('cal.known', {
          ...{ id: calendar.id, version: calendar.version, assets: calendar.assets.join(', ') },
          ...{ from: calendar.from, through: calendar.through, today, time },
        })}
      </p>
      <table className="month">
        <thead>
          <tr>
            {[5, 6, 7, 8, 9, 10, 11].map((date) => (
              <th key={date} scope="col">
                {weekday.format(new Date(Date.UTC(2026, 0, date)))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week.find((one) => one !== null)?.day}>
              {week.map((one, i) =>
                one === null ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: empty cells before the first day have nothing else
                  <td key={i} />
                ) : (
                  <td
                    key={one.day}
                    data-day={one.day}
                    data-kind={one.kind}
                    aria-current={one.day === today ? 'date' : undefined}
                  >
                    <strong>{Number(one.day.slice(8))}</strong>{' '}
                    {one.kind === 'business' ? '' : say(`cal.day.${one.kind}`)}
                    {one.scheduled === 0 ? null : <div>{say('cal.scheduledOn', { count: one.scheduled })}</div>}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

interface ScheduledProps {
  readonly data: CalendarView;
  readonly me: string;
  readonly busy: boolean;
  readonly onWithdraw: (instruction: string) => void;
}

function Scheduled({ data, me, busy, onWithdraw }: ScheduledProps) {
  const { say, language } = useSay();
  if (data.scheduled.length === 0) return null;
  return (
    <>
      <h2>{say('cal.scheduled')}</h2>
      <table className="plain">
        <thead>
          <tr>
            <th>{say('cal.valueDate')}</th>
            <th>{say('worklist.what')}</th>
            <th className="right">{say('worklist.amount')}</th>
            <th>{say('worklist.maker')}</th>
            <th>{say('worklist.state')}</th>
          </tr>
        </thead>
        <tbody>
          {data.scheduled.map((one) => (
            <tr key={one.instruction} data-scheduled={one.instruction}>
              <td>{one.valueDate}</td>
              <td>{say(`kind.${one.kind}` as MessageKey)}</td>
              <td className="right">{showMoney(one.asset, one.amount, language)}</td>
              <td>{one.maker}</td>
              <td>
                {one.maker === me ? (
                  <Button size="small" loading={busy} onClick={() => onWithdraw(one.instruction)}>
                    {say('worklist.withdraw')}
                  </Button>
                ) : (
                  say('state.scheduled')
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function People({ data }: { readonly data: CalendarView }) {
  const { say } = useSay();
  const present = usePresent();
  /** What was ticked counts at once, before the terminal has answered. */
  const there = present ?? data.people.filter((one) => one.isPresent).map((one) => one.operator);
  return (
    <div className="card">
      <h2>{say('cal.people')}</h2>
      <p className="quiet">{say('cal.peopleNote')}</p>
      {data.people.map(({ operator, role, seenAt }) => (
        <div key={operator}>
          <Checkbox
            checked={there.includes(operator)}
            onChange={() =>
              setPresent(there.includes(operator) ? there.filter((one) => one !== operator) : [...there, operator])
            }
          >
            {operator} · {say(`role.${role}` as MessageKey)}
            {seenAt === null ? '' : ` · ${new Date(seenAt).toISOString().slice(11, 16)} UTC`}
          </Checkbox>
        </div>
      ))}
      {present === null ? null : (
        <Button size="small" onClick={() => setPresent(null)}>
          {say('cal.byLog')}
        </Button>
      )}
    </div>
  );
}

type Closing = NonNullable<CalendarView['period']['next']>;

function Months({
  data,
  onClose,
}: {
  readonly data: CalendarView;
  readonly onClose: ((next: Closing) => void) | null;
}) {
  const { say, language } = useSay();
  const { closedThrough, next } = data.period;
  return (
    <div className="card" style={{ marginBlock: 12 }}>
      <h2>{say('kind.close period')}</h2>
      <p>{closedThrough === null ? say('cal.neverClosed') : say('cal.closed', { through: closedThrough })}</p>
      {next === null ? null : (
        <>
          <p>{say('cal.next', { month: next.month, entries: next.closing.entries, legs: next.closing.legs })}</p>
          <table className="plain">
            <thead>
              <tr>
                <th>{say('cal.class')}</th>
                <th className="right">{say('cal.debits')}</th>
                <th className="right">{say('cal.credits')}</th>
              </tr>
            </thead>
            <tbody>
              {next.closing.totals
                .filter((one) => one.debits !== '0' || one.credits !== '0')
                .map((one) => (
                  <tr key={`${one.asset}|${one.class}`}>
                    <td>{one.class}</td>
                    <td className="right">{showMoney(one.asset, one.debits, language)}</td>
                    <td className="right">{showMoney(one.asset, one.credits, language)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
          <p className="quiet" style={{ overflowWrap: 'anywhere' }}>
            {say('cal.digest', { digest: next.closing.digest })}
          </p>
          {onClose === null ? null : (
            <Button danger onClick={() => onClose(next)}>
              {say('cal.close', { month: next.month })}
            </Button>
          )}
        </>
      )}
      {data.backValued.length === 0 ? null : (
        <>
          <h2>{say('cal.backValued')}</h2>
          {data.backValued.map((one) => (
            <p key={one.event}>
              {one.bookingDate} ← {one.valueDate}:{' '}
              {one.amounts.map(({ asset, amount }) => showMoney(asset, amount, language)).join(', ')}
            </p>
          ))}
        </>
      )}
    </div>
  );
}
