// The terminal's worker as it is, which breaks when it is told to.

import { parentPort } from 'node:worker_threads';
import '../main/terminal.worker.ts';

type Break = 'fails' | 'leaves' | 'hangs' | 'is slow';

parentPort?.on('message', (message: { readonly break?: Break }) => {
  const since = performance.now();
  switch (message.break) {
    case 'fails':
      throw new Error('a bug');
    case 'leaves':
      return process.exit(1);
    case 'hangs':
      for (;;);
    case 'is slow':
      while (performance.now() - since < 1_000);
  }
});
