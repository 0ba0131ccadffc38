// Starts a terminal's worker and gives typed clients to it: what every host and every headless caller uses.

import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { TerminalClient } from '../shared/contract/terminal.ts';
import type { WorkerData } from './terminal.worker.ts';

export interface RunningTerminal {
  /** A new port to the worker, for a host to relay. */
  openPort(): MessagePort;
  /** A new client on a port of its own. */
  connect(): TerminalClient;
  /** Locks, closes the vault and ends the worker. */
  stop(): Promise<void>;
  readonly worker: Worker;
}

export function startTerminal(
  data: WorkerData,
  entry = new URL('./terminal.worker.ts', import.meta.url),
): RunningTerminal {
  const worker = new Worker(entry, { workerData: data });
  const ports: { close(): void }[] = [];
  function openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ port: port2 }, [port2]);
    ports.push(port1);
    return port1;
  }
  return {
    worker,
    openPort,
    connect() {
      const port1 = openPort();
      port1.start();
      return createORPCClient(new RPCLink({ port: port1 as never }));
    },
    async stop() {
      for (const port of ports) port.close();
      const gone = once(worker, 'exit');
      worker.postMessage({ stop: true });
      await gone;
    },
  };
}
