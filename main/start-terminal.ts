// Starts a terminal's worker and gives typed clients to it: what every host and every headless caller uses. A worker that ends or
// hangs never takes its host with it: its screens are told by their closed ports, and another one begins, locked.

import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { TerminalClient } from '../shared/contract/terminal.ts';
import type { WorkerData } from './terminal.worker.ts';

export interface RunningTerminal {
  /** A new port to the worker, for a host to relay; it closes when the worker ends. */
  openPort(): MessagePort;
  /** A new client on a port of its own; it goes on with the next worker, and what was under way fails. */
  connect(): TerminalClient;
  /** Locks, closes the vault and ends the worker. */
  stop(): Promise<void>;
  /** The one that runs now; undefined between two. */
  worker(): Worker | undefined;
}

export interface Watch {
  /** How often the worker is asked whether it still listens. */
  readonly askEveryMs: number;
  /** It hangs when it was silent for so long: longer than anything it does without listening, such as checking a large vault. */
  readonly silentMs: number;
  /** The next worker begins after so long, and doubly so after each that lived no longer than that. */
  readonly restartMs: number;
  /** Whoever looks after the terminal. */
  readonly tell: (what: string, failure?: unknown) => void;
}

const usual: Watch = {
  askEveryMs: 5_000,
  silentMs: 180_000,
  restartMs: 500,
  tell: (what, failure) => console.error(what, failure ?? ''),
};
const longestRestartMs = 60_000;

/** Three semi-spaces of 8 MB: left to itself the engine lets what is dead pile up to some hundred megabytes at every sync. */
const memoryLimits = { maxYoungGenerationSizeMb: 24 };

export function startTerminal(
  data: WorkerData,
  entry = new URL('./terminal.worker.ts', import.meta.url),
  watch: Partial<Watch> = {},
): RunningTerminal {
  const { askEveryMs, restartMs, tell, ...rest } = { ...usual, ...watch };
  let { silentMs } = rest;
  let worker: Worker | undefined;
  let again: NodeJS.Timeout | undefined;
  let waitMs = restartMs;
  let isStopped = false;
  const ports = new Set<MessagePort>();

  function begin(): void {
    const began = performance.now();
    const one = new Worker(entry, { workerData: data, resourceLimits: memoryLimits });
    worker = one;
    const stopAsking = ask(
      one,
      askEveryMs,
      () => silentMs,
      () => {
        tell('The terminal does not answer any more; it is ended and begun again, locked.');
        // If it was only slow, the next one has longer.
        silentMs *= 2;
        void one.terminate();
      },
    );
    one.on('error', (failure) => tell('The terminal failed.', failure));
    one.on('exit', () => {
      stopAsking();
      worker = undefined;
      for (const port of ports) port.close();
      ports.clear();
      if (isStopped) return;
      waitMs = performance.now() - began > 10 * waitMs ? restartMs : Math.min(2 * waitMs, longestRestartMs);
      tell('The terminal ended; it is begun again, locked.');
      again = setTimeout(begin, waitMs);
    });
  }

  function openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    if (worker === undefined) port2.close();
    else {
      worker.postMessage({ port: port2 }, [port2]);
      ports.add(port1);
      port1.on('close', () => ports.delete(port1));
    }
    return port1;
  }

  function connectOnce(): TerminalClient {
    const port = openPort();
    port.start();
    return createORPCClient(new RPCLink({ port: port as never }));
  }

  begin();
  return {
    worker: () => worker,
    openPort,
    connect() {
      let [mine, client] = [worker, connectOnce()];
      return new Proxy({} as TerminalClient, {
        get(_, name: keyof TerminalClient) {
          if (mine !== worker) [mine, client] = [worker, connectOnce()];
          return client[name];
        },
      });
    },
    async stop() {
      isStopped = true;
      clearTimeout(again);
      for (const port of ports) port.close();
      if (worker === undefined) return;
      const gone = once(worker, 'exit');
      worker.postMessage({ stop: true });
      await gone;
    },
  };
}

/** Asks again and again; time in which the host itself did not run, as in a suspended machine, does not count. */
function ask(worker: Worker, everyMs: number, silentMs: () => number, hangs: () => void): () => void {
  let waitedMs: number | undefined;
  worker.on('message', (message: { readonly listens?: true }) => {
    if (message.listens) waitedMs = undefined;
  });
  const timer = setInterval(() => {
    if (waitedMs === undefined) {
      waitedMs = 0;
      worker.postMessage({ listens: true });
      return;
    }
    waitedMs += everyMs;
    if (waitedMs < silentMs()) return;
    clearInterval(timer);
    hangs();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
