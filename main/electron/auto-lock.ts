// Locks the terminal when nobody is there any more: idle, screen locked, suspended, another user, shutting down.

import type { ElectronParts } from './parts.ts';

const idleSeconds = 300;
const checkEveryMs = 15_000;

/** Returns how to stop watching. `lock` must be safe to call when locked already. */
export function lockWhenLeft({ powerMonitor }: ElectronParts, lock: () => void): () => void {
  for (const event of ['lock-screen', 'suspend', 'user-did-resign-active', 'shutdown'] as const)
    powerMonitor.on(event as 'lock-screen', () => lock());
  const timer = setInterval(() => {
    if (powerMonitor.getSystemIdleState(idleSeconds) !== 'active') lock();
  }, checkEveryMs);
  return () => clearInterval(timer);
}
