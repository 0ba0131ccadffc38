// The child that opens one vault file again and again, on a disk that does not always give what it holds, and says each time what
// it was told: `opened`, the type of the refusal, or of the failure of the disk.
//
// node testing/crash/open-again.ts FILE TIMES

import { diskFailure } from '../../disk/failure.ts';
import { openStore } from '../../main/store/open.ts';
import { Redacted } from '../../shared/redacted.ts';

/** Nothing is secret in the files of this test. */
export const openingKey = () => new Redacted(new Uint8Array(32).fill(7));

function told(file: string): string {
  try {
    const opened = openStore(file, openingKey(), 'open');
    if (!opened.ok) return opened.refusal.type;
    opened.value.close();
    return 'opened';
  } catch (failure) {
    return diskFailure(failure) ?? `without words: ${failure}`;
  }
}

if (import.meta.main) {
  const [file, times] = process.argv.slice(2) as [string, string];
  console.log(JSON.stringify(Array.from({ length: Number(times) }, () => told(file))));
}
