// For `cutOff`: backs a vault up into a folder.

import { nodePrimitives } from '../crypto/node.ts';
import { backUp } from '../main/back-up.ts';
import { openSession } from '../main/session.ts';
import { copyHere } from '../main/store/copier.ts';
import { newTerminal } from '../main/terminal.ts';
import { unlockVault } from '../main/vault/vault.ts';
import { type CutOffWork, factorsOf } from './cut-off.ts';
import { accepted } from './desk.ts';

export async function work(one: CutOffWork): Promise<void> {
  const parts = { primitives: nodePrimitives, clock: Date.now, directory: one.directory, copier: copyHere };
  const terminal = newTerminal(parts as never);
  const vault = accepted(await unlockVault(one.directory, one.operator, factorsOf(one)));
  const session = accepted(openSession(one.operator, vault, one.directory, terminal.parts));
  const making = backUp(terminal, session, one.target ?? '', 'operator');
  let step = await making.next();
  while (!step.done) step = await making.next();
  accepted(step.value);
  session.close();
}
