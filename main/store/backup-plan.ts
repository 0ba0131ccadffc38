// The plan by which backups are made, and how it stands.

import { type BackupPlan, backupPlanSchema } from '../../shared/contract/vault.ts';
import { lastOf } from './diary.ts';
import type { Store } from './open.ts';
import { readSetting } from './settings.ts';

export interface StandingPlan extends BackupPlan {
  /** The newest backup in the plan's folder, and the newest attempt since then that failed. */
  readonly lastAt: string | undefined;
  readonly failedAt: string | undefined;
}

export function readPlan(store: Store): StandingPlan | undefined {
  const text = readSetting(store, 'backup plan') ?? '';
  if (text === '') return undefined;
  const plan = backupPlanSchema.parse(JSON.parse(text));
  const made = lastOf(store, 'backup made');
  const lastAt = made?.facts.folder === plan.folder ? made.at : undefined;
  const failed = lastOf(store, 'backup failed');
  const restored = lastOf(store, 'restored');
  /** What failed on the machine that a backup came from is over. */
  const since = Math.max(made?.number ?? 0, restored?.number ?? 0);
  return {
    ...plan,
    lastAt,
    failedAt: failed !== undefined && failed.number > since ? failed.at : undefined,
  };
}
