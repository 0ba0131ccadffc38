// Adopt calendar: which days the bank works for the assets it governs, with make-up working days, time zone and cut-offs, as
// data. The next version of a calendar replaces the one before; what was decided by that one stays decided.

import { z } from 'zod';
import { type Effect, put } from '../books.ts';
import { calendarSchema } from '../calendar.ts';
import { refuse } from '../result.ts';
import { type Kind, movesNothing } from './kind.ts';
import { malformed, unknown } from './refusals.ts';

export const adoptCalendarSchema = z.strictObject({ kind: z.literal('adopt calendar'), calendar: calendarSchema });

export const adoptCalendar: Kind<z.infer<typeof adoptCalendarSchema>> = {
  ...movesNothing,
  makers: ['officer'],
  checkers: [{ role: 'officer', count: 1 }],
  consequence: ({ calendar: one }) =>
    `Calendar ${one.id}, version ${one.version}, governs ${one.assets.join(', ') || 'nothing'} from ${one.from} to ` +
    `${one.through}: ${one.holidays.length} holiday(s), ${one.workingDays.length} make-up working day(s), ` +
    `${one.cutOffs.length} cut-off(s).`,
  check({ calendar }, books) {
    const { id, version, assets, cutOffs } = calendar;
    const next = (books.get('calendar', id)?.version ?? 0) + 1;
    if (version !== next) return malformed(`The next version of calendar ${id} is ${next}.`);
    if (cutOffs.some((one) => !assets.includes(one.asset)))
      return malformed('A cut-off is for an asset that the calendar does not govern.');
    for (const asset of assets) {
      if (books.get('account', `cash:${asset}`) === undefined) return unknown('asset', asset);
      const other = books.get('calendarOf', asset)?.calendar ?? null;
      if (other !== null && other !== id)
        return refuse(
          'state',
          'The calendar was not adopted.',
          `${asset} is governed by calendar ${other}.`,
          `Adopt calendar ${other} without ${asset} first.`,
        ).refusal;
    }
    return undefined;
  },
  effects({ calendar }, books) {
    const { id, version, assets } = calendar;
    const left = (books.get('calendar', id)?.assets ?? []).filter((asset) => !assets.includes(asset));
    const governed = (asset: string, by: string | null): Effect => put('calendarOf', asset, { calendar: by });
    return [
      put('calendar', id, calendar),
      put('calendar', `${id}|${version}`, calendar),
      ...left.map((asset) => governed(asset, null)),
      ...assets.map((asset) => governed(asset, id)),
    ];
  },
};
