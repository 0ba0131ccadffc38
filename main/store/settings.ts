// Settings of this terminal: few, small, by name.

import type { Store } from './open.ts';

/**
 * `slots` is the newest revision of the slot file, `attempts` the newest serial of the record of failed attempts; `change keys`
 * is why the keys must be changed, empty when they need not; `restored` is in a backup, and stays in what is restored from it
 * until that has synchronised; a repair of a vault that was not the newest one leaves it as well. `read only` is what was found,
 * empty once it was repaired. `recovered` is the record that the log must hold before anything else is signed here.
 */
export type SettingName =
  | 'generation'
  | 'root'
  | 'slots'
  | 'attempts'
  | 'change keys'
  | 'backup plan'
  | 'restored'
  | 'recovered'
  | 'invitation'
  | 'terminal'
  | 'checkpoint'
  | 'read only'
  | `person ${string}`
  | `platform ${string}`;

export function readSetting(store: Pick<Store, 'prepare'>, name: SettingName): string | undefined {
  return store.prepare('SELECT value FROM settings WHERE name = ?').pluck().get(name) as string | undefined;
}

/** Inside a database transaction. The checkpoint proves itself by its signatures and is not counted. */
export function writeSetting(store: Store, name: SettingName, value: string): void {
  if (name !== 'checkpoint') store.digests.replace('setting', name, readSetting(store, name), value);
  store
    .prepare('INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
    .run(name, value);
}

/** Names of settings that begin with `prefix`. */
export function settingNames(store: Store, prefix: string): string[] {
  return store
    .prepare('SELECT name FROM settings WHERE substr(name, 1, ?) = ?')
    .pluck()
    .all(prefix.length, prefix) as string[];
}
