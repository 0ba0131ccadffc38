// Show addresses: the address book of digital assets as the log has it, what may be used first.

import type { AddressView } from '../../shared/contract/digital.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { type Terminal, unlocked } from '../terminal.ts';

const order = { usable: 0, resting: 1, revoked: 2 };

export function showAddresses(terminal: Terminal): Result<{ addresses: AddressView[] }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const now = msToInstant(terminal.parts.clock());
  const addresses = [...opened.value.books.all('address')].map(([, row]): AddressView => {
    const { adoptedBy: _, revokedBy, ...rest } = row;
    return { ...rest, state: revokedBy !== null ? 'revoked' : now < row.usableFrom ? 'resting' : 'usable' };
  });
  return ok({
    addresses: addresses.sort(
      (a, b) => order[a.state] - order[b.state] || (`${a.account} ${a.label}` < `${b.account} ${b.label}` ? -1 : 1),
    ),
  });
}
