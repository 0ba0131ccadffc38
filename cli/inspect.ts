// `custos iso inspect`: what is in message files, one line for each. It never fails on a file: what cannot be read says why.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { schemasIn as schemasInFolder } from '../disk/schemas.ts';
import { type Inspection, openInspection, uninspected } from '../shared/iso20022/inspect.ts';
import type { Schemas } from '../shared/iso20022/schema.ts';
import { keepForVerdict, verdictOf } from '../shared/iso20022/verdict.ts';

const chunkBytes = 64 << 10;
/** Schema errors of one file that are shown. */
const shownErrors = 100;

/** Schemas of a folder, by name; undefined where there is no such folder. */
export const schemasIn = (folder: string | undefined): Schemas | undefined =>
  schemasInFolder(folder === undefined ? schemaFolder() : resolve(process.env.INIT_CWD ?? '.', folder));

/** Where the schemas lie on this machine, if nobody says otherwise. */
export const schemaFolder = (): string =>
  resolve(process.env.CUSTOS_DATA ?? resolve(import.meta.dirname, '../../shared/data'), 'iso20022/xsd');

export type InspectedFile = { readonly file: string } & Inspection;

export function inspectFile(file: string, schemas: Schemas | undefined): InspectedFile {
  try {
    return { file, ...inspectBytes(file, schemas) };
  } catch (error) {
    return { file, ...uninspected(reasonOf(error)) };
  }
}

function inspectBytes(file: string, schemas: Schemas | undefined): Inspection {
  // npm runs from the project's folder: what was typed is relative to where it was typed.
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  // Before it is opened: opening a pipe may wait for ever.
  if (!statSync(path).isFile()) return uninspected('It is not a file.');
  const descriptor = openSync(path, 'r');
  try {
    const inspection = openInspection();
    const kept = keepForVerdict();
    for (;;) {
      const chunk = new Uint8Array(chunkBytes);
      const read = readSync(descriptor, chunk, 0, chunkBytes, null);
      if (read === 0) break;
      const bytes = chunk.subarray(0, read);
      kept.add(bytes);
      if (!inspection.push(bytes)) break;
    }
    return withSchema(inspection.end(), schemas, kept.whole());
  } finally {
    closeSync(descriptor);
  }
}

function withSchema(found: Inspection, schemas: Schemas | undefined, bytes: Uint8Array | undefined): Inspection {
  const { message, wellFormed } = found;
  if (!wellFormed || message === null) return found;
  if (schemas === undefined)
    return { ...found, errors: [...found.errors, { line: null, what: 'No schema folder: name one with --xsd.' }] };
  const { schema, errors } = verdictOf(message, schemas, bytes);
  const more =
    errors.length > shownErrors ? [{ line: null, what: `There are ${errors.length - shownErrors} more.` }] : [];
  const named = errors.slice(0, shownErrors).map(({ line, what }) => ({ line, what: `schema: ${what}` }));
  return { ...found, schema, errors: [...found.errors, ...named, ...more] };
}

/** In words, without a path. */
function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'There is no such file.',
    EACCES: 'It may not be read.',
    EPERM: 'It may not be read.',
    EISDIR: 'It is a folder, not a file.',
    ENAMETOOLONG: 'There is no such file.',
    ENOTDIR: 'There is no such file.',
  };
  return (typeof code === 'string' ? known[code] : undefined) ?? 'It could not be read.';
}

/** For a person. */
export function* describe(one: InspectedFile): Generator<string> {
  const { file, message, wellFormed, schema, errors, statements, payments } = one;
  yield `${file}: ${message ?? 'no ISO 20022 message'}, ${wellFormed ? 'well-formed' : 'not readable'}, schema ${schema}`;
  for (const { id, account, currency, opening, closing, entries, credits, debits, balanced } of statements) {
    yield `  statement ${id} of ${account ?? 'no account'} in ${currency ?? 'no currency'}: ${entries} entries`;
    yield `    ${opening ?? '?'} + ${credits.sum} (${credits.count}) - ${debits.sum} (${debits.count}) -> ${closing ?? '?'}: ${
      balanced === null ? 'cannot be said' : balanced ? 'adds up' : 'does not add up'
    }`;
  }
  if (payments.count > 0) {
    const sums = Object.entries(payments.sums).map(([currency, sum]) => `${currency} ${sum}`);
    yield `  ${payments.count} payments: ${sums.join(', ')}`;
  }
  for (const { line, what } of errors) yield `  ${line === null ? '' : `line ${line}: `}${what}`;
}
