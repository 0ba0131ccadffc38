// The desktop host, in the order in which things must happen: sandbox, one instance, guards, origin, door, window.

import type { Files } from '../host/files.ts';
import type { RunningTerminal } from '../start-terminal.ts';
import { lockWhenLeft } from './auto-lock.ts';
import { openDoor } from './door.ts';
import { guardContents, guardSession } from './guard.ts';
import { partition } from './origin.ts';
import type { ElectronParts } from './parts.ts';
import { serve } from './serve.ts';
import { openWindow } from './window.ts';

export interface DesktopParts {
  readonly electron: ElectronParts;
  readonly files: Files;
  readonly preload: string;
  readonly startTerminal: () => RunningTerminal;
  /** For Touch ID on macOS: the keychain group that the signed app is entitled to. */
  readonly keychainAccessGroup?: string;
  readonly platform: NodeJS.Platform;
}

export async function startDesktop(parts: DesktopParts): Promise<void> {
  const { electron, files, preload } = parts;
  const { app, session } = electron;
  app.enableSandbox();
  // Two processes must never write one vault.
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  guardContents(electron);
  await app.whenReady();
  if (parts.platform === 'darwin' && parts.keychainAccessGroup !== undefined)
    app.configureWebAuthn({
      touchID: { keychainAccessGroup: parts.keychainAccessGroup, promptReason: 'sign with your Custos key' },
    });
  const ours = session.fromPartition(partition);
  guardSession(ours);
  ours.protocol.handle('https', serve(files));
  const terminal = parts.startTerminal();
  const windows = new Map<number, ReturnType<typeof openWindow>>();
  openDoor(electron, { isOurWindow: (id) => windows.has(id), openPort: () => terminal.openPort() });
  const client = terminal.connect();
  const lock = () => {
    // The page forgets everything it has shown.
    const reload = () => {
      for (const window of windows.values()) window.reload();
    };
    void client.lock({}).then(reload, reload); // a terminal that ended is locked
  };
  const stopWatching = lockWhenLeft(electron, lock);
  const show = () => {
    const window = openWindow(electron, preload);
    const { id } = window.webContents;
    windows.set(id, window);
    window.on('closed', () => windows.delete(id));
  };
  app.on('second-instance', () => {
    for (const window of windows.values()) window.focus();
  });
  app.on('window-all-closed', () => app.quit());
  let isStopped = false;
  app.on('before-quit', (event) => {
    if (isStopped) return;
    event.preventDefault();
    isStopped = true;
    stopWatching();
    void terminal.stop().then(() => app.quit());
  });
  show();
}
