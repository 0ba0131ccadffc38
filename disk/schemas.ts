// Schemas of a folder, by the name of their message.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openSchemas, type Schemas } from '../shared/iso20022/schema.ts';

/** Undefined where there is no such folder. */
export function schemasIn(folder: string): Schemas | undefined {
  if (!existsSync(folder)) return undefined;
  return openSchemas((message) => {
    const file = resolve(folder, `${message}.xsd`);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  });
}
