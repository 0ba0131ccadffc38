// The contract between a terminal and the depository's gateway: typed HTTP with an OpenAPI description. Every request is
// signed with the terminal's key (request.ts).

import { oc } from '@orpc/contract';
import { z } from 'zod';
import { base64url, digest, nameId } from '../ids.ts';
import { detailsSchema } from '../instruction/payee.ts';
import { submissionSchema } from '../submission.ts';
import { bankFileSchema } from './day.ts';
import { resultOf } from './result.ts';

const programme = nameId;
const size = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const maxSubmissions = 200;
export const maxRecords = 1000;

export const depositoryContract = {
  submit: oc
    .route({ method: 'POST', path: '/{programme}/submissions', summary: 'Hand in signed events, in order' })
    .input(z.strictObject({ programme, submissions: z.array(submissionSchema).min(1).max(maxSubmissions) }))
    .output(
      z.strictObject({
        /** In order: the place in the log (null when the same event was there already), or the refusal. */
        outcomes: z.array(resultOf(z.strictObject({ sequence: z.int().nullable() }))),
      }),
    ),
  checkpoint: oc
    .route({ method: 'GET', path: '/{programme}/checkpoint', summary: 'The newest signed checkpoint' })
    .input(z.strictObject({ programme }))
    .output(z.strictObject({ note: z.string().max(100_000) })),
  records: oc
    .route({ method: 'GET', path: '/{programme}/records', summary: 'Canonical records from..to, to excluded' })
    .input(z.strictObject({ programme, from: size, to: size }))
    .output(z.strictObject({ records: z.array(z.string().max(65_535)).max(maxRecords) })),
  consistency: oc
    .route({ method: 'GET', path: '/{programme}/consistency', summary: 'RFC 6962 consistency proof' })
    .input(z.strictObject({ programme, older: size, newer: size }))
    .output(resultOf(z.strictObject({ path: z.array(base64url(43, 43)).max(64) }))),
  details: oc
    .route({ method: 'POST', path: '/{programme}/details', summary: 'Details behind commitments, where not erased' })
    .input(z.strictObject({ programme, commitments: z.array(digest).max(1000) }))
    .output(z.strictObject({ details: z.array(detailsSchema) })),
  bankFiles: oc
    .route({ method: 'GET', path: '/{programme}/bank-files', summary: 'Files exchanged with the bank, newest first' })
    .input(z.strictObject({ programme }))
    .output(z.strictObject({ files: z.array(bankFileSchema).max(500) })),
  cosign: oc
    .route({ method: 'POST', path: '/{programme}/cosignatures', summary: 'A witness vouches for a checkpoint' })
    .input(z.strictObject({ programme, note: z.string().max(100_000) }))
    .output(resultOf(z.strictObject({ size: z.int() }))),
};
