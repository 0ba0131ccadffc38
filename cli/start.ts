// `npm start`: terminals on this machine, in the desktop window where Electron is, otherwise in the browser; with an embedded
// depository and a demonstration programme unless an address of a real one is given.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { openFolderAdapter } from '../depository/bank/folder.ts';
import { type BrowserHost, startBrowserHost } from '../main/browser/host.ts';
import { appHost, appOrigin } from '../main/electron/origin.ts';
import { openFiles } from '../main/host/files.ts';
import { type RunningTerminal, startTerminal } from '../main/start-terminal.ts';
import { type Invitation, parseInvitation } from '../shared/contract/invitation.ts';
import type { TerminalClient } from '../shared/contract/terminal.ts';
import { operatorSchema, terminalSchema } from '../shared/operator.ts';
import { bringSampleClients, type Card, enrolTerminal } from './demo/colleagues.ts';
import { type Office, type OfficeParts, openOffice } from './demo/office.ts';
import { schemaFolder } from './inspect.ts';

const usage = `npm start -- [--data DIR] [--port N] [--terminals N] [--browser] [--invitation FILE]

  --data DIR         vaults and books of this machine (default: custos-data)
  --port N           first port of the terminals' pages (default: 5601)
  --terminals N      how many terminals to run here, 1 to 4 (default: 2, so that one person can make and another check)
  --browser          use the browser though Electron is there
  --invitation FILE  join the programme of a real depository instead of the demonstration`;

export interface StartParts {
  readonly data: string;
  readonly port: number;
  readonly terminals: number;
  readonly invitation: Invitation | null;
  readonly rendererDirectory: string;
  /** The demonstration's bank: what it does with a payment, and a folder through which files are exchanged with it. */
  readonly bank?: {
    readonly assets?: readonly string[];
    readonly fate?: OfficeParts['fate'];
    readonly exchange?: string;
  };
  readonly say: (line: string) => void;
}

export interface Started {
  readonly hosts: readonly BrowserHost[];
  readonly office: Office | null;
  stop(): Promise<void>;
}

const everyMs = 1000;

export async function start(parts: StartParts): Promise<Started> {
  const { data, port, say } = parts;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const ports = Array.from({ length: parts.terminals }, (_, i) => port + i);
  const origins = ports.map((one) => `http://localhost:${one}`);
  const office =
    parts.invitation === null ? await openDemonstration(join(data, 'demonstration'), origins, say, parts.bank) : null;
  const invitation = parts.invitation ?? office?.depository.invitation;
  if (invitation === undefined) throw new Error('there is an invitation or a demonstration');
  const files = openFiles(parts.rendererDirectory);
  const terminals: RunningTerminal[] = [];
  const hosts: BrowserHost[] = [];
  for (const [i, one] of ports.entries()) {
    const name = `T-${String(i + 1).padStart(2, '0')}`;
    const terminal = startTerminal({
      directory: join(data, name, 'vault'),
      exportDirectory: join(data, name, 'exports'),
      schemaDirectory: schemaFolder(),
      relyingParty: { id: 'localhost', name: 'Custos', origins: [origins[i] as string] },
      allowPassphraseOnly: false,
      depositoryUrl: office === null ? null : invitation.url,
      offer: { invitation, terminal: name },
      syncEveryMs: everyMs,
    });
    terminals.push(terminal);
    hosts.push(await startBrowserHost({ files, port: one, openPort: () => terminal.openPort() }));
  }
  const work =
    office === null
      ? undefined
      : workInTheBackground(
          office,
          terminals.map((one) => one.connect()),
          say,
        );
  return {
    hosts,
    office,
    async stop() {
      await work?.stop();
      for (const host of hosts) await host.close();
      for (const terminal of terminals) await terminal.stop();
      await office?.close();
    },
  };
}

const sampleAssets = ['CNY', 'EUR', 'BTC'];
const exchangeParts = { clock: () => Date.now(), settleMs: 100, maxBytes: 64 << 20 };

async function openDemonstration(
  directory: string,
  origins: readonly string[],
  say: (line: string) => void,
  { assets = sampleAssets, fate = () => 'settle', exchange }: NonNullable<StartParts['bank']> = {},
  relyingParty = 'localhost',
): Promise<Office> {
  const office = await openOffice({
    directory,
    assets,
    fate,
    ...(exchange === undefined ? {} : { adapter: openFolderAdapter({ ...exchangeParts, directory: exchange }) }),
    say: () => {},
    acknowledged: () => {},
    terminals: ['T-91', 'T-92'],
    origins,
    relyingParty,
  });
  await bringSampleClients(office, assets);
  say('A demonstration programme is open, with sample clients and money.');
  return office;
}

