// Show diary: what was done with the vault itself on this machine, newest first.

import type { DiaryEntryView } from '../../shared/contract/vault.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { diaryBefore } from '../store/diary.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export function showDiary(
  terminal: Terminal,
  { before, limit }: { readonly before: number; readonly limit: number },
): Result<{ entries: DiaryEntryView[] }, Refusal> {
  const session = unlocked(terminal);
  return session.ok ? ok({ entries: diaryBefore(session.value.store, before, limit) }) : session;
}
