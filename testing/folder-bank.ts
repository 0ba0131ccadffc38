// The bank's end of a file exchange, for tests: fetches what lies in `out`, answers into `in`, each file whole under its name.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BankSimulator } from '../depository/bank/simulator.ts';

/** One visit of the bank's transfer: orders out, answers in. */
export function visitFolder(directory: string, bank: BankSimulator): void {
  for (const name of readdirSync(join(directory, 'out')).sort()) {
    if (!/\.(xml|json)$/.test(name)) continue;
    const path = join(directory, 'out', name);
    bank.send({ id: name, xml: readFileSync(path, 'utf8') });
    rmSync(path);
  }
  const at = new Date().toISOString().replaceAll(/\D/g, '');
  for (const [i, { id, xml }] of bank.receive().entries()) {
    // Names are read in their order, so they begin with when the bank said it.
    putFile(directory, `${at}-${String(i).padStart(4, '0')}-${id}.${xml.startsWith('{') ? 'jsonl' : 'xml'}`, xml);
    bank.acknowledge(id);
  }
}

export function putFile(directory: string, name: string, content: string | Uint8Array): void {
  const part = join(directory, 'in', `${name}.part`);
  mkdirSync(join(directory, 'in'), { recursive: true });
  writeFileSync(part, content);
  renameSync(part, join(directory, 'in', name));
}