/** The bank works, and the demonstration's officers enrol whoever has set up a terminal here. */
function workInTheBackground(office: Office, clients: readonly TerminalClient[], say: (line: string) => void) {
  let running = Promise.resolve();
  let isStopped = false;
  const turn = async () => {
    for (const { refusal } of await office.depository.run())
      say(`The books did not take a bank message. ${refusal.why}`);
    for (const client of clients) {
      const { phase, operator } = await client.status({});
      if (phase !== 'unlocked' || operator?.role !== null) continue;
      const card = await client.card({});
      const enrolled = card.ok ? await enrolTerminal(office, card.value) : [];
      if (enrolled.length > 0) say(`The demonstration's officers enrolled ${enrolled.join(', ')}.`);
    }
  };
  const timer = setInterval(() => {
    running = running
      .then(() => (isStopped ? undefined : turn()))
      .catch((failure: unknown) => say(`The demonstration stumbled: ${String(failure)}`));
  }, everyMs);
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** The Electron binary, where somebody has fetched it. */
const electronBinary = (): string | undefined => {
  const folder = resolve(import.meta.dirname, '../node_modules/electron');
  const named = join(folder, 'path.txt');
  const binary = existsSync(named) ? join(folder, 'dist', readFileSync(named, 'utf8').trim()) : undefined;
  return binary !== undefined && existsSync(binary) ? binary : undefined;
};

/**
 * The desktop window has no door through which anything could be slipped to it: the person pastes the invitation into its
 * first screen, and hands the card that it shows to the demonstration's officers by pasting it here.
 */
async function startDesktops(binary: string, data: string, count: number): Promise<void> {
  const office = await openDemonstration(join(data, 'demonstration-desktop'), [appOrigin], console.log, {}, appHost);
  const invitation = join(data, 'invitation.json');
  writeFileSync(invitation, JSON.stringify(office.depository.invitation, null, 2), { mode: 0o600 });
  const windows = Array.from({ length: count }, (_, i) =>
    spawn(binary, [resolve(import.meta.dirname, '..'), `--user-data-dir=${join(data, `desktop-${i + 1}`)}`], {
      stdio: 'inherit',
    }),
  );
  console.log(`\nPaste the invitation from ${invitation} into each window, with terminal ids such as T-01 and T-02.`);
  console.log('Then open Administration (g d), show the records of the terminal, and paste them here:');
  const work = workInTheBackground(office, [], console.log);
  let typed = '';
  for await (const line of createInterface({ input: process.stdin })) {
    typed += line;
    const card = readCard(typed);
    if (card === undefined) continue;
    typed = '';
    console.log(`The demonstration's officers enrolled ${(await enrolTerminal(office, card)).join(', ')}.`);
  }
  await work.stop();
  for (const window of windows) window.kill();
  await office.close();
}

function readCard(text: string): Card | undefined {
  try {
    const { terminal, operators } = JSON.parse(text) as { terminal: unknown; operators: unknown };
    return { terminal: terminalSchema.parse(terminal), operators: z.array(operatorSchema).parse(operators) };
  } catch {
    return undefined; // not whole yet
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: 'custos-data' },
      port: { type: 'string', default: '5601' },
      terminals: { type: 'string', default: '2' },
      invitation: { type: 'string' },
      browser: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [port, terminals] = [Number(values.port), Number(values.terminals)];
  if (values.help || !(port > 0 && port < 65_532) || !(terminals >= 1 && terminals <= 4)) {
    console.error(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const rendererDirectory = resolve(import.meta.dirname, '../out/renderer');
  if (!existsSync(join(rendererDirectory, 'manifest.json'))) {
    console.error('The screens are not built yet. Run: npm run build');
    process.exitCode = 2;
    return;
  }
  const binary = electronBinary();
  if (binary !== undefined && !values.browser && values.invitation === undefined) {
    mkdirSync(resolve(values.data), { recursive: true, mode: 0o700 });
    return startDesktops(binary, resolve(values.data), terminals);
  }
  const invited = values.invitation === undefined ? null : parseInvitation(readFileSync(values.invitation, 'utf8'));
  if (invited?.ok === false) {
    console.error(`${invited.refusal.what} ${invited.refusal.why} ${invited.refusal.next}`);
    process.exitCode = 2;
    return;
  }
  const started = await start({
    data: resolve(values.data),
    port,
    terminals,
    invitation: invited?.value ?? null,
    rendererDirectory,
    say: (line) => console.log(line),
  });
  console.log('\nOpen each terminal in a browser; every address lets one browser in, once:\n');
  for (const [i, host] of started.hosts.entries()) console.log(`  terminal T-0${i + 1}   ${host.newEntry()}`);
  console.log(
    '\nSet up T-01 as a teller and T-02 as a supervisor, make a payment on the first, approve it on the second.',
  );
  console.log('Press Ctrl+C to stop; everything is kept.');
  process.once('SIGINT', () => void started.stop().then(() => process.exit(0)));
}

if (import.meta.main) await main();
