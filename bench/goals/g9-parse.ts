// One way to read a statement file, in a process of its own so that its peak of memory is its own: `bare` and `plain` are
// saxes with handlers that count, with and without resolving namespaces; `peer` is fast-xml-parser with the same entries
// taken out; `ours` is the reader with every field.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { statementFamilies } from '../../shared/iso20022/camt.ts';
import { openReader } from '../../shared/iso20022/reader.ts';

const [how, file] = process.argv.slice(2) as [keyof typeof ways, string];
const ways = { bare: () => saxes(true), plain: () => saxes(false), ours, peer };

function* chunks(): Generator<Uint8Array> {
  const descriptor = openSync(file, 'r');
  const buffer = new Uint8Array(64 << 10);
  for (;;) {
    const read = readSync(descriptor, buffer, 0, buffer.length, null);
    if (read === 0) break;
    yield buffer.subarray(0, read);
  }
  closeSync(descriptor);
}

function saxes(xmlns: boolean): number {
  let [entries, texts] = [0, 0];
  const parser = new SaxesParser({ xmlns });
  parser.on('opentag', (tag) => {
    if (tag.name === 'Ntry') entries += 1;
  });
  parser.on('text', () => {
    texts += 1;
  });
  parser.on('closetag', () => {});
  parser.on('error', (error) => {
    throw error;
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (const chunk of chunks()) parser.write(decoder.decode(chunk, { stream: true }));
  parser.close();
  return texts > 0 ? entries : 0;
}

function ours(): number {
  const reader = openReader(statementFamilies);
  let entries = 0;
  let balanced: boolean | null = null;
  const take = (result: ReturnType<typeof reader.push>): void => {
    if (!result.ok) throw new Error(result.refusal.why);
    for (const item of result.value)
      if (item.kind === 'entry') entries += 1;
      else if (item.kind === 'statement') balanced = item.summary.balanced;
  };
  for (const chunk of chunks()) take(reader.push(chunk));
  take(reader.end());
  if (balanced !== true) throw new Error('the statement adds up, and that was not seen');
  return entries;
}

function peer(): number {
  const parser = new XMLParser({
    ignoreAttributes: false,
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: true,
  });
  const read = parser.parse(readFileSync(file)) as { Document: { BkToCstmrStmt: { Stmt: { Ntry: unknown[] } } } };
  return read.Document.BkToCstmrStmt.Stmt.Ntry.length;
}

const began = performance.now();
const entries = ways[how]();
const seconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ seconds, entries, rssMb: process.resourceUsage().maxRSS / 1024 }));
