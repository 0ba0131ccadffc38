// What we touch of Electron, and nothing else: the desktop host is handed exactly this, so that a test can hand it a fake of
// the same types.

import type * as Electron from 'electron';

export type ElectronParts = Pick<
  typeof Electron,
  'app' | 'BrowserWindow' | 'ipcMain' | 'MessageChannelMain' | 'powerMonitor' | 'session'
>;
export type Session = Electron.Session;
export type WebContents = Electron.WebContents;
export type WindowOptions = Electron.BrowserWindowConstructorOptions;
export type MessagePortMain = Electron.MessagePortMain;
export type IpcMainEvent = Electron.IpcMainEvent;
