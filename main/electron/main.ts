// Entry of the desktop app: real Electron, real folders. Everything that can be tested without the binary is in start.ts.

import { join } from 'node:path';
import { app, BrowserWindow, ipcMain, MessageChannelMain, powerMonitor, session } from 'electron';
import { openFiles } from '../host/files.ts';
import { startTerminal } from '../start-terminal.ts';
import { changedNative } from './natives.ts';
import { appHost, appOrigin } from './origin.ts';
import { startDesktop } from './start.ts';

const here = import.meta.dirname;

if (app.isPackaged) {
  const changed = changedNative(process.resourcesPath);
  if (changed !== undefined) throw new Error(`This installation was changed: ${changed}. Install Custos again.`);
}

void startDesktop({
  electron: { app, BrowserWindow, ipcMain, MessageChannelMain, powerMonitor, session },
  files: openFiles(join(here, '../renderer')),
  preload: join(here, '../preload/preload.cjs'),
  platform: process.platform,
  startTerminal: () =>
    startTerminal(
      {
        directory: join(app.getPath('userData'), 'vault'),
        exportDirectory: join(app.getPath('documents'), 'Custos'),
        schemaDirectory: join(app.getPath('userData'), 'schemas'),
        relyingParty: { id: appHost, name: 'Custos', origins: [appOrigin] },
        allowPassphraseOnly: false,
        depositoryUrl: null,
        offer: null,
        syncEveryMs: 3000,
      },
      new URL('./terminal.worker.js', import.meta.url),
    ),
});
