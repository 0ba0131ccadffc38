// The stage of the browser tests: a demonstration programme, two terminals in two browser contexts, each with an authenticator
// of its own, and a watch over everything that a page must not do.

import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright';
import { type Started, type StartParts, start } from '../cli/start.ts';

export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
export const rendererDirectory = resolve(import.meta.dirname, '../out/renderer');

export interface Seat {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly cdp: CDPSession;
  /** Complaints of the browser: console errors, policy violations, requests elsewhere. */
  readonly complaints: string[];
  /** Plugs in another authenticator and takes the first away. */
  swapKey(): Promise<void>;
}

export interface Stage {
  readonly started: Started;
  /** A folder for each terminal is in it. */
  readonly data: string;
  readonly browser: Browser;
  readonly seats: readonly [Seat, Seat];
  close(): Promise<void>;
}

/** Debian's chromium, without what a test machine lacks or should not reach. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** For what comes in a second or two where nothing else runs. Nothing is measured by it: a test that passes never waits so long. */
export const patienceMs = 45_000;

/** Those that are open now, so that a test that fails can say what its screens show. */
export const openStages = new Set<Stage>();

const passphrase = 'orbit lantern velvet cactus';

export async function openStage(bank: StartParts['bank'] = {}, terminals = 2): Promise<Stage> {
  const port = await freePorts(terminals);
  const data = mkdtempSync(join(tmpdir(), 'custos-e2e-'));
  const started = await start({
    data,
    bank: { assets: ['CNY', 'EUR'], ...bank },
    port,
    terminals,
    invitation: null,
    rendererDirectory,
    say: () => {},
  });
  const browser = await launchBrowser();
  const seats: Seat[] = [];
  // Further terminals have no seat: whoever needs one goes there.
  for (const host of started.hosts.slice(0, 2)) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    const complaints = watch(page, host.origin);
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    let { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: virtualKey });
    seats.push({
      page,
      context,
      cdp,
      complaints,
      async swapKey() {
        await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
        ({ authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: virtualKey }));
      },
    });
    await page.goto(host.newEntry());
  }
  const stage: Stage = {
    started,
    data,
    browser,
    seats: seats as unknown as readonly [Seat, Seat],
    async close() {
      openStages.delete(stage);
      await browser.close();
      await started.stop();
    },
  };
  openStages.add(stage);
  return stage;
}

/** A security key with user verification and PRF, as Chromium's DevTools protocol describes one. */
export const virtualKey = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'usb',
  hasResidentKey: true,
  hasUserVerification: true,
  hasPrf: true,
  automaticPresenceSimulation: true,
  isUserVerified: true,
} as const;

function watch(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy|TrustedHTML/i.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (failure) => complaints.push(failure.message));
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'data:' && host !== new URL(origin).host) complaints.push(`request to ${request.url()}`);
  });
  return complaints;
}

/** The first of `count` neighbouring ports that are free now. */
async function freePorts(count: number): Promise<number> {
  for (let port = 5610 + (process.pid % 200) * 4; ; port += count) {
    const free = await Promise.all(
      Array.from(
        { length: count },
        (_, i) =>
          new Promise<boolean>((done) => {
            const server = createServer();
            server.once('error', () => done(false));
            server.listen(port + i, '127.0.0.1', () => server.close(() => done(true)));
          }),
      ),
    );
    if (free.every(Boolean)) return port;
  }
}

/** First run by keyboard alone: the offered programme, who, a passphrase, and the key; then wait to be known. */
export async function setUp({ page }: Seat, operator: string, role: string): Promise<void> {
  await page.getByLabel('Operator id').waitFor();
  await page.keyboard.type(operator);
  await page.keyboard.press('Tab');
  await page.keyboard.type(`staff-${operator}`);
  await page.keyboard.press('Tab');
  await page.keyboard.type(role);
  await page.keyboard.press('Tab');
  await page.keyboard.type(passphrase);
  await page.keyboard.press('Enter');
  await page
    .getByTestId('me')
    .filter({ hasText: `${operator} · ${role}` })
    .waitFor();
}

export async function unlock({ page }: Seat, typed = passphrase): Promise<void> {
  await page.getByLabel('Passphrase').fill(typed);
  await page.keyboard.press('Enter');
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** Rules of WCAG 2.2 A and AA that axe finds broken on the page as it is. */
export async function violations({ page }: Pick<Seat, 'page'>): Promise<string[]> {
  await page.evaluate(axeSource);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const found = await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(tags)} }).then((report) => report.violations)`,
  );
  return (found as Violation[]).map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
}
