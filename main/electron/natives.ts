// Native modules lie outside the archive that the app's own integrity covers, so their digests are listed at packaging and
// checked before the first of them is loaded.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const listSchema = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/));

/** Undefined when every listed file is as it was packaged; otherwise the first that is not. */
export function changedNative(resources: string): string | undefined {
  const list = listSchema.parse(JSON.parse(readFileSync(join(resources, 'natives.json'), 'utf8')));
  const files = Object.entries(list);
  if (files.length === 0) return 'natives.json lists nothing';
  return files.find(([file, digest]) => {
    try {
      return (
        createHash('sha256')
          .update(readFileSync(join(resources, file)))
          .digest('hex') !== digest
      );
    } catch {
      return true;
    }
  })?.[0];
}
