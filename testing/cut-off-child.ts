// The process that `cutOff` starts: does the work of a file, and kills itself at the named moment.

import { pathToFileURL } from 'node:url';
import { listenAtFaultPoints } from '../shared/fault.ts';
import type { CutOffWork } from './cut-off.ts';

const [, , file = '', at = '', given = '{}'] = process.argv;
listenAtFaultPoints((point) => {
  if (point !== at) return;
  process.stdout.write('reached\n');
  process.kill(process.pid, 'SIGKILL');
});
const { work } = (await import(pathToFileURL(file).href)) as { work: (one: CutOffWork) => Promise<void> };
await work(JSON.parse(given) as CutOffWork);
