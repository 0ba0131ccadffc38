// Register client: an id and a salted commitment to the identity; names and documents never enter the log.

import { z } from 'zod';
import { put } from '../books.ts';
import { digest, nameId } from '../ids.ts';
import { type Kind, movesNothing } from './kind.ts';
import { duplicate } from './refusals.ts';

export const registerClientSchema = z.strictObject({
  kind: z.literal('register client'),
  client: nameId,
  identity: digest,
});
type RegisterClient = z.infer<typeof registerClientSchema>;

export const registerClient: Kind<RegisterClient> = {
  ...movesNothing,
  makers: ['teller', 'officer'],
  consequence: ({ client }) => `Client ${client} is registered.`,
  check: ({ client }, books) => (books.get('client', client) ? duplicate('Client', client) : undefined),
  effects: ({ client, identity }) => [put('client', client, { id: client, identity })],
};
