// The clerk's book of fees: what every account had when a day ended, and what that bears, as numerators over one large number that
// every kind of year and every millionth divides.

import type { Instruction } from '../../shared/instruction/schema.ts';

type Schedule = Extract<Instruction, { kind: 'adopt fee schedule' }>['schedule'];

/** One minor unit. */
export const minorUnit = 1_000_000n * 360n * 365n * 366n;
/** What the log counts in: so many of it make one of ours. */
const logUnit = 30n;

const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const after = (day: string): string => dayText(Date.parse(`${day}T12:00:00.000Z`) + 86_400_000);

export class FeeBook {
  readonly schedules = new Map<string, Schedule[]>();
  /** Balances at the end of each day, and the last day that is accrued; all in CNY. */
  readonly #ends = new Map<string, ReadonlyMap<string, bigint>>();
  #through: string | undefined;
  /** By code and account. */
  readonly accrued = new Map<string, bigint>();
  readonly #borne = new Map<string, [key: string, much: bigint][]>();

  /** Whatever ended between two moments ended with these balances. */
  endDays(fromMs: number, toMs: number, balances: ReadonlyMap<string, bigint>): void {
    for (let day = dayText(fromMs); day < dayText(toMs); day = after(day)) this.#ends.set(day, balances);
  }

  whole(code: string, account: string): bigint {
    const much = this.accrued.get(`${code}|${account}`) ?? 0n;
    return much > 0n ? much / minorUnit : 0n;
  }

  add(key: string, much: bigint): void {
    this.accrued.set(key, (this.accrued.get(key) ?? 0n) + much);
  }

  whyNotAdopted({ code, version, from }: Schedule, atMs: number): string | undefined {
    const before = this.schedules.get(code) ?? [];
    if (version !== before.length + 1) return 'not the next version';
    const last = before.at(-1);
    if (last !== undefined && from <= last.from) return 'before the one before';
    return from < dayText(atMs) ? 'in the past' : undefined;
  }

  adopt(schedule: Schedule, atMs: number): void {
    const next = this.#through === undefined ? undefined : after(this.#through);
    const isLive =
      next !== undefined &&
      [...this.schedules.values()].some((all) => {
        const until = all.at(-1)?.until;
        return until === null || (until !== undefined && until >= next);
      });
    if (!isLive) this.#through = dayText(atMs - 86_400_000);
    this.schedules.set(schedule.code, [...(this.schedules.get(schedule.code) ?? []), schedule]);
  }

  #inForce(day: string, basis: Schedule['basis']): Schedule[] {
    return [...this.schedules.values()].flatMap((all) => {
      const begun = all.filter(({ from }) => from <= day).at(-1);
      const isOn = begun !== undefined && (begun.until === null || day <= begun.until) && begun.basis === basis;
      return isOn ? [begun] : [];
    });
  }

  #bears({ tiers, minimum, maximum, basis, dayCount }: Schedule, base: bigint, day: string): bigint {
    if (base <= 0n) return 0n;
    let parts = 0n;
    for (const [i, { from, ppm }] of tiers.entries()) {
      const [low, high] = [BigInt(from), BigInt(tiers[i + 1]?.from ?? base)];
      const part = (base < high ? base : high) - low;
      if (part > 0n) parts += part * BigInt(ppm);
    }
    const isLeap = new Date(Date.UTC(Number(day.slice(0, 4)), 1, 29)).getUTCMonth() === 1;
    const year = dayCount === 'act/360' ? 360n : dayCount === 'actual' && isLeap ? 366n : 365n;
    const much = (parts * minorUnit) / 1_000_000n / (basis === 'balance' ? year : 1n);
    const [least, most] = [BigInt(minimum) * minorUnit, BigInt(maximum) * minorUnit];
    if (much < least) return least;
    return much > most ? most : much;
  }

  #linesOf(day: string): [key: string, much: bigint][] {
    return this.#inForce(day, 'balance').flatMap((schedule) =>
      [...(this.#ends.get(day) ?? [])].flatMap(([account, balance]): [string, bigint][] => {
        const much = this.#bears(schedule, balance, day);
        return much === 0n ? [] : [[`${schedule.code}|${account}`, much]];
      }),
    );
  }

  whyNotPosted(day: string, accounts: number, units: string, atMs: number): string | undefined {
    if (this.#through === undefined || day !== after(this.#through)) return 'another day comes next';
    if (day >= dayText(atMs)) return 'the day is not over';
    const lines = this.#linesOf(day);
    const sum = lines.reduce((all, [, much]) => all + much, 0n);
    if (accounts !== lines.length) return `${lines.length} accounts bear something`;
    return BigInt(units) * logUnit === sum ? undefined : 'another sum';
  }

  post(day: string): void {
    for (const [key, much] of this.#linesOf(day)) this.add(key, much);
    this.#through = day;
  }

  /** A payment that was approved; forgotten again when the bank rejects it. */
  pay(payment: string, account: string, amount: bigint, atMs: number): void {
    for (const schedule of this.#inForce(dayText(atMs), 'payments')) {
      const [key, much] = [`${schedule.code}|${account}`, this.#bears(schedule, amount, dayText(atMs))];
      if (much === 0n) continue;
      this.add(key, much);
      this.#borne.set(payment, [...(this.#borne.get(payment) ?? []), [key, much]]);
    }
  }

  forget(payment: string): void {
    for (const [key, much] of this.#borne.get(payment) ?? []) this.add(key, -much);
    this.#borne.delete(payment);
  }
}
