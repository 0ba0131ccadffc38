// Show programme: who may do what, under which policy and agreement, as the log has it.

import { currentAgreement, currentPolicy } from '../../shared/books.ts';
import type { ProgrammeView } from '../../shared/contract/terminal.ts';
import { poolAssets } from '../../shared/pool.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export function showProgramme(terminal: Terminal): Result<ProgrammeView, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books } = opened.value;
  const programme = opened.value.programme();
  if (programme === undefined)
    return refuse('state', 'Nothing is shown.', 'The programme is not open here yet.', 'Synchronise first.');
  const { id, name, origin, assets } = programme;
  const operators = [...books.all('operator')].map(([, operator]) => operator);
  const known = new Set(operators.map((one) => one.id));
  return ok({
    id,
    name,
    origin,
    assets,
    pools: [...poolAssets(books)].map(({ pool, asset, number }) => ({ pool, asset, number })),
    operators,
    terminals: [...books.all('terminal')].map(([, one]) => one),
    policy: currentPolicy(books),
    agreement: currentAgreement(books),
    newcomers: opened.value.people().filter((one) => !known.has(one.id)),
  });
}
