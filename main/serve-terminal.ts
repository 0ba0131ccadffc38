// Serves a terminal from its worker thread: the host hands over one port for each screen, and says when to stop.

import type { MessagePort } from 'node:worker_threads';
import { RPCHandler } from '@orpc/server/message-port';
import { lock } from './operations/lock.ts';
import { terminalRouter } from './router.ts';
import type { Terminal } from './terminal.ts';

export function serveTerminal(terminal: Terminal, host: MessagePort, beforeStop: () => void = () => {}): void {
  const handler = new RPCHandler(terminalRouter(terminal));
  host.on('message', (message: { readonly port?: MessagePort; readonly stop?: true }) => {
    if (message.port !== undefined) {
      handler.upgrade(message.port);
      message.port.start();
    }
    if (message.stop) {
      beforeStop();
      lock(terminal);
      host.close();
    }
  });
}
