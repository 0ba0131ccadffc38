// Enrol operator and enrol terminal: who may sign, decided like money. One person has one operator, whatever they hold.

import { z } from 'zod';
import { type Books, type Effect, enrolledAs, put } from '../books.ts';
import { type Operator, operatorSchema, terminalSchema } from '../operator.ts';
import { type Kind, movesNothing } from './kind.ts';
import { duplicate } from './refusals.ts';

export const enrolOperatorSchema = z.strictObject({ kind: z.literal('enrol operator'), operator: operatorSchema });
export const enrolTerminalSchema = z.strictObject({ kind: z.literal('enrol terminal'), terminal: terminalSchema });

/** Rows of an operator, used by genesis as well. */
export const operatorRows = (operator: Operator): Effect[] => [
  put('operator', operator.id, operator),
  put('person', operator.person, { operator: operator.id }),
  ...operator.credentials.map(({ id, publicKey }) => put('credential', id, { operator: operator.id, publicKey })),
];

/** One more of a role, or one more terminal, may sign. */
const alsoEnrolled = (books: Books, list: string, id: string): Effect =>
  put('enrolled', list, { ids: [...enrolledAs(books, list), id].sort() });

export function checkOperator(operator: Operator, books: Books) {
  if (books.get('operator', operator.id) !== undefined) return duplicate('Operator', operator.id);
  // Who was revoked may come back under another id and with another authenticator, for instance after losing theirs.
  const before = books.get('person', operator.person)?.operator;
  if (before !== undefined && books.get('operator', before)?.revokedAt === undefined)
    return duplicate('The person of operator', operator.id);
  const ids = operator.credentials.map((credential) => credential.id);
  const taken = ids.find((id) => books.get('credential', id) !== undefined);
  return taken === undefined && new Set(ids).size === ids.length
    ? undefined
    : duplicate('A credential of operator', operator.id);
}

export const enrolOperator: Kind<z.infer<typeof enrolOperatorSchema>> = {
  ...movesNothing,
  makers: ['officer'],
  consequence: ({ operator }) =>
    `${operator.id} becomes a ${operator.role} with ${operator.credentials.length} authenticator(s).`,
  check: ({ operator }, books) => checkOperator(operator, books),
  effects: ({ operator }, books) => [...operatorRows(operator), alsoEnrolled(books, operator.role, operator.id)],
};

export const enrolTerminal: Kind<z.infer<typeof enrolTerminalSchema>> = {
  ...movesNothing,
  makers: ['officer'],
  consequence: ({ terminal }) => `Terminal ${terminal.id} may take part in this programme.`,
  check: ({ terminal }, books) =>
    books.get('terminal', terminal.id) === undefined ? undefined : duplicate('Terminal', terminal.id),
  effects: ({ terminal }, books) => [
    put('terminal', terminal.id, terminal),
    alsoEnrolled(books, 'terminal', terminal.id),
  ],
};
