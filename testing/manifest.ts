// The list of sample messages (MANIFEST.csv): what another validator says of each.

import { dataText } from './data.ts';

export interface Sample {
  readonly file: string;
  readonly family: string;
  /** The ISO identifier, or `no-namespace`. */
  readonly message: string;
  readonly wellformed: string;
  readonly xsd_result: string;
  readonly statements: string;
  readonly entries: string;
}

export function samples(): Sample[] {
  const [header, ...rows] = dataText('iso20022/MANIFEST.csv').trim().split('\n');
  const names = header!.split(',');
  return rows.map((row) => {
    const cells = row.match(/("([^"]|"")*"|[^,]*)(,|$)/g)!.map((cell) => cell.replace(/,$/, ''));
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ''])) as unknown as Sample;
  });
}
