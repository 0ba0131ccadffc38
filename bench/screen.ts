// `npm run bench:screen`: the screens in a real browser over a vault with a long ledger: from unlocking to a usable worklist, the
// first rows of the ledger, and a long scroll through it, frame by frame.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodePrimitives } from '../crypto/node.ts';
import { launchBrowser, rendererDirectory, virtualKey } from '../e2e/stage.ts';
import { startBrowserHost } from '../main/browser/host.ts';
import { openFiles } from '../main/host/files.ts';
import { startTerminal } from '../main/start-terminal.ts';
import { utf8 } from '../shared/bytes.ts';
import { canonicalText } from '../shared/canonical.ts';
import { formatCheckpoint, logKey } from '../shared/log/checkpoint.ts';
import { leafHash } from '../shared/log/hash.ts';
import { MerkleTree } from '../shared/log/merkle.ts';
import { formatNote, formatNoteKey, signNote } from '../shared/log/note.ts';
import { sha256 } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
});
const rows = Number(values.rows);
const say = (line: string) => console.error(line);
const folder = mkdtempSync(join(tmpdir(), 'custos-screen-'));
const passphrase = 'orbit lantern velvet cactus';

/** Batches of 200 payments each, made and approved: one leg per payment. */
function longLedger(): TestProgramme {
  const programme = new TestProgramme().open();
  const account = programme.client('c1', 'CNY', BigInt(rows) * 10n);
  const [teller] = programme.tellers;
  const [supervisor] = programme.supervisors;
  const item = { account, amount: '1', payee: payeeNamed('62220001') };
  const items = Array.from({ length: 200 }, () => item);
  for (let n = 0; n < rows; n += 200)
    programme.pass(teller, supervisor, { kind: 'batch', asset: 'CNY', total: '200', items });
  programme.make(teller, { kind: 'payment', account, asset: 'CNY', amount: '5', payee: payeeNamed('62220002') });
  return programme;
}

say(`making a ledger of ${rows} legs …`);
const programme = longLedger();
const records = programme.records.map((record) => canonicalText(record));
const tree = new MerkleTree(sha256);
for (const record of records) tree.append(leafHash(sha256, utf8(record)));
const origin = 'depository.example/p2p-demo';
const publicKey = new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url'));
const key = logKey(origin, publicKey);
const text = formatCheckpoint({ origin, size: tree.size, root: tree.root() });
const note = formatNote({ text, signatures: [signNote(sha256, text, key, programme.gatewayKey.sign)] });
const served = join(folder, 'served.json');
writeFileSync(served, JSON.stringify({ records, note }));

const port = 5590;
const relyingParty = { id: 'localhost', origins: [`http://localhost:${port}`] };
const terminal = startTerminal(
  {
    directory: join(folder, 'vault'),
    exportDirectory: join(folder, 'exports'),
    schemaDirectory: null,
    relyingParty: { ...relyingParty, name: 'Custos' },
    allowPassphraseOnly: false,
    depositoryUrl: null,
    syncEveryMs: null,
    offer: {
      terminal: 'T-09',
      invitation: {
        format: 'custos-invitation/1',
        programme: programme.id,
        name: 'Bench',
        url: 'http://127.0.0.1:1',
        rootKey: programme.rootKey.publicKey,
        logKey: formatNoteKey(nodePrimitives.sha256, key),
        relyingParty,
        payeeKey: 'A'.repeat(43),
      },
    },
    ...{ served },
  },
  new URL('./ledger.worker.ts', import.meta.url),
);
const host = await startBrowserHost({ files: openFiles(rendererDirectory), port, openPort: () => terminal.openPort() });
const browser = await launchBrowser();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
page.setDefaultTimeout(120_000);
const cdp = await page.context().newCDPSession(page);
await cdp.send('WebAuthn.enable');
await cdp.send('WebAuthn.addVirtualAuthenticator', { options: virtualKey });
await page.goto(host.newEntry());
await page.getByLabel('Operator id').fill('auditor-x');
await page.getByLabel('Staff number').fill('1');
await page.getByLabel('Role').selectOption('auditor');
await page.getByLabel('Passphrase').fill(passphrase);
await page.keyboard.press('Enter');
await page.getByTestId('me').waitFor();
say('taking in the log …');
const took = performance.now();
await page.goto(`${host.origin}/#/link`);
await page.getByRole('button', { name: 'Synchronise' }).click();
await page
  .getByTestId('log')
  .filter({ hasText: new RegExp(`log ${records.length}$`) })
  .waitFor();
