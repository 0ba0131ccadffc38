// One instruction whole, as this terminal reads it from the signed bytes: what happens, how much in figures and words, to whom,
// why the policy asks, who signed already.

import { Input } from 'antd';
import type { ReactNode } from 'react';
import type { InstructionView } from '../../shared/contract/terminal.ts';
import type { Terms } from '../../shared/escrow.ts';
import type { Day } from '../../shared/time.ts';
import { Paragraphs } from '../escrow/paragraphs.tsx';
import type { MessageKey } from '../i18n/en.ts';
import { showTime, useSay } from '../i18n/index.ts';
import { amountInWords, groupAccount, showMoney } from '../money.ts';
import { sentence } from '../ui/consequence.tsx';
import { Field } from '../ui/field.tsx';
import type { Typed } from './worklist.tsx';

interface DetailProps {
  readonly one: InstructionView;
  /** What the checker has typed so far; null where nothing is asked. */
  readonly typed: Typed | null;
  readonly onTyped: (typed: Typed) => void;
  readonly children: ReactNode;
}

export function Detail({ one, typed, onTyped, children }: DetailProps) {
  const { say, language } = useSay();
  const local = (at: string) => showTime(at, language);
  return (
    <aside className="card" aria-label={say(`kind.${one.kind}` as MessageKey)} data-testid="detail">
      <h2>
        {say(`kind.${one.kind}` as MessageKey)} · {say(`state.${one.state}` as MessageKey)}
      </h2>
      <p className="consequence">{sentence(one, say, language)}</p>
      {one.kind === 'adopt escrow' ? (
        <Paragraphs terms={one.body.terms as Terms} on={one.madeAt.slice(0, 10) as Day} />
      ) : null}
      {one.asset === null || one.amount === null ? null : (
        <>
          <p className="figure">{showMoney(one.asset, one.amount, language)}</p>
          <p className="quiet">
            {say('worklist.inWords')}: {amountInWords(one.asset, one.amount, language)}
          </p>
        </>
      )}
      <dl className="facts">
        {one.items.slice(0, 20).map((item, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an item is known by its place in the instruction
          <Item key={i} one={one} item={item} />
        ))}
        <dt>{say('worklist.signedBy')}</dt>
        <dd>
          {one.approvals.length === 0
            ? say('worklist.nobody')
            : one.approvals.map((approval) => `${approval.operator} (${local(approval.at)})`).join(', ')}
        </dd>
        <dt>{say('worklist.policy')}</dt>
        <dd>
          {one.missing.map((group) => `${group.count} × ${say(`role.${group.role}` as MessageKey)}`).join(', ') || '—'}
        </dd>
        <dt>{say('worklist.expires')}</dt>
        <dd>{local(one.expiresAt)}</dd>
      </dl>
      <p className="quiet">
        {one.maker}: {say('worklist.made', { at: local(one.madeAt), terminal: one.terminal })}
      </p>
      {typed === null ? null : (
        <fieldset>
          <legend>{say('worklist.typedWhy')}</legend>
          <Field label={say('worklist.typedTail')}>
            {(id) => (
              <Input
                id={id}
                autoComplete="off"
                value={typed.tail}
                onChange={(event) => onTyped({ ...typed, tail: event.target.value })}
              />
            )}
          </Field>
          <Field label={say('worklist.typedAmount')}>
            {(id) => (
              <Input
                id={id}
                autoComplete="off"
                value={typed.amount}
                onChange={(event) => onTyped({ ...typed, amount: event.target.value })}
              />
            )}
          </Field>
        </fieldset>
      )}
      {children}
    </aside>
  );
}

function Item({ one, item }: { readonly one: InstructionView; readonly item: InstructionView['items'][number] }) {
  const { say, language } = useSay();
  const account = item.payee === null ? '' : groupAccount(item.payee.account.slice(0, -4));
  return (
    <>
      <dt>{say('worklist.payee')}</dt>
      <dd>
        {item.payee?.name ?? '—'} · {account} <span className="tail">{item.tail}</span>
        {one.items.length > 1 ? (
          <>
            {' '}
            · {one.asset === null ? item.amount : showMoney(one.asset, item.amount, language)} ·{' '}
            {say(`state.${item.state}` as MessageKey)}
          </>
        ) : null}
      </dd>
      <dt>{say('worklist.from')}</dt>
      <dd>{item.account}</dd>
    </>
  );
}
