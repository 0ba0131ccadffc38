// Recorded: after a real recovery a terminal signs nothing but the record of it, until the log holds that record as approved by
// another officer. So nobody who brings the cards together can move money before the programme knows of it.

import type { CustosEvent } from '../shared/event.ts';
import type { RecordRecovery } from '../shared/instruction/record-recovery.ts';
import { type Refusal, refuse } from '../shared/result.ts';
import type { Session } from './session.ts';
import { readSetting } from './store/settings.ts';

/** The record that is still missing in the log, for an officer to make. */
export function missingRecord({ store, books }: Session): RecordRecovery | undefined {
  const text = readSetting(store, 'recovered') ?? '';
  if (text === '') return undefined;
  const draft = JSON.parse(text) as RecordRecovery;
  return books.get('recovery', draft.report) === undefined ? draft : undefined;
}

/** Why this event may not be signed here yet, if so. */
export function notRecorded(session: Session, event: CustosEvent): Refusal<'not on record'> | undefined {
  if (missingRecord(session) === undefined || kindOfEvent(session, event) === 'record recovery') return undefined;
  const why = 'This vault was opened with recovery shares, and the log does not hold the approved record of it yet.';
  const next = 'An officer puts it on record, another one approves it; then synchronise.';
  return refuse('not on record', 'It was not signed.', why, next).refusal;
}

function kindOfEvent(session: Session, event: CustosEvent): string | undefined {
  if (event.type === 'instruction.made') return event.body.instruction.kind;
  if (!('instruction' in event.body)) return undefined;
  const { instruction } = event.body;
  return typeof instruction === 'string' ? session.overlay().get('instruction', instruction)?.body.kind : undefined;
}
