// The only door between a page and this process: it hands out a message port to the terminal's worker, to our own page in our
// own window, and understands nothing else.

import type { MessagePort } from 'node:worker_threads';
import { appOrigin, openTerminalChannel, portChannel } from './origin.ts';
import type { ElectronParts, IpcMainEvent, MessagePortMain } from './parts.ts';

export interface DoorParts {
  /** Ids of web contents of windows that we opened. */
  readonly isOurWindow: (id: number) => boolean;
  readonly openPort: () => MessagePort;
}

/** Undefined when the sender is our page's main frame; otherwise why not. */
export function refuseSender(
  event: Pick<IpcMainEvent, 'senderFrame' | 'sender'>,
  isOurWindow: DoorParts['isOurWindow'],
): string | undefined {
  const { senderFrame: frame, sender } = event;
  if (frame === null || frame.isDestroyed()) return 'the frame is gone';
  if (frame.parent !== null) return 'it is not the main frame';
  if (!isOurWindow(sender.id)) return 'it is not our window';
  let origin: string;
  try {
    origin = new URL(frame.url).origin;
  } catch {
    return 'its address cannot be read';
  }
  return origin === appOrigin ? undefined : 'it is not our page';
}

export function openDoor({ ipcMain, MessageChannelMain }: ElectronParts, { isOurWindow, openPort }: DoorParts): void {
  ipcMain.on(openTerminalChannel, (event, ...extra: unknown[]) => {
    if (extra.length > 0 || refuseSender(event, isOurWindow) !== undefined) return;
    const { port1, port2 } = new MessageChannelMain();
    relay(port1, openPort());
    event.senderFrame?.postMessage(portChannel, null, [port2]);
  });
}

/** Passes messages on unread, and closes both ends together. */
function relay(page: MessagePortMain, worker: MessagePort): void {
  page.on('message', (event) => worker.postMessage(event.data));
  worker.on('message', (data) => page.postMessage(data));
  page.on('close', () => worker.close());
  worker.on('close', () => page.close());
  page.start();
  worker.start();
}
