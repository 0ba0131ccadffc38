// One agreement: what is next and who does it, its tranches and conditions, its paths, and the paper that a client can read.

import { Button, Input } from 'antd';
import { useState } from 'react';
import type { EscrowView, TodoView } from '../../shared/contract/escrow.ts';
import type { AccountView, Draft, Status } from '../../shared/contract/terminal.ts';
import type { Day } from '../../shared/time.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { readAmount, showMoney } from '../money.ts';
import { useInstructions } from '../queries.ts';
import { terminal } from '../terminal.ts';
import { sentence } from '../ui/consequence.tsx';
import { Field } from '../ui/field.tsx';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';
import { type ChosenDocument, DocumentField } from './document.tsx';
import { Paragraphs } from './paragraphs.tsx';
import { Paths } from './paths.tsx';

interface AgreementProps {
  readonly one: EscrowView;
  readonly accounts: readonly AccountView[];
  readonly status: Status;
}

export function Agreement({ one, accounts, status }: AgreementProps) {
  const { say, language } = useSay();
  const { terms, escrow } = one;
  const money = (minor: string) => showMoney(terms.asset, minor, language);
  const waiting = (useInstructions(['waiting'], status).data ?? []).filter(({ body }) => body.escrow === escrow);
  const day = (list: readonly { readonly on: string }[]) => list[0]?.on ?? '';
  return (
    <>
      <aside className="card screen-only" aria-label={escrow} data-testid="agreement">
        <h2>
          {escrow} · {stateOf(one, say)}
        </h2>
        {one.isFrozen ? (
          <p className="refusal" role="alert">
            {say('escrow.frozen')}
          </p>
        ) : null}
        {one.isOverdue ? (
          <p className="refusal" role="alert">
            {say('escrow.overdue', { due: one.due ?? '' })}
          </p>
        ) : null}
        <p className="figure">{money(one.left)}</p>
        <h3>{say('escrow.next')}</h3>
        <ul>
          {one.todos
            .filter(({ what }) => what !== 'dispute')
            .map((todo) => (
              <li key={`${todo.what} ${todo.part}`}>{sayTodo(todo, terms.asset, say, language)}</li>
            ))}
        </ul>
        {waiting.length === 0 ? null : (
          <>
            <h3>{say('escrow.waiting')}</h3>
            <ul>
              {waiting.map((each) => (
                <li key={each.id}>
                  {sentence(each, say, language)} ({each.maker})
                </li>
              ))}
            </ul>
          </>
        )}
        <Steps one={one} />
        <h3>{say('escrow.tranches')}</h3>
        <table className="plain">
          <tbody>
            {terms.tranches.map(({ name, amount, needs }) => {
              const paid = one.released.filter(({ tranche }) => tranche === name);
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="right">{money(amount)}</td>
                  <td>{needs.join(', ')}</td>
                  <td>{paid.length === 0 ? say('escrow.open') : say('escrow.released', { day: day(paid) })}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {terms.conditions.length === 0 ? null : <h3>{say('escrow.conditions')}</h3>}
        <table className="plain" hidden={terms.conditions.length === 0}>
          <tbody>
            {terms.conditions.map(({ name, text, by }) => {
              const shown = one.fulfilled.filter(({ condition }) => condition === name);
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{text}</td>
                  <td>{say(`escrow.party.${by}`)}</td>
                  <td>{shown.length === 0 ? say('escrow.open') : say('escrow.shown', { day: day(shown) })}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
        <Paths one={one} />
      </aside>
      <Sheet one={one} accounts={accounts} status={status} />
    </>
  );
}

type Say = ReturnType<typeof useSay>['say'];

export const stateOf = (one: EscrowView, say: Say): string =>
  say((one.outcome === null ? `escrow.phase.${one.phase}` : `escrow.outcome.${one.outcome}`) as MessageKey);

export function sayTodo(
  { what, who, part, amount, from, until }: TodoView,
  asset: string,
  say: Say,
  language: string,
): string {
  const named = who === 'desk' || who === 'depository' ? '' : say(`escrow.party.${who}`);
  const key = what === 'release' && part === null ? 'releaseAll' : what;
  const told = say(`escrow.todo.${key}` as MessageKey, {
    ...{ who: named, part: part ?? '', amount: showMoney(asset, amount, language) },
  });
  const when =
    from !== null && until !== null
      ? say('escrow.when.both', { from, until })
      : from !== null
        ? say('escrow.when.from', { from })
        : until === null
          ? ''
          : say('escrow.when.until', { until });
  return when === '' ? told : `${told} · ${when}`;
}

/** What can be done now, each with what it needs to be filled in. */
function Steps({ one }: { readonly one: EscrowView }) {
  const { say, language } = useSay();
  const signing = useSigning();
  const [document, setDocument] = useState<ChosenDocument | null>(null);
  const [reason, setReason] = useState('');
  const [share, setShare] = useState('');
  const { escrow, terms, todos } = one;
  const { asset } = terms;
  const make = (draft: Draft) => {
    if (!signing.busy) void signing.run(() => terminal.make({ drafts: [{ draft, source: null }] }));
  };
  const now = todos.filter(({ what, from }) => what !== 'expire' && from === null);
  const button = (label: string, draft: Draft | null) => (
    <Button key={label} loading={signing.busy} disabled={draft === null} onClick={() => draft !== null && make(draft)}>
      {label}
    </Button>
  );
  const beneficiary = share.trim() === '0' ? '0' : readAmount(share, asset);
  const ruling = (): Draft | null => {
    if (beneficiary === undefined || BigInt(beneficiary) > BigInt(one.left)) return null;
    const depositor = (BigInt(one.left) - BigInt(beneficiary)).toString();
    return { kind: 'rule on dispute', escrow, asset, depositor, beneficiary, document: document?.digest ?? null };
  };
  const draftOf = ({ what, part, amount, who }: TodoView): readonly [string, Draft | null] | null => {
    switch (what) {
      case 'fund':
        return [say('escrow.fund'), { kind: 'fund escrow', escrow, account: terms.depositor, asset, amount }];
      case 'fulfil': {
        const condition = terms.conditions.find(({ name }) => name === part);
        const isMissing = condition?.evidence === 'document' && document === null;
        const draft: Draft = {
          kind: 'fulfil condition',
          escrow,
          condition: part ?? '',
          document: document?.digest ?? null,
        };
        return [say('escrow.fulfil', { part: part ?? '' }), isMissing ? null : draft];
      }
      case 'release':
        return [
          part === null ? say('escrow.releaseAll') : say('escrow.release', { part }),
          { kind: 'release escrow', escrow, tranche: part, asset, amount },
        ];
      case 'refund':
        return [say('escrow.refund'), { kind: 'refund escrow', escrow, asset, amount }];
      case 'dispute': {
        const by = who as 'depositor' | 'beneficiary';
        const draft: Draft = { kind: 'raise dispute', escrow, by, reason: reason.trim() };
        return [say('escrow.dispute', { who: say(`escrow.party.${by}`) }), reason.trim() === '' ? null : draft];
      }
      case 'rule':
        return [say('escrow.rule'), ruling()];
      default:
        return null;
    }
  };
  const has = (what: TodoView['what']): boolean => now.some((todo) => todo.what === what);
  return (
    <>
      {has('fulfil') || has('rule') ? <DocumentField onChosen={setDocument} /> : null}
      {has('dispute') ? (
        <Field label={say('escrow.reason')}>
          {(id) => <Input id={id} maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />}
        </Field>
      ) : null}
      {has('rule') ? (
        <Field
          label={say('escrow.toBeneficiary')}
          note={
            beneficiary === undefined
              ? null
              : say('make.understood', { amount: showMoney(asset, beneficiary, language) })
          }
        >
          {(id) => (
            <Input id={id} autoComplete="off" value={share} onChange={(event) => setShare(event.target.value)} />
          )}
        </Field>
      ) : null}
      <div className="bar">
        {now.flatMap((todo) => {
          const found = draftOf(todo);
          return found === null ? [] : [button(...found)];
        })}
      </div>
      <Signed signing={signing} />
    </>
  );
}

/** The agreement on paper. */
function Sheet({ one, accounts, status }: AgreementProps) {
  const { say, language } = useSay();
  const { terms, escrow } = one;
  const nameOf = (id: string): string => {
    const found = accounts.find((account) => account.id === id);
    return found?.number == null ? id : `${id} (${found.number})`;
  };
  const money = (minor: string) => showMoney(terms.asset, minor, language);
  const paid = (BigInt(one.depositor) + BigInt(one.beneficiary)).toString();
  return (
    <article className="card sheet" data-testid="sheet">
      <h2>{say('escrow.sheetTitle', { escrow, programme: status.programme ?? '' })}</h2>
      <Paragraphs terms={terms} on={one.adoptedOn as Day} nameOf={nameOf} />
      <p>
        <strong>
          {say('escrow.standsNow', { state: stateOf(one, say), left: money(one.left), paid: money(paid) })}
        </strong>
      </p>
      <p className="quiet">
        {say('escrow.vouched', { day: one.adoptedOn, by: one.by, size: status.log.size, root: status.log.root })}
      </p>
    </article>
  );
}
