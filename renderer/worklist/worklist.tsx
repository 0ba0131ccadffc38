// The worklist: what waits, oldest deadline first; a verdict for each, one touch for all.

import { Button, Input, Segmented } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'react-router';
import type { InstructionView, Status, Verdict } from '../../shared/contract/terminal.ts';
import { CutOffLines } from '../calendar/cut-off-line.tsx';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { readAmount } from '../money.ts';
import { useInstructions } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { Money, sentence } from '../ui/consequence.tsx';
import { useKeys } from '../ui/keys.ts';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';
import { Detail } from './detail.tsx';
import { Recall } from './recall.tsx';

export interface Typed {
  readonly tail: string;
  readonly amount: string;
}
type Mark = { readonly verdict: 'approve' } | { readonly verdict: 'decline'; readonly reason: string };

const shown = { mine: ['waiting', 'queued'], all: [] as string[] };

export function Worklist({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const [filter, setFilter] = useState<keyof typeof shown>('mine');
  const { data } = useInstructions(shown[filter], status);
  const rows = useMemo(() => {
    const all = [...(data ?? [])];
    return filter === 'mine' ? all.sort((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1)) : all.reverse();
  }, [data, filter]);
  const { state } = useLocation();
  /** Another screen may name what to look at. */
  const [focus, setFocus] = useState<string | null>((state as { focus?: string } | null)?.focus ?? null);
  const [marks, setMarks] = useState<ReadonlyMap<string, Mark>>(new Map());
  const [typed, setTyped] = useState<ReadonlyMap<string, Typed>>(new Map());
  const [reason, setReason] = useState<string | null>(null);
  const signing = useSigning();
  const me = status.operator;
  const focused = rows.find((one) => one.id === focus) ?? rows[0];

  const mayCheck = (one: InstructionView) =>
    one.state === 'waiting' && one.maker !== me?.id && one.missing.some((group) => group.role === me?.role);
  const mayWithdraw = (one: InstructionView) =>
    (one.state === 'waiting' || one.state === 'scheduled') && one.maker === me?.id;
  const mark = (one: InstructionView, verdict: Mark | undefined) => {
    const next = new Map(marks);
    if (verdict === undefined) next.delete(one.id);
    else next.set(one.id, verdict);
    setMarks(next);
  };
  const move = (by: number) => {
    const at = rows.findIndex((one) => one.id === focused?.id);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setFocus(next.id);
  };
  const open = (id: string) => {
    setFilter('all');
    setFocus(id);
  };
  const approve = () => {
    if (focused !== undefined && mayCheck(focused)) mark(focused, { verdict: 'approve' });
  };
  const withdraw = async () => {
    if (focused !== undefined && mayWithdraw(focused))
      await signing.run(() => terminal.withdraw({ instructions: [focused.id] }));
  };
  const sign = async () => {
    const verdicts = rows.flatMap((one): Verdict[] => {
      const given = marks.get(one.id);
      if (given === undefined) return [];
      if (given.verdict === 'decline') return [{ verdict: 'decline', instruction: one.id, reason: given.reason }];
      const words = typed.get(one.id);
      const amount = words === undefined || one.asset === null ? '' : (readAmount(words.amount, one.asset) ?? '');
      const said = one.typedConfirmation ? { tail: words?.tail.trim() ?? '', amount } : null;
      return [{ verdict: 'approve', instruction: one.id, typed: said }];
    });
    if (verdicts.length === 0 || signing.busy) return;
    if (await signing.run(() => terminal.check({ verdicts }))) setMarks(new Map());
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    a: approve,
    ' ': () => {
      if (focused === undefined) return;
      if (marks.has(focused.id)) mark(focused, undefined);
      else approve();
    },
    x: () => {
      if (focused !== undefined && mayCheck(focused)) setReason('');
    },
    w: () => void withdraw(),
    s: () => void sign(),
    t: () => setFilter(filter === 'mine' ? 'all' : 'mine'),
    Escape: () => setReason(null),
  });
  const table = useRef<HTMLTableElement>(null);
  useEffect(() => {
    table.current?.querySelector('tr.focused')?.scrollIntoView({ block: 'nearest' });
  });

  return (
    <div className="two">
      <section aria-label={say('worklist.title')}>
        <h1>{say('worklist.title')}</h1>
        <div className="bar">
          <Segmented
            value={filter}
            onChange={(value) => setFilter(value as keyof typeof shown)}
            options={[
              { value: 'mine', label: say('worklist.mine') },
              { value: 'all', label: `${say('worklist.all')} (t)` },
            ]}
          />
          <Button type="primary" disabled={marks.size === 0} loading={signing.busy} onClick={() => void sign()}>
            {signing.busy ? say('action.touching') : say('action.signCount', { count: marks.size })} (s)
          </Button>
        </div>
        <CutOffLines status={status} />
        <Signed signing={signing} />
        {rows.length === 0 ? <p className="quiet">{say('worklist.empty')}</p> : null}
        <table className="plain" ref={table} hidden={rows.length === 0}>
          <thead>
            <tr>
              <th>{say('worklist.state')}</th>
              <th>{say('worklist.what')}</th>
              <th className="right">{say('worklist.amount')}</th>
              <th>{say('worklist.maker')}</th>
              <th>{say('worklist.missing')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => {
              const given = marks.get(one.id);
              const words = given === undefined ? '' : given.verdict === 'approve' ? '✓ ' : '✗ ';
              return (
                <tr
                  key={one.id}
                  className={one.id === focused?.id ? 'focused' : ''}
                  aria-selected={given !== undefined}
                  data-instruction={one.id}
                  onClick={() => setFocus(one.id)}
                >
                  <td>
                    {words}
                    {say(`state.${one.state}` as MessageKey)}
                  </td>
                  <td>{sentence(one, say, language)}</td>
                  <td className="right">
                    {one.asset && one.amount ? <Money asset={one.asset} minor={one.amount} /> : null}
                  </td>
                  <td>{one.maker}</td>
                  <td>
                    {one.missing
                      .map((group) => `${group.count} × ${say(`role.${group.role}` as MessageKey)}`)
                      .join(', ')}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {focused === undefined ? (
        <p className="quiet">{say('worklist.nothing')}</p>
      ) : (
        <Detail
          one={focused}
          typed={
            mayCheck(focused) && focused.typedConfirmation ? (typed.get(focused.id) ?? { tail: '', amount: '' }) : null
          }
          onTyped={(words) => setTyped(new Map(typed).set(focused.id, words))}
        >
          {mayCheck(focused) ? (
            <div className="bar">
              <Button onClick={approve}>{say('worklist.approve')}</Button>
              <Button danger onClick={() => setReason('')}>
                {say('worklist.decline')}
              </Button>
            </div>
          ) : null}
          {mayWithdraw(focused) ? (
            <Button loading={signing.busy} onClick={() => void withdraw()}>
              {say('worklist.withdraw')}
            </Button>
          ) : null}
          <Recall key={focused.id} one={focused} role={me?.role ?? null} onOpen={open} />
          {reason === null || !mayCheck(focused) ? null : (
            <form
              className="bar"
              onSubmit={(event) => {
                event.preventDefault();
                if (reason.trim() === '') return;
                mark(focused, { verdict: 'decline', reason: reason.trim() });
                setReason(null);
              }}
            >
              <Input
                autoFocus
                maxLength={200}
                aria-label={say('worklist.reason')}
                placeholder={say('worklist.reason')}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            </form>
          )}
        </Detail>
      )}
    </div>
  );
}
