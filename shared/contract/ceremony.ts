// WebAuthn ceremonies as they cross between terminal and renderer: JSON forms of WebAuthn Level 3 section 5.1, with the PRF
// extension. The renderer carries them to the authenticator and back, and understands nothing of them.

import { z } from 'zod';
import { base64url } from '../ids.ts';

const bytes = base64url(1, 100_000);
const salts = z.strictObject({ first: base64url(43, 43), second: base64url(43, 43).optional() });

/** What `navigator.credentials.create` is given. */
export const creationOptionsSchema = z.looseObject({
  rp: z.looseObject({ id: z.string(), name: z.string() }),
  user: z.looseObject({ id: bytes, name: z.string(), displayName: z.string() }),
  challenge: bytes,
  pubKeyCredParams: z.array(z.looseObject({ type: z.literal('public-key'), alg: z.number() })),
  excludeCredentials: z.array(z.looseObject({ id: bytes })).optional(),
  extensions: z.looseObject({ prf: z.looseObject({ eval: salts.optional() }).optional() }).optional(),
});

/** What `navigator.credentials.get` is given. */
export const requestOptionsSchema = z.looseObject({
  rpId: z.string(),
  challenge: bytes,
  allowCredentials: z.array(z.looseObject({ id: bytes })),
  userVerification: z.literal('required'),
  extensions: z
    .looseObject({ prf: z.looseObject({ evalByCredential: z.record(z.string(), salts) }).optional() })
    .optional(),
});

/** What the authenticator's PRF gave: 32 bytes for each salt. Secret; goes up once, and both sides forget it. */
const prfResults = z.looseObject({
  enabled: z.boolean().optional(),
  results: z.looseObject({ first: base64url(43, 43).optional(), second: base64url(43, 43).optional() }).optional(),
});
const response = <T extends z.ZodRawShape>(fields: T) =>
  z.looseObject({
    id: bytes,
    rawId: bytes,
    type: z.literal('public-key'),
    authenticatorAttachment: z.string().nullish(),
    response: z.looseObject(fields),
    clientExtensionResults: z.looseObject({ prf: prfResults.optional() }),
  });

export const registrationSchema = response({ clientDataJSON: bytes, attestationObject: bytes });
export const assertionSchema = response({ clientDataJSON: bytes, authenticatorData: bytes, signature: bytes });

export type CreationOptions = z.infer<typeof creationOptionsSchema>;
export type RequestOptions = z.infer<typeof requestOptionsSchema>;
export type Registration = z.infer<typeof registrationSchema>;
export type Assertion = z.infer<typeof assertionSchema>;
