// A statement whose bank or custodian was read, as events: its figures first, then its lines, so many to an event.

import { bytesToBase64url, utf8 } from '../../shared/bytes.ts';
import type { CustosEvent, EventOf } from '../../shared/event.ts';
import { linesPerRow } from '../../shared/statement.ts';
import type { Day } from '../../shared/time.ts';
import type { AnswerParts } from './answers.ts';

interface Figures {
  readonly statement: string;
  readonly asset: string;
  readonly pool?: string;
  readonly day: Day;
  readonly opening: bigint;
  readonly closing: bigint;
}

/** `text` is the file itself, known later by its hash. */
export function statementEvents(
  { hash, newEvent }: Pick<AnswerParts, 'hash' | 'newEvent'>,
  { opening, closing, ...head }: Figures,
  lines: EventOf<'statement.lines'>['body']['lines'],
  text: string,
): CustosEvent[] {
  const { statement } = head;
  const figures = { opening: opening.toString(), closing: closing.toString(), entries: lines.length };
  const file = bytesToBase64url(hash(utf8(text)));
  const events: CustosEvent[] = [newEvent('statement.received', { ...head, ...figures, file })];
  for (let from = 0; from < lines.length; from += linesPerRow)
    events.push(newEvent('statement.lines', { statement, from, lines: lines.slice(from, from + linesPerRow) }));
  return events;
}
