// Forward-only migrations: numbered without gaps, each in one database transaction with its number; a file from a newer
// version is refused by name.

import { assert } from '../../shared/assert.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import type { Store } from './open.ts';

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

export function migrate(store: Store, migrations: readonly Migration[]): Result<number, Refusal<'vault too new'>> {
  migrations.forEach((one, i) => {
    assert(one.version === i + 1, 'migrations are numbered from 1 without gaps');
  });
  const current = store.readPragma('user_version') as number;
  if (current > migrations.length)
    return refuse(
      'vault too new',
      'The vault was not opened.',
      'A newer Custos has written it.',
      'Install that version.',
    );
  for (const { version, sql } of migrations.slice(current))
    store.transaction(() => {
      store.exec(sql);
      store.exec(`PRAGMA user_version = ${version}`);
    });
  return ok(migrations.length);
}
