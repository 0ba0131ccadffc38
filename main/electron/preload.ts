// The page's whole view of this process: one function that asks for the port, which then arrives as a window message.

import { contextBridge, ipcRenderer } from 'electron';
import { appOrigin, openTerminalChannel, portChannel } from './origin.ts';

/** Of the page, only this is used here. */
declare const window: { postMessage(message: string, origin: string, transfer: readonly unknown[]): void };

ipcRenderer.on(portChannel, (event) => {
  window.postMessage(portChannel, appOrigin, event.ports);
});
contextBridge.exposeInMainWorld(
  'custos',
  Object.freeze({
    openTerminal: () => {
      ipcRenderer.send(openTerminalChannel);
    },
  }),
);
