// Revoke operator and revoke terminal: from that moment on nothing they sign is admitted. What they signed before stands, what
// they made and is waiting stays for others to decide, and their id is never given to anybody again.

import { z } from 'zod';
import { type Books, type Effect, enrolledAs, put } from '../books.ts';
import { nameId } from '../ids.ts';
import { refuse } from '../result.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { unknown } from './refusals.ts';

const reason = z.string().min(1).max(200);
export const revokeOperatorSchema = z.strictObject({ kind: z.literal('revoke operator'), operator: nameId, reason });
export const revokeTerminalSchema = z.strictObject({ kind: z.literal('revoke terminal'), terminal: nameId, reason });

/** Two officers at least must remain: one alone could change nothing any more, and none could bring another in. */
const leastOfficers = 2;
const leastTerminals = 1;

const no = (why: string, next: string): InstructionRefusal => refuse('state', 'Nobody was revoked.', why, next).refusal;

const without = (books: Books, list: string, id: string): Effect => {
  const ids = enrolledAs(books, list).filter((one) => one !== id);
  return put('enrolled', list, { ids });
};

export const revokeOperator: Kind<z.infer<typeof revokeOperatorSchema>> = {
  ...movesNothing,
  makers: ['officer'],
  checkers: [{ role: 'officer', count: 1 }],
  consequence({ operator, reason: why }, books) {
    const role = books.get('operator', operator)?.role ?? 'operator';
    return `${operator} (${role}) may sign nothing any more, for good. What they made and is waiting stays. Reason: ${why}`;
  },
  check({ operator: id }, books) {
    const operator = books.get('operator', id);
    if (operator === undefined) return unknown('operator', id);
    if (operator.revokedAt !== undefined)
      return no(`${id} was revoked on ${operator.revokedAt}.`, 'Nothing is needed.');
    if (operator.role === 'officer' && enrolledAs(books, 'officer').length <= leastOfficers)
      return no(`Fewer than ${leastOfficers} officers would remain.`, 'Enrol another officer first.');
    return undefined;
  },
  effects({ operator: id }, books, { admittedAt }) {
    const operator = books.get('operator', id);
    return operator === undefined
      ? []
      : [put('operator', id, { ...operator, revokedAt: admittedAt }), without(books, operator.role, id)];
  },
};

export const revokeTerminal: Kind<z.infer<typeof revokeTerminalSchema>> = {
  ...movesNothing,
  makers: ['officer'],
  checkers: [{ role: 'officer', count: 1 }],
  consequence: ({ terminal, reason: why }) =>
    `Nothing signed on terminal ${terminal} is admitted any more, and the depository does not answer it. Reason: ${why}`,
  check({ terminal: id }, books) {
    const terminal = books.get('terminal', id);
    if (terminal === undefined) return unknown('terminal', id);
    if (terminal.revokedAt !== undefined)
      return no(`${id} was revoked on ${terminal.revokedAt}.`, 'Nothing is needed.');
    if (enrolledAs(books, 'terminal').length <= leastTerminals)
      return no('No terminal would remain.', 'Enrol another terminal first.');
    return undefined;
  },
  effects({ terminal: id }, books, { admittedAt }) {
    const terminal = books.get('terminal', id);
    return terminal === undefined
      ? []
      : [put('terminal', id, { ...terminal, revokedAt: admittedAt }), without(books, 'terminal', id)];
  },
};
