// The one kind of window there is, with the one set of options.

import { appOrigin, partition } from './origin.ts';
import type { ElectronParts, WindowOptions } from './parts.ts';

const frozen = <T extends object>(value: T): Readonly<T> => Object.freeze(value);

export const windowOptions = (preload: string): WindowOptions =>
  frozen({
    width: 1280,
    height: 800,
    minWidth: 1024,
    minHeight: 700,
    show: false,
    title: 'Custos',
    webPreferences: frozen({
      preload,
      partition,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      experimentalFeatures: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
      devTools: false,
    }),
  });

export function openWindow(
  { BrowserWindow }: ElectronParts,
  preload: string,
): InstanceType<ElectronParts['BrowserWindow']> {
  const window = new BrowserWindow(windowOptions(preload));
  window.setContentProtection(true);
  window.removeMenu();
  window.once('ready-to-show', () => window.show());
  void window.loadURL(`${appOrigin}/`);
  return window;
}
