// Operators, terminals and the machines of the bank: who may sign, with which keys.

import { z } from 'zod';
import { base64url, digest, nameId } from './ids.ts';

export const roles = ['teller', 'supervisor', 'officer', 'risk', 'compliance', 'auditor'] as const;
export type Role = (typeof roles)[number];
export const role = z.enum(roles);

/** base64url of an Ed25519 public key (32 bytes). */
export const ed25519Key = base64url(43, 43);
/** base64url of an uncompressed P-256 point (65 bytes). */
export const es256Key = base64url(87, 87);

export const credentialSchema = z.strictObject({
  id: base64url(16, 1366),
  publicKey: es256Key,
  /** Measured at enrolment by evaluating twice; a credential without PRF opens only slots the policy admits. */
  prf: z.boolean(),
});

/** A person with one role. Names stay out of the log: `person` is a keyed digest of the staff identifier. */
export const operatorSchema = z.strictObject({
  id: nameId,
  role,
  person: digest,
  credentials: z.array(credentialSchema).min(1).max(8),
  /** The operator's Ed25519 key, opened only inside a ceremony; null where no authenticator of theirs has PRF. */
  signingKey: ed25519Key.nullable(),
});
export type Operator = z.infer<typeof operatorSchema>;

export const terminalSchema = z.strictObject({ id: nameId, key: ed25519Key });
export type Terminal = z.infer<typeof terminalSchema>;
