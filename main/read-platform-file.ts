// Reads a platform's CSV file (RFC 4180) as its bytes come: decoded, cut into records, and each taken by its row. Memory holds what
// the rows say, never the file.

import { createHash } from 'node:crypto';
import { CsvError, parse } from 'csv-parse';
import { bytesToBase64url } from '../shared/bytes.ts';
import {
  openPlatformReader,
  type PlatformFile,
  type PlatformMapping,
  type PlatformRefusal,
  platformLimits,
} from '../shared/platform-file.ts';
import { ok, type Result, refuse } from '../shared/result.ts';

export interface PlatformParse {
  readonly bytes: number;
  take(part: Uint8Array): Promise<Result<undefined, PlatformRefusal>>;
  /** With the SHA-256 of the file's bytes. */
  end(): Promise<Result<{ readonly file: PlatformFile; readonly digest: string }, PlatformRefusal>>;
}

type Form = Pick<PlatformMapping, 'encoding' | 'delimiter'>;

const no = (why: string, type: PlatformRefusal['type'] = 'not a platform file') =>
  refuse(type, 'The file was not read.', why, 'Choose the right file and mapping, or ask the platform.');

export function beginPlatformParse(mapping: PlatformMapping, assets: readonly string[]): PlatformParse {
  const reader = openPlatformReader(mapping, assets);
  const hash = createHash('sha256');
  const records = cutRecords(mapping);
  let bytes = 0;
  const takeAll = (cut: Result<readonly string[][], PlatformRefusal>): Result<undefined, PlatformRefusal> => {
    if (!cut.ok) return cut;
    for (const fields of cut.value) {
      const taken = reader.take(fields);
      if (!taken.ok) return taken;
    }
    return ok(undefined);
  };
  return {
    get bytes() {
      return bytes;
    },
    async take(part) {
      bytes += part.length;
      if (bytes > platformLimits.fileBytes)
        return no(`It is larger than ${platformLimits.fileBytes >> 20} MiB.`, 'too large');
      hash.update(part);
      return takeAll(await records.push(part));
    },
    async end() {
      const taken = takeAll(await records.end());
      if (!taken.ok) return taken;
      const file = reader.end();
      return file.ok ? ok({ file: file.value, digest: bytesToBase64url(hash.digest()) }) : file;
    },
  };
}

/** The first rows of a file whose beginning is here, so that a person can say which column is which. */
export async function firstRows(
  head: Uint8Array,
  form: Form,
  most: number,
): Promise<Result<readonly (readonly string[])[], PlatformRefusal>> {
  const records = cutRecords(form);
  const cut = await records.push(head);
  if (!cut.ok) return cut;
  // A file that ends here has no more; of a longer one the last record may be cut off, and the first are enough.
  const rest = cut.value.length < most ? await records.end() : ok([]);
  return ok([...cut.value, ...(rest.ok ? rest.value : [])].slice(0, most));
}

/** Bytes to records of fields; every field is text as it stands. */
function cutRecords({ encoding, delimiter }: Form) {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const parser = parse({
    delimiter,
    // The number of columns is a finding of its row, so that all such rows are named.
    ...{ relax_column_count: true, skip_empty_lines: true, max_record_size: platformLimits.lineBytes },
  });
  let records: string[][] = [];
  let failure: Error | undefined;
  parser.on('data', (record: string[]) => void records.push(record));
  parser.on('error', (error) => {
    failure = error;
  });
  const cut = (): Result<readonly string[][], PlatformRefusal> => {
    if (failure !== undefined) return no(whyNot(failure));
    const these = records;
    records = [];
    return ok(these);
  };
  const decode = (bytes: Uint8Array, isLast: boolean): string | undefined => {
    try {
      return decoder.decode(bytes, { stream: !isLast });
    } catch {
      return undefined;
    }
  };
  const undecoded = () => no(`Its bytes are not in the encoding ${encoding}.`);
  return {
    async push(bytes: Uint8Array): Promise<Result<readonly string[][], PlatformRefusal>> {
      const text = decode(bytes, false);
      if (text === undefined) return undecoded();
      if (failure === undefined && text !== '')
        await new Promise<void>((resolve) => void parser.write(text, () => resolve()));
      return cut();
    },
    async end(): Promise<Result<readonly string[][], PlatformRefusal>> {
      const text = decode(new Uint8Array(0), true);
      if (text === undefined) return undecoded();
      if (failure === undefined) {
        const over = new Promise<void>((resolve) => {
          parser.once('end', resolve);
          parser.once('error', () => resolve());
        });
        parser.end(text);
        await over;
      }
      return cut();
    },
  };
}

function whyNot(error: Error): string {
  const line = error instanceof CsvError && typeof error.lines === 'number' ? ` in line ${error.lines}` : '';
  if (error instanceof CsvError && error.code === 'CSV_MAX_RECORD_SIZE')
    return `A record${line} is longer than ${platformLimits.lineBytes} characters, as if a quote were missing.`;
  return `It is no CSV file${line}: a quote stands where none may, or is not closed.`;
}
