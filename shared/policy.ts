// The approval matrix: data inside the log that says who must approve what. Every matching rule applies and the strictest
// demand wins; an instruction that no rule matches is refused.

import { z } from 'zod';
import { assetCode } from './asset.ts';
import { nameId } from './ids.ts';
import { amountText } from './money.ts';
import { role } from './operator.ts';
import { type Refusal, refuse } from './result.ts';
import { unicodeText } from './text.ts';
import { type Instant, instantToMs } from './time.ts';

export const windowScopes = ['client', 'payee', 'maker', 'programme'] as const;
export type WindowScope = (typeof windowScopes)[number];

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

const conditionSchema = z.strictObject({
  /** Instruction kinds; empty means every kind. */
  kinds: z.array(unicodeText(0, 40)).max(40),
  asset: assetCode.optional(),
  /** Matches from this amount of `asset` upward, inclusive. */
  amountFrom: amountText.optional(),
  /** Matches when the sum over the last `days` days, this instruction included, exceeds `above` of `asset`. */
  window: z.strictObject({ per: z.enum(windowScopes), days: z.int().min(1).max(366), above: amountText }).optional(),
  newPayee: z.boolean().optional(),
  /** Matches outside these hours of the day, UTC. */
  outsideHours: z.strictObject({ from: clockTime, to: clockTime }).optional(),
});

const demandSchema = z.strictObject({
  groups: z.array(z.strictObject({ role, count: z.int().min(1).max(9) })).max(6),
  differentTerminals: z.boolean(),
  typedConfirmation: z.boolean(),
  coolingOffSeconds: z.int().min(0).max(2_592_000),
});

export const ruleSchema = z
  .strictObject({
    id: nameId,
    text: unicodeText(0, 200),
    when: conditionSchema,
    /** What matching instructions need; or `refuse`, with the reason to show. */
    demand: demandSchema.optional(),
    refuse: unicodeText(0, 200).optional(),
  })
  .refine((rule) => (rule.demand === undefined) !== (rule.refuse === undefined), 'a rule either demands or refuses')
  .refine(
    (rule) => rule.when.asset !== undefined || (rule.when.amountFrom === undefined && rule.when.window === undefined),
    'an amount needs its asset',
  );

export const policySchema = z
  .strictObject({ version: z.int().min(1), rules: z.array(ruleSchema).min(1).max(200) })
  .refine((policy) => new Set(policy.rules.map((rule) => rule.id)).size === policy.rules.length, 'rule ids are unique')
  .refine(
    (policy) => policy.rules.every((rule) => rule.demand === undefined || rule.demand.groups.length > 0),
    'maker-checker cannot be switched off: every demand names at least one group',
  );
export type Policy = z.infer<typeof policySchema>;
export type PolicyRule = z.infer<typeof ruleSchema>;

/** What the approval of one instruction needs, merged from all matching rules and pinned when it is made. */
export interface Requirement {
  readonly rules: readonly string[];
  readonly groups: readonly { readonly role: string; readonly count: number }[];
  readonly differentTerminals: boolean;
  readonly typedConfirmation: boolean;
  readonly coolingOffSeconds: number;
}

/** What a rule may look at. `windowSum` counts waiting and booked instructions, this one not included. */
export interface PolicyFacts {
  readonly kind: string;
  /** What the kind itself asks for, whatever the rules say. */
  readonly checkers?: readonly { readonly role: string; readonly count: number }[];
  /** The kind itself asks for typed confirmation. */
  readonly typed?: boolean;
  readonly at: Instant;
  readonly asset?: string;
  readonly amount?: bigint;
  readonly newPayee: boolean;
  windowSum(per: WindowScope, days: number): bigint;
}

/** Merges every matching rule. Refuses `policy` when a rule refuses or none matches. */
export function evaluatePolicy(
  policy: Policy,
  facts: PolicyFacts,
): { ok: true; value: Requirement } | { ok: false; refusal: Refusal<'policy'> } {
  const matching = policy.rules.filter((rule) => matches(rule, facts));
  const what = 'The instruction was not admitted.';
  const refusing = matching.find((rule) => rule.refuse !== undefined);
  if (refusing !== undefined)
    return refuse('policy', what, `Rule ${refusing.id}: ${refusing.refuse}`, 'Ask an officer to review the policy.');
  if (matching.length === 0)
    return refuse('policy', what, `No rule of policy ${policy.version} covers a ${facts.kind}.`, 'Ask an officer.');
  const groups = new Map((facts.checkers ?? []).map(({ role: name, count }) => [name, count]));
  const merged = { differentTerminals: false, typedConfirmation: facts.typed === true, coolingOffSeconds: 0 };
  for (const { demand } of matching) {
    if (demand === undefined) continue;
    for (const group of demand.groups) groups.set(group.role, Math.max(groups.get(group.role) ?? 0, group.count));
    merged.differentTerminals ||= demand.differentTerminals;
    merged.typedConfirmation ||= demand.typedConfirmation;
    merged.coolingOffSeconds = Math.max(merged.coolingOffSeconds, demand.coolingOffSeconds);
  }
  return {
    ok: true,
    value: {
      rules: matching.map((rule) => rule.id),
      groups: [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => ({ role: name, count })),
      ...merged,
    },
  };
}

function matches(rule: PolicyRule, facts: PolicyFacts): boolean {
  const { kinds, asset, amountFrom, window, newPayee, outsideHours } = rule.when;
  if (kinds.length > 0 && !kinds.includes(facts.kind)) return false;
  if (asset !== undefined && asset !== facts.asset) return false;
  if (amountFrom !== undefined && (facts.amount ?? 0n) < BigInt(amountFrom)) return false;
  if (newPayee !== undefined && newPayee !== facts.newPayee) return false;
  if (window !== undefined && facts.windowSum(window.per, window.days) + (facts.amount ?? 0n) <= BigInt(window.above))
    return false;
  if (outsideHours !== undefined && isWithin(facts.at, outsideHours)) return false;
  return true;
}

function isWithin(at: Instant, hours: { readonly from: string; readonly to: string }): boolean {
  const clock = at.slice(11, 16);
  return hours.from <= hours.to ? clock >= hours.from && clock < hours.to : clock >= hours.from || clock < hours.to;
}

/** Roles of `requirement` that still lack approvals, given the roles that have approved. */
export function missingGroups(
  requirement: Requirement,
  approvedRoles: readonly string[],
): readonly { readonly role: string; readonly count: number }[] {
  return requirement.groups
    .map((group) => ({ role: group.role, count: group.count - approvedRoles.filter((r) => r === group.role).length }))
    .filter((group) => group.count > 0);
}

/** When an instruction made at `madeAt` may first be approved. */
export const coolingOffEndsMs = (requirement: Requirement, madeAt: Instant): number =>
  instantToMs(madeAt) + requirement.coolingOffSeconds * 1000;
