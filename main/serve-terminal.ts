// Serves a terminal from its worker thread: the host hands over one port for each screen, and says when to stop.

import type { MessagePort } from 'node:worker_threads';
import { lock } from './operations/lock.ts';
import { openScreenDoor } from './screen-door.ts';
import type { Terminal } from './terminal.ts';

export function serveTerminal(terminal: Terminal, host: MessagePort, beforeStop: () => void = () => {}): void {
  host.on('message', (message: { readonly port?: MessagePort; readonly stop?: true; readonly listens?: true }) => {
    if (message.listens) host.postMessage({ listens: true });
    if (message.port !== undefined) serveScreen(terminal, message.port);
    if (message.stop) {
      beforeStop();
      lock(terminal);
      host.close();
    }
  });
}

function serveScreen(terminal: Terminal, port: MessagePort): void {
  const door = openScreenDoor(terminal, { send: (answer) => port.postMessage(answer), close: () => port.close() });
  port.on('message', (message: unknown) => door.take(message));
  port.on('messageerror', () => port.close());
  port.on('close', () => door.leave());
}
