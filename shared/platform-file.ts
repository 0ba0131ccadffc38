// The platform's own sub-ledger file, row by row: what each row says, and what of it cannot be taken as it stands. The form is in
// docs/platform-file.md; a mapping says which column is which.

import { z } from 'zod';
import { assetByCode, assetCode } from './asset.ts';
import { decimalToMinor } from './money.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { unicodeText } from './text.ts';
import { type Day, day } from './time.ts';

const columnName = unicodeText(1, 80);

export const platformMappingSchema = z.strictObject({
  /** Short name of the platform whose file this is. */
  platform: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
  encoding: z.enum(['utf-8', 'gb18030']),
  delimiter: z.enum([',', ';', '\t', '|']),
  decimal: z.enum(['.', ',']),
  /** What the account column holds: our account id, or the custody number that payers quote. */
  accountIs: z.enum(['id', 'number']),
  account: columnName,
  balance: columnName,
  /** Without one, every row is in `asset`. */
  assetColumn: columnName.nullable(),
  asset: assetCode.nullable(),
  /** Without one, the day is given with the file. */
  dayColumn: columnName.nullable(),
});
export type PlatformMapping = z.infer<typeof platformMappingSchema>;

/** The account of the row that gives the sum of an asset. */
export const totalsMark = 'TOTAL';

export interface PlatformRow {
  /** From 1, the first after the header. */
  readonly row: number;
  readonly account: string;
  readonly asset: string;
  /** Minor units; what a platform says a client has may be below zero. */
  readonly amount: bigint;
}

export interface PlatformFinding {
  /** 0 for the file as a whole. */
  readonly row: number;
  readonly what: string;
}

export const platformLimits = { rows: 1_000_000, columns: 64, lineBytes: 16_384, fileBytes: 256 << 20 } as const;
const keptFindings = 200;

export type PlatformRefusal = Refusal<'not a platform file' | 'too large'>;

export interface PlatformFile {
  readonly rows: readonly PlatformRow[];
  /** The day that every row is as of; null where the file gives none. */
  readonly day: Day | null;
  /** The first of them, and how many there are: a file with any is compared, and not recorded. */
  readonly findings: readonly PlatformFinding[];
  readonly findingCount: number;
}

export interface PlatformReader {
  /** The header first, then row after row. */
  take(fields: readonly string[]): Result<undefined, PlatformRefusal>;
  end(): Result<PlatformFile, PlatformRefusal>;
}

const no = (type: PlatformRefusal['type'], why: string) =>
  refuse(type, 'The file was not read.', why, 'Choose the right file and mapping, or ask the platform.');

interface Columns {
  readonly account: number;
  readonly balance: number;
  readonly asset: number;
  readonly day: number;
  readonly count: number;
}

/** `assets` are those that the programme keeps. */
export function openPlatformReader(mapping: PlatformMapping, assets: readonly string[]): PlatformReader {
  const rows: PlatformRow[] = [];
  const findings: PlatformFinding[] = [];
  const sums = new Map<string, bigint>();
  const totals: { readonly row: number; readonly asset: string; readonly amount: bigint }[] = [];
  let columns: Columns | undefined;
  let found = 0;
  let row = 0;
  let asOf: string | null = null;
  const find = (at: number, what: string): void => {
    found += 1;
    if (findings.length < keptFindings) findings.push({ row: at, what });
  };

  function take(fields: readonly string[]): Result<undefined, PlatformRefusal> {
    if (columns === undefined) {
      const read = columnsOf(fields, mapping);
      if (!read.ok) return read;
      columns = read.value;
      return ok(undefined);
    }
    row += 1;
    if (row > platformLimits.rows) return no('too large', `It has more than ${platformLimits.rows} rows.`);
    if (fields.length !== columns.count) {
      find(row, `It has ${fields.length} columns, and the header has ${columns.count}.`);
      return ok(undefined);
    }
    takeRow(fields, columns);
    return ok(undefined);
  }

  function takeRow(fields: readonly string[], at: Columns): void {
    const account = (fields[at.account] as string).trim();
    const code = at.asset < 0 ? (mapping.asset ?? '') : (fields[at.asset] as string).trim();
    const amount = amountOf((fields[at.balance] as string).trim(), code, mapping.decimal);
    if (account === '') find(row, 'It names no account.');
    else if (typeof amount === 'string') find(row, amount);
    else if (!assets.includes(code)) find(row, `This programme does not keep ${code}.`);
    else if (account === totalsMark) totals.push({ row, asset: code, amount });
    else {
      rows.push({ row, account, asset: code, amount });
      sums.set(code, (sums.get(code) ?? 0n) + amount);
    }
    if (at.day < 0) return;
    const text = (fields[at.day] as string).trim();
    if (!day.safeParse(text).success) find(row, `${text === '' ? 'No day' : 'Its day'} is no date like 2026-11-23.`);
    else if (asOf !== null && asOf !== text) find(row, `It is as of ${text}, and rows before it as of ${asOf}.`);
    else asOf = text;
  }

  return {
    take,
    end() {
      if (columns === undefined) return no('not a platform file', 'It is empty.');
      for (const one of totals)
        if ((sums.get(one.asset) ?? 0n) !== one.amount)
          find(one.row, `Its total in ${one.asset} is not the sum of the rows.`);
      return ok({ rows, day: asOf as Day | null, findings, findingCount: found });
    },
  };
}

function columnsOf(fields: readonly string[], mapping: PlatformMapping): Result<Columns, PlatformRefusal> {
  const header = fields.map((name) => name.trim());
  if (header.length > platformLimits.columns)
    return no('too large', `It has more than ${platformLimits.columns} columns.`);
  const place = (name: string | null): number => (name === null ? -1 : header.indexOf(name));
  const wanted = [mapping.account, mapping.balance, mapping.assetColumn, mapping.dayColumn];
  for (const name of wanted) {
    if (name === null) continue;
    if (!header.includes(name)) return no('not a platform file', `It has no column ${name}.`);
    if (header.indexOf(name) !== header.lastIndexOf(name))
      return no('not a platform file', `It has two columns ${name}.`);
  }
  if (mapping.assetColumn === null && mapping.asset === null)
    return no('not a platform file', 'Neither a column nor the mapping says which asset it is in.');
  return ok({
    ...{ account: place(mapping.account), balance: place(mapping.balance), count: header.length },
    ...{ asset: place(mapping.assetColumn), day: place(mapping.dayColumn) },
  });
}

/** Minor units, or why not: plain digits, at most the decimals that the currency has, a minus sign before them. */
function amountOf(text: string, code: string, decimal: '.' | ','): bigint | string {
  const asset = assetByCode(code);
  if (asset === undefined) return `${code === '' ? 'No asset' : `The asset ${code.slice(0, 12)}`} is known.`;
  const parts = /^(-?)(\d{1,19})(?:([.,])(\d{1,18}))?$/.exec(text);
  if (parts === null || (parts[3] !== undefined && parts[3] !== decimal)) return 'Its balance is no plain number.';
  const [, sign, whole, , fraction = ''] = parts;
  if (fraction.length > asset.scale) return `${code} has ${asset.scale} decimals, and its balance ${fraction.length}.`;
  const read = decimalToMinor(fraction === '' ? (whole as string) : `${whole}.${fraction}`, asset);
  if (!read.ok) return read.refusal.why;
  return sign === '-' ? -read.value : read.value;
}
