// G4: what the encryption costs: the same pipeline on SQLCipher and on plain SQLite, with small rows (receipts) and with fat ones
// (payments made and approved, each with a person's assertion and the instruction's own row).

import { utf8 } from '../../shared/bytes.ts';
import { payments, receiptLeaves } from '../business.ts';
import { atLeast, type Goal, goalOf, inTurns } from '../goal.ts';
import { postingRate } from '../posting.ts';

export async function g4(rows: number): Promise<Goal> {
  const small = receiptLeaves(rows, 0);
  const fat = payments(Math.round(rows / 10)).records.map(utf8);
  await postingRate(small.slice(0, 20_000));
  const measured = await inTurns(3, {
    smallPlain: () => postingRate(small, 'none'),
    small: () => postingRate(small),
    fatPlain: () => postingRate(fat, 'none'),
    fat: () => postingRate(fat),
  });
  const unit = 'rows/s';
  const [what, fatWhat] = ['small rows, SQLCipher beside plain SQLite', 'fat rows, SQLCipher beside plain SQLite'];
  return goalOf(
    'G4',
    [
      atLeast({ what, unit, target: 0.8 }, { figure: measured.small, ceiling: measured.smallPlain }),
      atLeast({ what: fatWhat, unit, target: 0.5 }, { figure: measured.fat, ceiling: measured.fatPlain }),
    ],
    { notes: ['batch 1,000, WAL and FULL on both; page HMACs on'] },
  );
}
