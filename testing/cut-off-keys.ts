// For `cutOff`: changes the keys of a vault.

import { nodePrimitives } from '../crypto/node.ts';
import { changeKeys } from '../main/change-keys.ts';
import { openSession } from '../main/session.ts';
import { unlockVault } from '../main/vault/vault.ts';
import { type CutOffWork, factorsOf } from './cut-off.ts';
import { accepted } from './desk.ts';

export async function work(one: CutOffWork): Promise<void> {
  const parts = { primitives: nodePrimitives, clock: Date.now };
  const vault = accepted(await unlockVault(one.directory, one.operator, factorsOf(one)));
  const session = accepted(openSession(one.operator, vault, one.directory, parts));
  accepted(changeKeys(session, { stays: () => true, why: 'test' }, parts)).close();
}
