// One plain sentence of what an instruction does, in the person's language, from the signed fields; kinds that have no sentence
// of their own here are said in the terminal's words.

import { mainPool } from '../../shared/accounts.ts';
import type { InstructionView } from '../../shared/contract/terminal.ts';
import type { Terms } from '../../shared/escrow.ts';
import type { OpenPool } from '../../shared/instruction/open-pool.ts';
import type { PlatformCheck } from '../../shared/instruction/platform-check.ts';
import { en, type MessageKey } from '../i18n/en.ts';
import { type Say, useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';

export function sentence(
  one: Pick<InstructionView, 'body' | 'asset' | 'amount' | 'items' | 'consequence'>,
  say: Say,
  language: string,
): string {
  const body = one.body as Record<string, unknown>;
  const key = `says.${one.body.kind}${variantOf(body)}`;
  if (!(key in en)) return one.consequence;
  const amount = one.asset === null || one.amount === null ? '' : showMoney(one.asset, one.amount, language);
  const operator = typeof body.operator === 'object' ? (body.operator as { id: string; role: string }) : undefined;
  const terminal = typeof body.terminal === 'object' ? (body.terminal as { id: string }) : undefined;
  const fields = Object.fromEntries(Object.entries(body).filter(([, value]) => typeof value === 'string')) as Record<
    string,
    string
  >;
  return say(key as MessageKey, {
    ...fields,
    amount,
    ...escrowFields(one.body, language),
    ...poolFields(one.body, say, language),
    ...(fields.bought === undefined || fields.boughtAmount === undefined
      ? {}
      : { got: showMoney(fields.bought, fields.boughtAmount, language) }),
    count: one.items.length,
    tail: one.items[0]?.tail ?? '',
    ...(body.shares as { officers: number; custodians: number } | undefined),
    ...(typeof body.outcome === 'string' ? { outcome: say(`says.outcome.${body.outcome}` as MessageKey) } : {}),
    ...(operator === undefined ? {} : { operator: operator.id, role: say(`role.${operator.role}` as MessageKey) }),
    ...(terminal === undefined ? {} : { terminal: terminal.id }),
  });
}

function variantOf({ kind, purpose, valueDate, tranche, pool }: Record<string, unknown>): string {
  if (kind === 'open account' && typeof pool === 'string' && pool !== mainPool) return '.pool';
  if (kind === 'record recovery' || kind === 'adopt address') return `.${purpose}`;
  if (kind === 'release escrow' && tranche === null) return '.whole';
  return typeof valueDate === 'string' ? '.dated' : '';
}

/** Amounts of an escrow agreement that are not the instruction's own. */
function escrowFields(body: InstructionView['body'], language: string): Record<string, string> {
  if (body.kind === 'adopt escrow') {
    const { asset, amount, depositor, beneficiary, fundBy } = body.terms as Terms;
    return { amount: showMoney(asset, amount, language), depositor, beneficiary, fundBy };
  }
  if (body.kind !== 'rule on dispute') return {};
  const share = (minor: unknown): string => showMoney(String(body.asset), String(minor), language);
  return { depositor: share(body.depositor), beneficiary: share(body.beneficiary) };
}

/** Bank accounts of a new pool; sums of a platform's file beside those of the books. */
function poolFields(body: InstructionView['body'], say: Say, language: string): Record<string, string | number> {
  if (body.kind === 'open pool')
    return { accounts: (body as OpenPool).accounts.map(({ asset, number }) => `${asset} ${number}`).join(', ') };
  if (body.kind !== 'platform check') return {};
  const { found, totals } = body as PlatformCheck;
  const sums = totals.map(({ pool, asset, platform, books }) => {
    const name = pool === mainPool ? asset : `${asset} ${say('pool.named', { pool })}`;
    const [theirs, ours] = [showMoney(asset, platform, language), showMoney(asset, books, language)];
    return say('platform.sum', { name, theirs, ours });
  });
  return { found, sums: sums.join('; ') };
}

export function Money({ asset, minor }: { readonly asset: string; readonly minor: string }) {
  const { language } = useSay();
  return <span className="right">{showMoney(asset, minor, language)}</span>;
}
