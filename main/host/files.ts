// The built user interface, served from a manifest that the build wrote: a path that is not in it does not exist, and a file
// that is not as it was built is not served.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.record(
  z.string().regex(/^\/[A-Za-z0-9._/-]*$/),
  z.strictObject({ file: z.string(), sha256: z.string(), type: z.string() }),
);
export type Manifest = z.infer<typeof manifestSchema>;

export interface ServedFile {
  readonly type: string;
  readonly body: Buffer;
}

/** `undefined` for anything that is not exactly a path of the manifest. Throws on a file that was changed after the build. */
export type Files = (path: string) => ServedFile | undefined;

export function openFiles(directory: string): Files {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')));
  const known = new Map(Object.entries(manifest));
  const served = new Map<string, ServedFile>();
  return (path) => {
    const entry = known.get(path);
    if (entry === undefined) return undefined;
    const before = served.get(path);
    if (before !== undefined) return before;
    const body = readFileSync(join(directory, entry.file));
    if (createHash('sha256').update(body).digest('base64') !== entry.sha256)
      throw new Error(`${path} is not as it was built`);
    const file = { type: entry.type, body };
    served.set(path, file);
    return file;
  };
}
