// `npm run demo`: the main job on an embedded depository, two terminals and six people with software authenticators.

import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { demoPaymentFile } from './demo/payment-file.ts';
import { type DemoReport, runDemo } from './demo/run.ts';

const usage = `npm run demo -- [--input FILE] [--out DIR] [--json] [--acknowledged FILE]

  --input FILE  a platform's pain.001 file; without it the demonstration writes one (60 payments, two assets)
  --out DIR     where vaults, books and bundle go; a run that was stopped goes on there (default: a new temporary folder)
  --json        one JSON object on standard output, the account on standard error
  --acknowledged FILE  gets a line with the id of every event once it is safely stored, for crash tests`;

const { values } = parseArgs({
  options: {
    input: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
    acknowledged: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(usage);
else process.exitCode = await demo();

async function demo(): Promise<number> {
  const directory = values.out === undefined ? mkdtempSync(join(tmpdir(), 'custos-demo-')) : resolve(values.out);
  const began = performance.now();
  const say = (line: string) => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(5);
    (values.json ? console.error : console.log)(`${seconds} s  ${line}`);
  };
  if (values.input !== undefined && !existsSync(values.input)) {
    console.error(`There is no file ${values.input}. Name a pain.001 file.`);
    return 2;
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = takeFile(directory, values.input);
  if (file === undefined) {
    console.error(`${directory} holds a demonstration of another payment file. Choose another folder.`);
    return 2;
  }
  const acknowledged = (events: readonly string[]) => {
    if (values.acknowledged !== undefined) appendFileSync(values.acknowledged, events.map((id) => `${id}\n`).join(''));
  };
  const report = await runDemo({ file, directory, say, acknowledged });
  if (values.json) console.log(JSON.stringify(report));
  else for (const line of readable(report)) console.log(line);
  return report.verified ? 0 : 1;
}

/** The folder keeps the file it began with: going on with another one would mix two stories. */
function takeFile(directory: string, input: string | undefined): Uint8Array | undefined {
  const kept = join(directory, 'payments.xml');
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const given = input === undefined ? undefined : readFileSync(input);
  if (existsSync(kept)) {
    const bytes = readFileSync(kept);
    return given === undefined || digest(given) === digest(bytes) ? bytes : undefined;
  }
  const bytes = given ?? Buffer.from(demoPaymentFile(new Date().toISOString()));
  writeFileSync(`${kept}.next`, bytes, { mode: 0o600, flush: true });
  renameSync(`${kept}.next`, kept);
  return bytes;
}

function* readable(report: DemoReport): Generator<string> {
  const { instructions, approved, declined, settled, rejected, returned, refused } = report;
  yield '';
  yield `${instructions} payments made: ${approved} approved, ${declined} declined; ${settled} settled, ${rejected} rejected and ${returned} returned by the bank; ${refused.length} of the file refused`;
  yield `${report.events} events, ${report.entries} entries, root ${report.log.root}`;
  yield `bundle   ${report.bundle}`;
  yield `trust    ${report.trust}`;
  yield `journal  ${report.journal}`;
  for (const vault of report.vaults) yield `vault    ${vault}`;
  yield '';
  yield `Verify it yourself: npm run -s custos -- verify ${report.bundle} --trust ${report.trust}`;
}