say(`taken in after ${((performance.now() - took) / 1000).toFixed(1)} s`);

await page.keyboard.press('Control+l');
await page.getByRole('heading', { name: 'Unlock' }).waitFor();
await page.getByLabel('Passphrase').fill(passphrase);
await page.goto(`${host.origin}/#/`);
const unlocking = performance.now();
await page.keyboard.press('Enter');
await page.locator('tr[data-instruction]').first().waitFor();
const unlockMs = performance.now() - unlocking;

await page.goto(`${host.origin}/#/accounts`);
await page.getByRole('heading', { name: 'Accounts' }).waitFor();
const opening = performance.now();
await page.keyboard.press('l');
await page.locator('[data-testid="ledger"] [data-leg]').first().waitFor();
const firstRowsMs = performance.now() - opening;

/** Ten seconds of steady scrolling, every frame timed inside the page, and tasks over 50 ms counted. */
const scroll = (await page.evaluate(`(async () => {
  const list = document.querySelector('[data-testid="ledger"]');
  const long = [];
  const observer = new PerformanceObserver((found) => long.push(...found.getEntries().map((one) => one.duration)));
  observer.observe({ entryTypes: ['longtask'] });
  const frames = [];
  let mounted = 0;
  const seconds = 10;
  const step = list.scrollHeight / (60 * seconds);
  const began = performance.now();
  let last = began;
  while (performance.now() - began < seconds * 1000) {
    await new Promise((next) => requestAnimationFrame(next));
    const now = performance.now();
    frames.push(now - last);
    last = now;
    list.scrollTop += step;
    mounted = Math.max(mounted, list.querySelectorAll('.line').length);
  }
  observer.disconnect();
  frames.sort((a, b) => a - b);
  return { frames: frames.length, p95: frames[Math.floor(frames.length * 0.95)], worst: frames.at(-1), long: long.length, mounted };
})()`)) as { frames: number; p95: number; worst: number; long: number; mounted: number };

await page.evaluate(`document.querySelector('[data-testid="ledger"]').scrollTop = 0`);
await page.locator('[data-leg="1"]').waitFor({ state: 'detached' });
const jumping = performance.now();
await page.evaluate(`document.querySelector('[data-testid="ledger"]').scrollTop = 1e9`);
await page.locator('[data-leg="1"]').waitFor();
const lastRowMs = performance.now() - jumping;
const total = (await page.getByTestId('ledger-at').textContent()) ?? '';

const figures = {
  rows,
  unlockToWorklistMs: Math.round(unlockMs),
  firstRowsMs: Math.round(firstRowsMs),
  scroll: { ...scroll, p95: Number(scroll.p95.toFixed(1)), worst: Number(scroll.worst.toFixed(1)) },
  lastRowMs: Math.round(lastRowMs),
  total,
};
if (values.json) console.log(JSON.stringify(figures));
else {
  console.log(`ledger of ${rows.toLocaleString('en')} legs, in a browser`);
  console.log(`  unlock to a usable worklist  ${figures.unlockToWorklistMs} ms (aim 600)`);
  console.log(`  first rows of the ledger     ${figures.firstRowsMs} ms (aim 150)`);
  console.log(
    `  frames while scrolling       p95 ${figures.scroll.p95} ms (aim 16.7), worst ${figures.scroll.worst} ms (aim 50), ${scroll.long} long tasks, ${scroll.frames} frames, at most ${scroll.mounted} rows mounted`,
  );
  console.log(`  jump to the last row         ${figures.lastRowMs} ms (aim 100)`);
}
await browser.close();
await host.close();
await terminal.stop();
rmSync(folder, { recursive: true });
