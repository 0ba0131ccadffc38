// Who is there, as somebody at this screen says; null as long as nobody has said anything. Forgotten with the page.

import { useSyncExternalStore } from 'react';

let present: readonly string[] | null = null;
const listeners = new Set<() => void>();

export function setPresent(next: readonly string[] | null): void {
  present = next;
  for (const tell of listeners) tell();
}

const subscribe = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

export const usePresent = (): readonly string[] | null => useSyncExternalStore(subscribe, () => present);
