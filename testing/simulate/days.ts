// How the clerk counts days: with a wall calendar, by hand. Nothing here is shared with `shared/calendar.ts`.

import type { Instruction } from '../../shared/instruction/schema.ts';

export interface WallCalendar {
  readonly id: string;
  readonly version: number;
  readonly minutes: number;
  readonly off: ReadonlySet<string>;
  readonly worked: ReadonlySet<string>;
  readonly from: string;
  readonly through: string;
  readonly cutOffs: readonly { readonly kinds: readonly string[]; readonly asset: string; readonly at: string }[];
  readonly assets: readonly string[];
}

type Adopted = Extract<Instruction, { kind: 'adopt calendar' }>['calendar'];
export const onTheWall = ({ offsets, holidays, workingDays, ...rest }: Adopted): WallCalendar => ({
  ...rest,
  minutes: offsets[0]?.minutes ?? 0,
  off: new Set(holidays),
  worked: new Set(workingDays),
});

export function localTime(wall: WallCalendar, atMs: number): { day: string; time: string } {
  const local = new Date(atMs + wall.minutes * 60_000).toISOString();
  return { day: local.slice(0, 10), time: local.slice(11, 16) };
}

export function isOpen(wall: WallCalendar, day: string): boolean {
  if (wall.worked.has(day)) return true;
  const weekday = new Date(`${day}T12:00:00Z`).getUTCDay();
  return weekday !== 0 && weekday !== 6 && !wall.off.has(day);
}

const dated = (body: Instruction): string | undefined => ('valueDate' in body ? body.valueDate : undefined);

export function isForLater(wall: WallCalendar | undefined, body: Instruction, atMs: number): boolean {
  const on = dated(body);
  return on !== undefined && wall !== undefined && on > localTime(wall, atMs).day;
}

/** Why the day that somebody chose is no good. */
export function whyNotOn(wall: WallCalendar | undefined, body: Instruction, atMs: number): string | undefined {
  const on = dated(body);
  if (on === undefined) return undefined;
  if (wall === undefined) return 'no calendar';
  const { day, time } = localTime(wall, atMs);
  if (on < day) return 'that day is over';
  if (Date.parse(on) - Date.parse(day) > 30 * 86_400_000) return 'too far ahead';
  if (on < wall.from || on > wall.through || day < wall.from) return 'nobody knows that day';
  if (!isOpen(wall, on)) return 'the bank is closed on that day';
  if (on > day || body.kind === 'book transfer') return undefined;
  const late = wall.cutOffs.some(
    (one) =>
      one.asset === ('asset' in body ? body.asset : '') &&
      (one.kinds.length === 0 || one.kinds.includes(body.kind)) &&
      time >= one.at,
  );
  return late ? 'after the cut-off' : undefined;
}

/** Why the day of something approved has not come. */
export function whyNotDue(wall: WallCalendar | undefined, body: Instruction, atMs: number): string | undefined {
  const on = dated(body);
  if (on === undefined || wall === undefined) return 'it waits for no day';
  const { day } = localTime(wall, atMs);
  if (day < on) return 'its day has not come';
  return day < wall.from || day > wall.through || !isOpen(wall, day) ? 'the bank is closed today' : undefined;
}
