// One line for each cut-off of today: who is there, how much time is left, and how much of what waits is at risk.

import type { CutOffView } from '../../shared/contract/calendar.ts';
import type { Status } from '../../shared/contract/terminal.ts';
import { type Say, useSay } from '../i18n/index.ts';
import { useCalendar } from '../queries.ts';
import { usePresent } from './present.ts';

const minuteMs = 60_000;

export function timeLeft(deadline: string, say: Say): string {
  const minutes = Math.floor((Date.parse(deadline) - Date.now()) / minuteMs);
  return minutes < 0
    ? say('cal.over')
    : say('cal.left', { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, '0') });
}

export function CutOffLine({ line }: { readonly line: CutOffView }) {
  const { say } = useSay();
  const { asset, approvers, cutOff, deadline, waiting, atRisk } = line;
  return (
    <p className={atRisk.length > 0 ? 'refusal' : 'quiet'} role="status" data-cut-off={`${asset} ${cutOff}`}>
      {say('cal.line', { asset, approvers, cutOff, left: timeLeft(deadline, say), risk: atRisk.length, waiting })}
    </p>
  );
}

/** Above the worklist: only where a cut-off of today has something waiting. */
export function CutOffLines({ status }: { readonly status: Status }) {
  const present = usePresent();
  const { data } = useCalendar(status, new Date().toISOString().slice(0, 7), present);
  return (data?.cutOffs ?? []).map((line) => <CutOffLine key={`${line.asset}|${line.cutOff}`} line={line} />);
}
